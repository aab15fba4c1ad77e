// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// EngineInputs: everything that an engine is made of, settings and files, as a value that can be
// compared: where it is the same, a reload keeps the engine with all that it knows and all that is
// under way. Reads files, so it is made where that may block; a plain value, any thread.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "net/tls/tls_observer.h"
#include "settings/settings.h"

namespace mtasts::check {

struct EngineInputs {
  settings::CheckSettings check;  // without what the engine does not use
  settings::DnsSettings dns;
  settings::HttpsSettings https;
  settings::SmtpSettings smtp;
  settings::CanarySettings canary;
  settings::NetworkSettings network;
  std::string https_roots;  // digest of the trust store's file
  std::string smtp_roots;
  std::string resolvers;     // of /etc/resolv.conf, where no servers are configured
  bool ad_believed = false;  // of those resolvers (net/dns/ad_trust.h)
  std::string host_name;     // where no ehlo_name is configured
  bool operator==(const EngineInputs&) const = default;
};

// Fails when a trust store cannot be read, with one sentence that names the file. Blocks.
Result<EngineInputs> engine_inputs_of(const settings::Settings& settings);

// The trust stores of both channels, one if both trust the same file. Loading one takes tens of
// milliseconds; afterwards they belong to the loop thread.
struct TrustStores {
  std::shared_ptr<net::TlsObserver> https;
  std::shared_ptr<net::TlsObserver> smtp;
  // Fails with one sentence that names the file. Blocks; any thread.
  static Result<TrustStores> open(const settings::Settings& settings, const Clock& clock);
};

// Whether verdicts on MX hosts that were made of `before` are also right under `after`: whatever
// affects their observation and judgement is the same.
bool may_inherit_mx(const EngineInputs& before, const EngineInputs& after);
// The same for what is observed beside the checks (ExtraProbes).
bool may_inherit_extra(const EngineInputs& before, const EngineInputs& after);

}  // namespace mtasts::check
