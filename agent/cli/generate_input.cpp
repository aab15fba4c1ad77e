// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "cli/generate_input.h"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "base/printable.h"
#include "cli/check_once.h"
#include "cli/command_input.h"
#include "protocol/sts/policy_writer.h"
#include "protocol/sts/sts_record.h"
#include "protocol/tlsrpt/tlsrpt_record.h"
#include "publish/mx_patterns.h"
#include "publish/rua.h"
#include "verdict/text.h"

namespace mtasts::cli {
namespace {

using protocol::DnsAnswer;
using protocol::DnsStatus;
using verdict::HostReach;

constexpr const char* kWithoutDns = "; try again, or give the patterns with --mx";
constexpr size_t kShown_bytes = 200;

// Empty: found out. A failure stands only where the other answer does not settle the matter.
std::string failed_lookup(const std::vector<DnsAnswer>& answers) {
  for (const DnsAnswer& answer : answers)
    if (!protocol::is_conclusive(answer.status))
      return verdict::lookup_result(answer) + kWithoutDns;
  return {};
}

// The reach of a host; the failure of a lookup goes to `failure`.
HostReach reach_of(const check::MailLook::Host& host, bool allow_private_addresses,
                   std::string& failure) {
  bool some = false;
  for (const DnsAnswer& answer : host.addresses)
    for (const IpAddress& address : answer.addresses) {
      if (may_contact(address, allow_private_addresses)) return HostReach::unknown;
      some = true;
    }
  failure = failed_lookup(host.addresses);
  if (!failure.empty()) return HostReach::unknown;
  return some ? HostReach::not_public : HostReach::no_address;
}

verdict::HistoryPtr read_history(const settings::Settings& settings, const DomainName& domain,
                                 std::ostream& err) {
  if (settings.state.path == ":memory:") return nullptr;
  auto history = recorded_history(settings, domain);
  if (history) return *history;
  // Who has no agent yet has no state.
  if (history.failure().kind != FailureKind::not_found)
    err << kGenerateName << "no history: " << history.failure().detail << "\n";
  return nullptr;
}

void report_errors(std::string_view option, const std::vector<std::string>& errors,
                   std::ostream& err) {
  for (const std::string& error : errors) err << kGenerateName << option << ": " << error << "\n";
}

}  // namespace

std::optional<publish::LiveMail> live_mail_of(const check::MailLook& look,
                                              const std::string& domain,
                                              bool allow_private_addresses, std::string& failure) {
  if (look.mx.status == DnsStatus::nxdomain) {
    failure = fmt::format("{} does not exist in DNS (NXDOMAIN)", domain);
    return std::nullopt;
  }
  failure = failed_lookup({look.mx});
  if (failure.empty() && !look.implicit_mx) failure = failed_lookup(look.apex);
  if (failure.empty() && look.hosts_in_all > look.hosts.size())
    failure = fmt::format(
        "{} has {} MX hosts, more than the {} that are looked at; give the patterns with --mx",
        domain, look.hosts_in_all, look.hosts.size());
  if (!failure.empty()) return std::nullopt;
  publish::LiveMail mail;
  mail.implicit = look.implicit_mx;
  for (const check::MailLook::Host& host : look.hosts) {
    publish::LiveHost live{host.host, HostReach::unknown};
    bool slip =
        host.host.empty() ||
        (!mail.implicit && verdict::read_mx_name(host.host, domain).slip != verdict::MxSlip::none);
    if (!slip) live.reach = reach_of(host, allow_private_addresses, failure);
    if (!failure.empty()) return std::nullopt;
    mail.hosts.push_back(std::move(live));
  }
  return mail;
}

std::optional<GenerateInput> generate_input(const GenerateOptions& options,
                                            const settings::Settings& settings,
                                            const DomainName& domain, std::ostream& err) {
  GenerateInput input;
  input.policy.domain = domain.text();
  input.policy.mode = options.mode;
  input.policy.patterns = options.mx;
  bool good = true;
  if (options.max_age) {
    auto seconds = publish::read_max_age(*options.max_age);
    if (seconds) input.policy.max_age_seconds = *seconds;
    if (!seconds) report_errors("--max-age", {seconds.failure().detail}, err);
    good = seconds.ok();
  }
  // What is wrong with the patterns is told before DNS is asked for anything.
  publish::PatternReading patterns = publish::read_patterns(options.mx, domain.text());
  report_errors("--mx", patterns.errors, err);
  publish::RuaReading rua = publish::read_rua(options.rua);
  report_errors("--rua", rua.errors, err);
  publish::PolicyHostReading host = publish::read_policy_host(
      options.policy_host, domain.text(), settings.network.allow_private_addresses);
  report_errors("--policy-host", host.errors, err);
  if (!good || !patterns.errors.empty() || !rua.errors.empty() || !host.errors.empty())
    return std::nullopt;
  input.rua = std::move(rua.uris);
  input.policy_host = std::move(host.host);
  return input;
}

publish::PublishedBefore published_before(const settings::Settings& settings,
                                          const DomainName& domain, const check::MailLook* look,
                                          const std::string& policy, std::ostream& err) {
  publish::PublishedBefore before;
  before.history = read_history(settings, domain, err);
  if (look != nullptr) before.live_id = protocol::read_sts_records(look->record.texts).record.id;
  if (!before.live_id.empty() && before.live_id == protocol::id_of_policy(policy)) {
    settings::Settings without_smtp = settings;
    without_smtp.smtp.enabled = false;
    auto report = check_once(without_smtp, domain);
    if (report && report->policy.body) before.live_body = *report->policy.body;
  }
  return before;
}

std::vector<std::string> notes_on_records(const check::MailLook& look, const std::string& domain,
                                          const std::string& id, bool has_rua) {
  std::vector<std::string> notes;
  for (const DnsAnswer* answer : {&look.record, &look.tlsrpt})
    if (!protocol::is_conclusive(answer->status))
      notes.push_back(verdict::lookup_result(*answer) +
                      ", so whether there is such a record already is not known");
    else if (!answer->cname_chain.empty())
      notes.push_back(
          fmt::format("{} is an alias of {}; publish the record there, or remove the alias first",
                      answer->name, printable(answer->cname_chain.front(), 253)));
  auto live = protocol::read_sts_records(look.record.texts);
  if (live.status == protocol::RecordSetStatus::multiple)
    notes.push_back(
        fmt::format("_mta-sts.{} has more than one record; leave only this one", domain));
  else if (live.record.id == id)
    notes.push_back(fmt::format("the record of _mta-sts.{} has this id already", domain));
  else if (!live.record.text.empty())
    notes.push_back(fmt::format("replace the record of _mta-sts.{}, which is {}", domain,
                                quoted(live.record.text, kShown_bytes)));
  auto tlsrpt = protocol::read_tlsrpt_records(look.tlsrpt.texts);
  if (!tlsrpt.record.text.empty())
    notes.push_back(fmt::format("{} the record of _smtp._tls.{}, which is {}",
                                has_rua ? "replace" : "without --rua, keep", domain,
                                quoted(tlsrpt.record.text, kShown_bytes)));
  return notes;
}

}  // namespace mtasts::cli
