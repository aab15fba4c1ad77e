// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "check/checker.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "async/deadline.h"
#include "async/when_all.h"
#include "protocol/sts/policy_location.h"

namespace mtasts::check {
namespace {

namespace asio = boost::asio;
using protocol::DnsAnswer;
using protocol::DnsStatus;
using protocol::RecordType;

std::vector<verdict::MxTarget> targets_of(const DnsAnswer& mx) {
  std::vector<protocol::MxRecord> records = mx.mx;
  std::stable_sort(records.begin(), records.end(),
                   [](const auto& a, const auto& b) { return a.preference < b.preference; });
  std::vector<verdict::MxTarget> targets;
  std::set<std::string_view> known;
  for (const protocol::MxRecord& record : records) {
    if (!known.insert(record.host).second) continue;
    verdict::MxTarget target;
    target.host = record.host;
    target.preference = record.preference;
    targets.push_back(std::move(target));
  }
  return targets;
}

}  // namespace

Checker::Checker(Environment environment, MxProbeCache& mx_probes, ChannelMonitor& channels,
                 const settings::Settings& settings)
    : environment_(std::move(environment)),
      mx_probes_(mx_probes),
      channels_(channels),
      lookup_(environment_, channels),
      dane_(environment_, channels),
      policies_(environment_, channels, settings),
      network_(settings.network),
      smtp_enabled_(settings.smtp.enabled),
      extra_probes_(environment_, channels, settings) {}

asio::awaitable<verdict::Evidence> Checker::check(DomainName domain,
                                                  std::chrono::milliseconds limit) {
  verdict::Evidence evidence(std::move(domain));
  co_await observe(evidence, limit);
  co_return evidence;
}

asio::awaitable<void> Checker::observe(verdict::Evidence& evidence,
                                       std::chrono::milliseconds limit) {
  evidence.smtp_enabled = smtp_enabled_;
  evidence.started = environment_.clock();
  std::optional<async::LoopLag::Watch> watch;
  if (environment_.lag != nullptr) watch.emplace(environment_.lag->watch());
  co_await async::with_deadline(collect(evidence), limit);
  evidence.finished = environment_.clock();
}

asio::awaitable<bool> Checker::collect(verdict::Evidence& evidence) {
  SteadyTime began = environment_.steady_now();
  const std::string& domain = evidence.domain.text();
  evidence.policy.host = protocol::policy_host_of(domain);

  // The policy is fetched even when the record is broken, so that one fault does not hide the next.
  std::vector<asio::awaitable<void>> parts;
  parts.push_back(lookup_.query("_mta-sts." + domain, RecordType::txt, domain, evidence.record));
  parts.push_back(policies_.observe(evidence.policy, domain));
  parts.push_back(lookup_.query("_smtp._tls." + domain, RecordType::txt, domain, evidence.tlsrpt));
  parts.push_back(observe_mail(evidence));
  co_await async::when_all(std::move(parts));

  co_await assess_channels(evidence, began);
  co_await extra_probes_.observe(evidence);
  co_return true;
}

asio::awaitable<void> Checker::observe_mail(verdict::Evidence& evidence) {
  const std::string& domain = evidence.domain.text();
  if (dane_.is_wanted())
    co_await dane_.look_up_mx(domain, evidence.mx, evidence.mx_dane);
  else
    co_await lookup_.query(domain, RecordType::mx, domain, evidence.mx);
  evidence.mx_targets = targets_of(evidence.mx);
  if (evidence.mx.status == DnsStatus::nodata) {
    co_await lookup_.addresses(domain, domain, evidence.apex);
    evidence.implicit_mx =
        std::any_of(evidence.apex.begin(), evidence.apex.end(),
                    [](const DnsAnswer& answer) { return answer.status == DnsStatus::answered; });
    if (evidence.implicit_mx) evidence.mx_targets.resize(1);
    if (evidence.implicit_mx) evidence.mx_targets[0].host = domain;
  }
  std::vector<asio::awaitable<void>> parts;
  for (verdict::MxTarget& target : evidence.mx_targets) {
    if (target.host.empty() || IpAddress::parse(target.host)) continue;
    target.beyond_limit = parts.size() >= kMaxMxHosts || !mx_probes_.admit(domain, target.host);
    if (!target.beyond_limit) parts.push_back(observe_host(target, domain));
  }
  co_await async::when_all(std::move(parts));
}

asio::awaitable<void> Checker::observe_host(verdict::MxTarget& target, std::string domain) {
  target.verdict = co_await mx_probes_.get(target.host, domain);
}

// Determines which channels were available; contacts canaries only when there is a failure to
// judge.
asio::awaitable<void> Checker::assess_channels(verdict::Evidence& evidence, SteadyTime began) {
  const std::string& domain = evidence.domain.text();
  LookupSummary lookups;
  lookups.add(evidence.record);
  lookups.add(evidence.tlsrpt);
  lookups.add(evidence.mx);
  lookups.add(evidence.policy.addresses.answers);
  lookups.add(evidence.apex);
  co_await lookups.assess(channels_, evidence.mx, domain, began, evidence.channels,
                          evidence.channel_faults);
  DaneObserver::reconsider(evidence.mx_dane, evidence.mx);

  const std::string& host = evidence.policy.host;
  for (AddressFamily family : network_.families) {
    Channel channel = channel_of(ChannelKind::https, family);
    ChannelUse https = channel_use(evidence.policy.attempts, family);
    co_await channels_.assess(channel, https, host, began, evidence.channels,
                              evidence.channel_faults);
  }
}

}  // namespace mtasts::check
