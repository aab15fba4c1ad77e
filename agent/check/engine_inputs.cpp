// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "check/engine_inputs.h"

#include <utility>

#include "base/host_name.h"
#include "net/dns/ad_trust.h"
#include "net/tls/trust_store.h"
#include "settings/input_file.h"

namespace mtasts::check {
namespace {

// The configuration of the system's resolver; c-ares reads it when an engine is made.
constexpr const char* kResolvers = "/etc/resolv.conf";
constexpr size_t kLargestResolvers_bytes = 4u * 1024 * 1024;

std::string resolvers_of_system() {
  auto text = settings::read_input_file(kResolvers, kLargestResolvers_bytes);
  return text ? std::move(*text) : std::string();
}

// The findings name the first DNS server in commands.
bool same_server_shown(const settings::DnsSettings& one, const settings::DnsSettings& other) {
  if (one.servers.empty() || other.servers.empty())
    return one.servers.empty() == other.servers.empty();
  return one.servers.front() == other.servers.front();
}

}  // namespace

Result<EngineInputs> engine_inputs_of(const settings::Settings& settings) {
  EngineInputs inputs;
  inputs.check = settings.check;
  inputs.dns = settings.dns;
  inputs.https = settings.https;
  inputs.smtp = settings.smtp;
  inputs.canary = settings.canary;
  inputs.network = settings.network;
  inputs.check.concurrency = 0;
  inputs.check.change_hold = {};
  auto roots = net::trust_store_digest(settings.https.ca_file);
  if (!roots) return roots.failure();
  inputs.https_roots = inputs.smtp_roots = *roots;
  if (settings.smtp.ca_file != settings.https.ca_file) {
    auto others = net::trust_store_digest(settings.smtp.ca_file);
    if (!others) return others.failure();
    inputs.smtp_roots = *others;
  }
  inputs.ad_believed = net::ad_trust_of_system(settings.dns).believed;
  if (settings.dns.servers.empty()) inputs.resolvers = resolvers_of_system();
  if (settings.smtp.ehlo_name.empty()) inputs.host_name = host_name();
  return inputs;
}

Result<TrustStores> TrustStores::open(const settings::Settings& settings, const Clock& clock) {
  auto https = net::TlsObserver::create(settings.https.ca_file, clock);
  if (!https) return https.failure();
  if (settings.smtp.ca_file == settings.https.ca_file) return TrustStores{*https, *https};
  auto smtp = net::TlsObserver::create(settings.smtp.ca_file, clock);
  if (!smtp) return smtp.failure();
  return TrustStores{*https, *smtp};
}

bool may_inherit_mx(const EngineInputs& before, const EngineInputs& after) {
  return before.smtp == after.smtp && before.network == after.network &&
         before.smtp_roots == after.smtp_roots && before.host_name == after.host_name &&
         before.check.expiry_warning == after.check.expiry_warning &&
         before.check.expiry_critical == after.check.expiry_critical &&
         before.ad_believed == after.ad_believed && same_server_shown(before.dns, after.dns);
}

bool may_inherit_extra(const EngineInputs& before, const EngineInputs& after) {
  return before.https == after.https && before.network == after.network &&
         before.https_roots == after.https_roots;
}

}  // namespace mtasts::check
