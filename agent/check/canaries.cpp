// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "check/canaries.h"

#include <fmt/format.h>

#include <boost/asio/use_awaitable.hpp>

#include "async/when_all.h"
#include "base/printable.h"
#include "check/random_label.h"

namespace mtasts::check {
namespace {

namespace asio = boost::asio;
using protocol::DnsAnswer;
using protocol::DnsStatus;
using protocol::RecordType;

constexpr size_t kMaxAddressesPerCanary = 2;

std::string random_name_below(const std::string& zone) {
  std::string label = random_label("mtasts-");
  return zone == "." ? label : label + "." + zone;
}

void append(std::string& list, const std::string& item) {
  if (!list.empty()) list += ", ";
  list += item;
}

// "NXDOMAIN", "SERVFAIL (EDE 22: …)".
std::string outcome_of(const DnsAnswer& answer) {
  return answer.detail.empty() ? std::string(protocol::name_of(answer.status))
                               : printable(answer.detail, 120);
}

// "com, org: SERVFAIL; de: timeout"
std::string outcomes_of(const std::vector<std::string>& zones,
                        const std::vector<DnsAnswer>& answers) {
  std::string text;
  for (size_t i = 0; i < zones.size(); ++i) {
    bool last = i + 1 == zones.size() || outcome_of(answers[i]) != outcome_of(answers[i + 1]);
    text += zones[i];
    text += last ? ": " + outcome_of(answers[i]) : ", ";
    if (last && i + 1 < zones.size()) text += "; ";
  }
  return text;
}

}  // namespace

Canaries::Canaries(Environment environment, const settings::CanarySettings& settings,
                   const settings::NetworkSettings& network)
    : environment_(std::move(environment)), settings_(settings), network_(network) {}

const std::vector<std::string>& Canaries::names_of(ChannelKind kind) const {
  switch (kind) {
    case ChannelKind::dns:
      return settings_.dns;
    case ChannelKind::https:
      return settings_.https;
    case ChannelKind::smtp:
      break;
  }
  return settings_.smtp;
}

asio::awaitable<CanaryRound> Canaries::ask(Channel channel) {
  if (channel == Channel::dns) co_return co_await ask_zones();
  CanaryRound total;
  for (const std::string& host : names_of(kind_of(channel))) {
    CanaryRound one = co_await ask_host(channel, host);
    if (one.result == CanaryResult::available) co_return one;
    if (one.result == CanaryResult::unavailable) total.result = CanaryResult::unavailable;
    if (one.result == CanaryResult::unavailable) append(total.detail, one.detail);
  }
  co_return total;
}

asio::awaitable<void> Canaries::query(std::string name, RecordType type, DnsAnswer& answer) {
  answer = co_await environment_.resolver.query(name, type);
}

asio::awaitable<CanaryRound> Canaries::ask_zones() {
  CanaryRound round;
  if (settings_.dns.empty()) co_return round;
  std::vector<DnsAnswer> answers(settings_.dns.size());
  std::vector<asio::awaitable<void>> queries;
  for (size_t i = 0; i < answers.size(); ++i)
    queries.push_back(query(random_name_below(settings_.dns[i]), RecordType::a, answers[i]));
  co_await async::when_all(std::move(queries));
  round.result = CanaryResult::unavailable;
  for (const DnsAnswer& answer : answers)
    if (answer.status == DnsStatus::nxdomain || answer.status == DnsStatus::answered)
      round.result = CanaryResult::available;
  if (round.result == CanaryResult::unavailable)
    round.detail = "random names below " + outcomes_of(settings_.dns, answers);
  co_return round;
}

asio::awaitable<CanaryRound> Canaries::ask_for_zones() {
  CanaryRound round;
  std::vector<DnsAnswer> answers(settings_.dns.size());
  std::vector<asio::awaitable<void>> queries;
  for (size_t i = 0; i < answers.size(); ++i)
    queries.push_back(query(settings_.dns[i], RecordType::ns, answers[i]));
  co_await async::when_all(std::move(queries));
  for (size_t i = 0; i < answers.size(); ++i) {
    if (answers[i].status == DnsStatus::answered) co_return CanaryRound{};
    if (protocol::is_denial(answers[i].status)) round.result = CanaryResult::unavailable;
  }
  round.detail = "name servers of " + outcomes_of(settings_.dns, answers);
  co_return round;
}

asio::awaitable<CanaryRound> Canaries::ask_host(Channel channel, std::string host) {
  auto type = family_of(channel) == AddressFamily::ipv4 ? RecordType::a : RecordType::aaaa;
  DnsAnswer answer = co_await environment_.resolver.query(host, type);
  CanaryRound round;
  size_t tried = 0;
  for (const IpAddress& address : answer.addresses) {
    if (!may_contact(address, network_.allow_private_addresses)) continue;
    if (++tried > kMaxAddressesPerCanary) break;
    bool available = false;
    std::string failure;
    if (kind_of(channel) == ChannelKind::https) {
      protocol::HttpsAttempt attempt = co_await environment_.fetcher.shake_hands(host, address);
      available = protocol::answered(attempt);
      failure = protocol::name_of(attempt.status);
    } else {
      protocol::SmtpAttempt attempt = co_await environment_.prober.greet(host, address);
      available = protocol::answered(attempt);
      failure = protocol::name_of(attempt.status);
    }
    round.result = available ? CanaryResult::available : CanaryResult::unavailable;
    if (available) round.detail.clear();
    if (available) co_return round;
    append(round.detail, fmt::format("{} [{}]: {}", host, address.text(), failure));
  }
  if (tried > 0) co_return round;
  // A canary known to have no address of this family proves nothing; one that cannot be looked up
  // shows that the channel could not be observed.
  if (protocol::is_conclusive(answer.status)) co_return round;
  round.result = CanaryResult::unavailable;
  round.detail = fmt::format("{}: {}", host, outcome_of(answer));
  co_return round;
}

}  // namespace mtasts::check
