// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Scripted in-memory fakes of the three network interfaces: anything not scripted does not exist.
// They count requests. Loop thread only.
#pragma once

#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "async/deadline.h"
#include "net/dns/resolver.h"
#include "net/https/policy_fetcher.h"
#include "net/smtp/smtp_prober.h"

namespace mtasts::fakes {

inline protocol::PeerChainPtr trusted_chain(const std::string& host) {
  auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  protocol::PeerChain chain;
  chain.leaf.dns_names = {host};
  chain.leaf.not_before = now - std::chrono::hours(24 * 30);
  chain.leaf.not_after = chain.chain_not_after = now + std::chrono::hours(24 * 60);
  chain.leaf.fingerprint_sha256 = host;
  chain.presented_count = 2;
  chain.name_matches = true;
  return std::make_shared<const protocol::PeerChain>(chain);
}

class FakeResolver : public net::Resolver {
 public:
  using Key = std::pair<std::string, protocol::RecordType>;
  std::map<Key, protocol::DnsAnswer> answers;
  protocol::DnsStatus otherwise = protocol::DnsStatus::nxdomain;
  std::map<Key, std::chrono::milliseconds> delays;
  std::map<Key, int> asked;
  // With CD, instead of `answers`: what does not validate. Not scripted: as without CD.
  std::map<Key, protocol::DnsAnswer> unchecked;
  std::map<Key, int> asked_unchecked;
  std::map<Key, int> asked_signed;  // with DO

  boost::asio::awaitable<protocol::DnsAnswer> query_dnssec(std::string client, std::string name,
                                                           protocol::RecordType type,
                                                           protocol::DnssecFlags flags) override {
    const Key key{name, type};
    if (flags.signatures) ++asked_signed[key];
    if (!flags.checking_disabled) co_return co_await query_for(client, name, type);
    ++asked_unchecked[key];
    co_await async::sleep_for(std::chrono::milliseconds(0));
    auto found = unchecked.find(key);
    if (found != unchecked.end()) co_return found->second;
    auto checked = answers.find(key);
    protocol::DnsAnswer answer;
    answer.name = name;
    answer.type = type;
    answer.status = otherwise;
    if (checked != answers.end()) answer = checked->second;
    answer.authenticated = false;
    co_return answer;
  }

  protocol::DnsAnswer& script(const std::string& name, protocol::RecordType type,
                              protocol::DnsStatus status = protocol::DnsStatus::answered) {
    protocol::DnsAnswer& answer = answers[{name, type}];
    answer.name = name;
    answer.type = type;
    answer.status = status;
    return answer;
  }
  void add_address(const std::string& name, std::string_view text) {
    IpAddress address = *IpAddress::parse(text);
    bool v4 = address.family() == AddressFamily::ipv4;
    script(name, v4 ? protocol::RecordType::a : protocol::RecordType::aaaa)
        .addresses.push_back(address);
    auto other = v4 ? protocol::RecordType::aaaa : protocol::RecordType::a;
    if (!answers.contains({name, other})) script(name, other, protocol::DnsStatus::nodata);
  }

  boost::asio::awaitable<protocol::DnsAnswer> query(std::string name,
                                                    protocol::RecordType type) override {
    Key key{name, type};
    ++asked[key];
    auto delay = delays.find(key);
    co_await boost::asio::this_coro::throw_if_cancelled(false);
    auto wait = delay == delays.end() ? std::chrono::milliseconds(0) : delay->second;
    co_await async::sleep_for(wait);
    auto state = co_await boost::asio::this_coro::cancellation_state;
    auto found = answers.find(key);
    protocol::DnsAnswer answer;
    answer.name = name;
    answer.type = type;
    answer.status = otherwise;
    if (found != answers.end()) answer = found->second;
    if (state.cancelled() != boost::asio::cancellation_type::none)
      answer.status = protocol::DnsStatus::cancelled;
    co_return answer;
  }
};

class FakeFetcher : public net::PolicyFetcher {
 public:
  std::function<protocol::HttpsAttempt(const std::string&, const IpAddress&)> answer;
  std::vector<std::pair<std::string, std::string>> fetched;  // host, address
  std::vector<std::string> shaken;

  boost::asio::awaitable<protocol::HttpsAttempt> fetch_policy(std::string host,
                                                              IpAddress address) override {
    fetched.emplace_back(host, address.text());
    co_await async::sleep_for(std::chrono::milliseconds(0));
    protocol::HttpsAttempt attempt = answer(host, address);
    attempt.address = address;
    co_return attempt;
  }
  boost::asio::awaitable<protocol::HttpsAttempt> shake_hands(std::string host,
                                                             IpAddress address) override {
    shaken.push_back(host);
    co_await async::sleep_for(std::chrono::milliseconds(0));
    protocol::HttpsAttempt attempt = answer(host, address);
    attempt.address = address;
    co_return attempt;
  }
};

class FakeProber : public net::SmtpProber {
 public:
  std::function<protocol::SmtpAttempt(const std::string&, const IpAddress&)> answer;
  std::chrono::milliseconds delay{1};
  std::map<std::string, std::chrono::milliseconds> delays;  // by host, instead of `delay`
  std::vector<std::pair<std::string, std::string>> probed;
  std::vector<std::string> greeted;
  std::map<std::string, int> open;       // current connections per address
  std::map<std::string, int> most_open;  // their maximum

  boost::asio::awaitable<protocol::SmtpAttempt> probe(std::string host,
                                                      IpAddress address) override {
    std::string text = address.text();
    probed.emplace_back(host, text);
    most_open[text] = std::max(most_open[text], ++open[text]);
    auto own = delays.find(host);
    co_await async::sleep_for(own == delays.end() ? delay : own->second);
    --open[text];
    protocol::SmtpAttempt attempt = answer(host, address);
    attempt.address = address;
    co_return attempt;
  }
  // Without `answer_with`, as a prober that cannot offer anything else.
  std::function<protocol::SmtpAttempt(const std::string&, const IpAddress&, const net::TlsOffer&)>
      answer_with;
  std::vector<std::pair<std::string, net::TlsOffer>> offered;  // host, and what it was offered

  boost::asio::awaitable<protocol::SmtpAttempt> probe_with(std::string host, IpAddress address,
                                                           net::TlsOffer offer) override {
    offered.emplace_back(host, offer);
    std::string text = address.text();
    most_open[text] = std::max(most_open[text], ++open[text]);
    co_await async::sleep_for(delay);
    --open[text];
    protocol::SmtpAttempt attempt;
    if (answer_with) attempt = answer_with(host, address, offer);
    attempt.address = address;
    co_return attempt;
  }
  boost::asio::awaitable<protocol::SmtpAttempt> greet(std::string host,
                                                      IpAddress address) override {
    greeted.push_back(host);
    co_await async::sleep_for(std::chrono::milliseconds(0));
    protocol::SmtpAttempt attempt = answer(host, address);
    attempt.address = address;
    co_return attempt;
  }
};

}  // namespace mtasts::fakes
