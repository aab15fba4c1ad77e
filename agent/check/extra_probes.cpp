// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "check/extra_probes.h"

#include <algorithm>

#include "async/when_all.h"
#include "check/random_label.h"
#include "check/standstill.h"
#include "protocol/dns/message.h"
#include "protocol/sts/sts_record.h"
#include "protocol/tlsrpt/rua_target.h"
#include "protocol/tlsrpt/tlsrpt_record.h"

namespace mtasts::check {
namespace {

namespace asio = boost::asio;
using protocol::DnsAnswer;
using protocol::DnsStatus;
using protocol::RecordSetStatus;
using protocol::RecordType;
using protocol::RuaTarget;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;

constexpr milliseconds kHealthy = hours(1);
// A third of the 15 minutes between two checks of most domains, so that the next one confirms it.
constexpr milliseconds kFaulty = minutes(5);
constexpr milliseconds kUnused = hours(3);

// Where records are found that were meant for _mta-sts.<domain>: a forgotten final dot, the policy
// host, the domain itself, a misspelt label.
std::vector<std::string> mistaken_names(const std::string& domain) {
  return {"_mta-sts." + domain + "." + domain,
          "mta-sts." + domain,
          domain,
          "_mta_sts." + domain,
          "_mtasts." + domain,
          "_mta-sts.mta-sts." + domain};
}

bool has_record(const std::vector<std::string>& texts) {
  return protocol::read_sts_records(texts).status != RecordSetStatus::none;
}

}  // namespace

ExtraProbes::ExtraProbes(const Environment& environment, ChannelMonitor& channels,
                         const settings::Settings& settings)
    : environment_(environment),
      channels_(channels),
      lookup_(environment_, channels),
      network_(settings.network),
      authority_probe_(environment, channels, settings.network),
      unused_names_(environment, [this](auto domain, auto) { return probe_unused_name(domain); }),
      other_names_(environment, [this](auto domain, auto) { return probe_other_names(domain); }),
      mail_(environment, [this](auto domain, auto) { return probe_mail(domain); }),
      web_(environment, [this](auto host, auto) { return probe_web(host); }),
      authorities_(environment,
                   [this](auto domain, auto before) { return probe_authorities(domain, before); }) {
}

asio::awaitable<void> ExtraProbes::observe(verdict::Evidence& evidence) {
  std::vector<asio::awaitable<void>> parts;
  parts.push_back(observe_record_name(evidence));
  parts.push_back(observe_authorities(evidence));
  std::vector<std::string> seen = {"mail " + evidence.domain.text()};  // has its own evidence
  auto set = protocol::read_tlsrpt_records(evidence.tlsrpt.texts);
  for (const std::string& uri : set.record.rua) {
    auto target = protocol::rua_target(uri);
    if (!target || seen.size() > kMaxReportTargets) continue;
    bool mail = target->kind == RuaTarget::Kind::mailto;
    std::string name = (mail ? "mail " : "web ") + target->host;
    if (std::find(seen.begin(), seen.end(), name) != seen.end()) continue;
    seen.push_back(name);
    if (mail)
      parts.push_back(observe_mail(evidence, target->host));
    else if (target->port == 443)
      parts.push_back(observe_web(evidence, target->host));
  }
  co_await async::when_all(std::move(parts));
}

asio::awaitable<void> ExtraProbes::observe_record_name(verdict::Evidence& evidence) {
  bool found = evidence.record.status == DnsStatus::answered && has_record(evidence.record.texts);
  if (found)
    evidence.extra.unused_name = co_await unused_names_.get(evidence.domain.text());
  else if (protocol::is_conclusive(evidence.record.status))
    evidence.extra.other_names = co_await other_names_.get(evidence.domain.text());
}

asio::awaitable<void> ExtraProbes::observe_authorities(verdict::Evidence& evidence) {
  bool found = evidence.record.status == DnsStatus::answered && has_record(evidence.record.texts);
  if (found && environment_.authorities != nullptr)
    evidence.extra.authorities = co_await authorities_.get(evidence.domain.text());
}

asio::awaitable<void> ExtraProbes::observe_mail(verdict::Evidence& evidence, std::string domain) {
  auto result = co_await mail_.get(domain);
  if (result != nullptr) evidence.extra.report_domains.push_back(result);
}

asio::awaitable<void> ExtraProbes::observe_web(verdict::Evidence& evidence, std::string host) {
  auto result = co_await web_.get(host);
  if (result != nullptr) evidence.extra.report_hosts.push_back(result);
}

asio::awaitable<ExtraProbes::Unused::Outcome> ExtraProbes::probe_unused_name(std::string domain) {
  Unused::Outcome outcome;
  outcome.lifetime = kFaulty;
  auto answer = std::make_shared<DnsAnswer>();
  co_await lookup_.query(random_label("_") + "." + domain, RecordType::txt, domain, *answer);
  if (!protocol::is_conclusive(answer->status)) co_return outcome;
  if (!has_record(answer->texts)) outcome.lifetime = kHealthy;
  outcome.result = answer;
  co_return outcome;
}

asio::awaitable<ExtraProbes::Names::Outcome> ExtraProbes::probe_other_names(std::string domain) {
  std::vector<std::string> names = mistaken_names(domain);
  auto answers = std::make_shared<std::vector<DnsAnswer>>(names.size());
  std::vector<asio::awaitable<void>> lookups;
  for (size_t i = 0; i < names.size(); ++i)
    if (protocol::canonical_name(names[i]))
      lookups.push_back(lookup_.query(names[i], RecordType::txt, domain, (*answers)[i]));
  co_await async::when_all(std::move(lookups));
  Names::Outcome outcome;
  bool faulty = std::any_of(answers->begin(), answers->end(),
                            [](const DnsAnswer& answer) { return has_record(answer.texts); });
  outcome.lifetime = faulty ? kFaulty : kHealthy;
  outcome.result = answers;
  co_return outcome;
}

asio::awaitable<ExtraProbes::Mail::Outcome> ExtraProbes::probe_mail(std::string domain) {
  auto target = std::make_shared<verdict::ReportMailDomain>();
  target->domain = domain;
  co_await lookup_.query(domain, RecordType::mx, domain, target->mx);
  if (target->mx.status == DnsStatus::nodata)
    co_await lookup_.addresses(domain, domain, target->addresses);
  bool works = target->mx.status == DnsStatus::answered &&
               std::any_of(target->mx.mx.begin(), target->mx.mx.end(),
                           [](const protocol::MxRecord& mx) { return !mx.host.empty(); });
  for (const DnsAnswer& answer : target->addresses) works |= answer.status == DnsStatus::answered;
  Mail::Outcome outcome;
  outcome.lifetime = works ? kHealthy : kFaulty;
  outcome.result = target;
  co_return outcome;
}

asio::awaitable<ExtraProbes::Web::Outcome> ExtraProbes::probe_web(std::string name) {
  auto host = std::make_shared<verdict::ReportHost>();
  host->host = name;
  SteadyTime began = environment_.steady_now();
  co_await lookup_.addresses(name, name, host->addresses);
  co_await shake_hands(*host);
  std::vector<verdict::ChannelFault> faults;  // what is not observed here is left out
  for (AddressFamily family : network_.families) {
    Channel channel = channel_of(ChannelKind::https, family);
    ChannelUse use = channel_use(host->attempts, family);
    co_await channels_.assess(channel, use, name, began, host->channels, faults);
  }
  bool works = std::any_of(host->attempts.begin(), host->attempts.end(), [](const auto& attempt) {
    return attempt.status == protocol::HttpsStatus::responded;
  });
  Web::Outcome outcome;
  outcome.lifetime = works ? kHealthy : kFaulty;
  outcome.result = host;
  co_return outcome;
}

// One address after another until one answers, as a sender of reports would.
asio::awaitable<void> ExtraProbes::shake_hands(verdict::ReportHost& host) {
  std::vector<IpAddress> addresses;
  for (const DnsAnswer& answer : host.addresses) {
    size_t tried = 0;
    for (const IpAddress& address : answer.addresses) {
      if (network_.uses(address.family()) && ++tried <= kMaxReportAddresses)
        addresses.push_back(address);
      else
        ++host.untried;
    }
  }
  for (const IpAddress& address : addresses) {
    protocol::HttpsAttempt attempt;
    attempt.address = address;
    attempt.status = protocol::HttpsStatus::not_allowed;
    if (may_contact(address, network_.allow_private_addresses)) {
      Channel channel = channel_of(ChannelKind::https, address.family());
      ChannelMonitor::Flight flight = channels_.begin(channel);
      Standstill standstill(environment_.lag);
      attempt = co_await environment_.fetcher.shake_hands(host.host, address);
      standstill.excuse(attempt);
      channels_.note_attempt(ChannelKind::https, host.host, attempt);
    }
    host.attempts.push_back(std::move(attempt));
    if (host.attempts.back().status == protocol::HttpsStatus::responded) co_return;
  }
}

// About three direct queries an hour, however many servers there are.
asio::awaitable<ExtraProbes::Authorities::Outcome> ExtraProbes::probe_authorities(
    std::string domain, Authorities::ResultPtr before) {
  Authorities::Outcome outcome;
  outcome.lifetime = kHealthy;
  auto result = co_await authority_probe_.look(domain, before);
  if (result == nullptr) co_return outcome;
  milliseconds spread = minutes(20) * static_cast<int>(result->looks.size());
  outcome.lifetime =
      result->differs_since == kNever ? std::max(kHealthy, spread) : milliseconds(2 * kFaulty);
  outcome.result = result;
  co_return outcome;
}

void ExtraProbes::inherit(const ExtraProbes& other) {
  unused_names_.inherit(other.unused_names_);
  other_names_.inherit(other.other_names_);
  mail_.inherit(other.mail_);
  web_.inherit(other.web_);
  authorities_.inherit(other.authorities_);
  authority_probe_.inherit(other.authority_probe_);
}

void ExtraProbes::sweep() {
  unused_names_.sweep(kUnused);
  other_names_.sweep(kUnused);
  mail_.sweep(kUnused);
  web_.sweep(kUnused);
  authorities_.sweep(kUnused);
  authority_probe_.sweep(kUnused);
}

}  // namespace mtasts::check
