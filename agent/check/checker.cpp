// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "check/checker.h"

#include <algorithm>

#include "async/deadline.h"
#include "async/when_all.h"

namespace mtasts::check {
namespace {

namespace asio = boost::asio;
using protocol::DnsAnswer;
using protocol::DnsStatus;
using protocol::HttpsAttempt;
using protocol::HttpsStatus;
using protocol::RecordType;

// The next address is tried when this one could not be connected, as a sender would.
bool may_try_next(HttpsStatus status) {
  return status == HttpsStatus::refused || status == HttpsStatus::connect_timeout ||
         status == HttpsStatus::unreachable;
}

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

std::vector<verdict::MxTarget> targets_of(const DnsAnswer& mx) {
  std::vector<protocol::MxRecord> records = mx.mx;
  std::stable_sort(records.begin(), records.end(),
                   [](const auto& a, const auto& b) { return a.preference < b.preference; });
  std::vector<verdict::MxTarget> targets;
  for (const protocol::MxRecord& record : records) {
    bool known = std::any_of(targets.begin(), targets.end(),
                             [&](const auto& target) { return target.host == record.host; });
    if (known) continue;
    verdict::MxTarget target;
    target.host = record.host;
    target.preference = record.preference;
    targets.push_back(std::move(target));
  }
  return targets;
}

}  // namespace

Checker::Checker(net::Resolver& resolver, net::PolicyFetcher& fetcher, MxProbeCache& mx_probes,
                 ChannelMonitor& channels, const settings::Settings& settings, Clock clock,
                 Observer observe)
    : resolver_(resolver),
      fetcher_(fetcher),
      mx_probes_(mx_probes),
      channels_(channels),
      network_(settings.network),
      smtp_enabled_(settings.smtp.enabled),
      clock_(std::move(clock)),
      observe_(observe ? std::move(observe) : [](std::string_view, double) {}) {
  thresholds_.expiry_warning = settings.check.expiry_warning;
  thresholds_.expiry_critical = settings.check.expiry_critical;
  thresholds_.change_hold = settings.check.change_hold;
  thresholds_.retention = settings.state.retention;
  verdict::Vantage& vantage = thresholds_.vantage;
  vantage.https_port = settings.https.port;
  vantage.smtp_port = settings.smtp.port;
  vantage.https_ca_file = settings.https.ca_file;
  vantage.smtp_ca_file = settings.smtp.ca_file;
  if (!settings.dns.servers.empty()) {
    vantage.dns_server = settings.dns.servers.front().address.text();
    vantage.dns_port = settings.dns.servers.front().port;
  }
}

asio::awaitable<verdict::Report> Checker::check(DomainName domain,
                                                std::optional<protocol::Mode> expected_mode,
                                                Recall recall, std::chrono::milliseconds limit) {
  verdict::Evidence evidence(std::move(domain));
  evidence.sight = verdict::Sight::none();
  evidence.smtp_enabled = smtp_enabled_;
  evidence.started = clock_();
  co_await async::with_deadline(tell(evidence), limit);
  evidence.finished = clock_();
  verdict::Thresholds thresholds = thresholds_;
  thresholds.expected_mode = expected_mode;
  verdict::HistoryPtr history;
  if (recall) history = recall();
  co_return verdict::judge(evidence, history, thresholds, evidence.finished);
}

asio::awaitable<bool> Checker::tell(verdict::Evidence& evidence) {
  auto began = std::chrono::steady_clock::now();
  const std::string& domain = evidence.domain.text();
  evidence.policy.host = "mta-sts." + domain;

  // The policy is fetched even when the record is broken, so that one fault does not hide the next.
  std::vector<asio::awaitable<void>> parts;
  parts.push_back(ask("_mta-sts." + domain, RecordType::txt, evidence.record));
  parts.push_back(look_at_policy(evidence.policy));
  parts.push_back(ask("_smtp._tls." + domain, RecordType::txt, evidence.tlsrpt));
  parts.push_back(look_at_mail(evidence));
  co_await async::when_all(std::move(parts));

  co_await see(evidence, began);
  co_return true;
}

asio::awaitable<void> Checker::ask(std::string name, RecordType type, DnsAnswer& answer) {
  auto begin = std::chrono::steady_clock::now();
  answer.name = name;
  answer.type = type;
  answer = co_await resolver_.query(name, type);
  if (answer.status == DnsStatus::cancelled) co_return;
  observe_("dns", seconds_since(begin));
}

// Both families, whatever we may contact: that a host has no address is a fact.
asio::awaitable<void> Checker::ask_addresses(std::string host, std::vector<DnsAnswer>& answers) {
  answers.resize(2);
  std::vector<asio::awaitable<void>> parts;
  parts.push_back(ask(host, RecordType::a, answers[0]));
  parts.push_back(ask(host, RecordType::aaaa, answers[1]));
  co_await async::when_all(std::move(parts));
}

asio::awaitable<void> Checker::look_at_policy(verdict::PolicyEvidence& policy) {
  co_await ask_addresses(policy.host, policy.addresses.answers);
  auto begin = std::chrono::steady_clock::now();
  std::vector<std::vector<HttpsAttempt>> by_family(network_.families.size());
  std::vector<asio::awaitable<void>> parts;
  for (size_t i = 0; i < by_family.size(); ++i)
    parts.push_back(fetch_family(policy, network_.families[i], by_family[i]));
  co_await async::when_all(std::move(parts));
  for (auto& attempts : by_family)
    std::move(attempts.begin(), attempts.end(), std::back_inserter(policy.attempts));
  if (!policy.attempts.empty()) observe_("policy", seconds_since(begin));
}

asio::awaitable<void> Checker::fetch_family(verdict::PolicyEvidence& policy, AddressFamily family,
                                            std::vector<HttpsAttempt>& attempts) {
  std::vector<IpAddress> addresses;
  for (const DnsAnswer& answer : policy.addresses.answers)
    for (const IpAddress& address : answer.addresses)
      if (address.family() == family) addresses.push_back(address);
  std::vector<IpAddress> usable;
  for (const IpAddress& address : addresses) {
    if (may_contact(address, network_.allow_private_addresses)) {
      usable.push_back(address);
      continue;
    }
    HttpsAttempt refused;
    refused.address = address;
    refused.status = HttpsStatus::not_allowed;
    attempts.push_back(std::move(refused));
  }
  if (usable.size() > kPolicyAddresses) usable.resize(kPolicyAddresses);
  for (const IpAddress& address : usable) {
    HttpsAttempt attempt = co_await fetcher_.fetch_policy(policy.host, address);
    bool next = may_try_next(attempt.status);
    attempts.push_back(std::move(attempt));
    if (!next) break;
  }
}

asio::awaitable<void> Checker::look_at_mail(verdict::Evidence& evidence) {
  const std::string& domain = evidence.domain.text();
  co_await ask(domain, RecordType::mx, evidence.mx);
  evidence.mx_targets = targets_of(evidence.mx);
  if (evidence.mx.status == DnsStatus::nodata) {
    co_await ask_addresses(domain, evidence.apex);
    evidence.implicit_mx =
        std::any_of(evidence.apex.begin(), evidence.apex.end(),
                    [](const DnsAnswer& answer) { return answer.status == DnsStatus::answered; });
    if (evidence.implicit_mx) evidence.mx_targets.resize(1);
    if (evidence.implicit_mx) evidence.mx_targets[0].host = domain;
  }
  std::vector<asio::awaitable<void>> parts;
  for (verdict::MxTarget& target : evidence.mx_targets) {
    if (target.host.empty() || IpAddress::parse(target.host)) continue;
    if (parts.size() < kMostMxHosts) parts.push_back(look_at_host(target));
  }
  co_await async::when_all(std::move(parts));
}

asio::awaitable<void> Checker::look_at_host(verdict::MxTarget& target) {
  MxProbe look = co_await mx_probes_.look(target.host);
  target.evidence = std::move(look.evidence);
  target.facts = std::move(look.facts);
}

// Which of our channels were alive; asked only where a failure has to be judged.
asio::awaitable<void> Checker::see(verdict::Evidence& evidence,
                                   std::chrono::steady_clock::time_point began) {
  const std::string& domain = evidence.domain.text();
  bool dns_failed = false;
  auto weigh = [&](const DnsAnswer& answer) {
    if (protocol::is_conclusive(answer.status))
      channels_.note_success(Wire::dns, domain);
    else
      dns_failed = true;
  };
  weigh(evidence.record);
  weigh(evidence.tlsrpt);
  weigh(evidence.mx);
  for (const DnsAnswer& answer : evidence.policy.addresses.answers) weigh(answer);
  for (const DnsAnswer& answer : evidence.apex) weigh(answer);
  if (dns_failed) evidence.sight.dns = co_await channels_.is_alive(Wire::dns, domain, began);

  for (AddressFamily family : network_.families) {
    bool failed = false;
    bool& sees =
        family == AddressFamily::ipv4 ? evidence.sight.https_ipv4 : evidence.sight.https_ipv6;
    for (const HttpsAttempt& attempt : evidence.policy.attempts) {
      if (attempt.address.family() != family) continue;
      failed |= protocol::may_be_local(attempt);
      sees |= protocol::answered(attempt);
    }
    if (sees) channels_.note_success(https_wire(family), evidence.policy.host);
    if (failed && !sees)
      sees = co_await channels_.is_alive(https_wire(family), evidence.policy.host, began);
  }
}

}  // namespace mtasts::check
