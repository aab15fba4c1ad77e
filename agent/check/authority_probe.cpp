// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "check/authority_probe.h"

#include <algorithm>
#include <iterator>

#include "async/deadline.h"
#include "async/when_all.h"
#include "base/printable.h"
#include "base/public_suffix.h"

namespace mtasts::check {
namespace {

namespace asio = boost::asio;
using protocol::AuthorityAnswer;
using protocol::DnsAnswer;
using protocol::DnsStatus;
using protocol::RecordType;
using verdict::AuthorityLook;
using Kind = AuthorityLook::Kind;
using Looks = std::vector<AuthorityLook>;

// A server that was just told of a new version of the zone has it after this.
constexpr std::chrono::milliseconds kPause = std::chrono::seconds(5);
constexpr std::chrono::milliseconds kAddressLifetime = std::chrono::hours(1);
constexpr std::chrono::milliseconds kFailureLifetime = std::chrono::minutes(5);
constexpr int kMaxZoneCuts = 5;
constexpr int kMostSilentDomains = 3;
constexpr std::chrono::milliseconds kSilence = std::chrono::hours(1);
constexpr size_t kContentLimit_bytes = 300;

// The record's content; the order of records has no meaning. A CNAME stands for what it leads to,
// which other servers answer.
std::string content_of(const DnsAnswer& answer) {
  if (!answer.cname_chain.empty()) return "CNAME " + printable(answer.cname_chain.front(), 253);
  std::vector<std::string> texts = answer.texts;
  std::sort(texts.begin(), texts.end());
  std::string content;
  for (const std::string& text : texts) {
    if (content.size() > kContentLimit_bytes) break;
    content += (content.empty() ? "\"" : ", \"") + printable(text, 120) + "\"";
  }
  return content;
}

void read(const AuthorityAnswer& said, AuthorityLook& look) {
  const DnsAnswer& answer = said.answer;
  look.ttl = answer.ttl;
  bool alias = !answer.cname_chain.empty();
  switch (answer.status) {
    case DnsStatus::answered:
    case DnsStatus::nodata:
    case DnsStatus::nxdomain:
      break;
    case DnsStatus::servfail:
      look.kind = alias ? Kind::unobserved : Kind::failing;
      look.content = "SERVFAIL";
      return;
    case DnsStatus::refused:
      look.kind = Kind::failing;
      look.content = "REFUSED";
      return;
    default:
      look.kind = Kind::unobserved;
      return;
  }
  bool found = answer.status == DnsStatus::answered || alias;
  if (said.authoritative) {
    look.kind = found ? Kind::record : Kind::none;
    look.content = found ? content_of(answer) : std::string(protocol::name_of(answer.status));
  } else if (said.referral || found) {
    // The record's name may be a zone of its own, or a resolver sits in between.
    look.kind = Kind::unobserved;
  } else {
    look.kind = Kind::lame;
    look.content = "without authority";
  }
}

bool counts(const AuthorityLook& look) { return look.kind != Kind::unobserved; }

bool differ(const Looks& looks) {
  const AuthorityLook* first = nullptr;
  bool found = false;
  bool differences = false;
  for (const AuthorityLook& look : looks) {
    if (!counts(look)) continue;
    found |= look.kind == Kind::record;
    if (first == nullptr) first = &look;
    differences |= look.content != first->content;
  }
  return found && differences;
}

// The same server says the same in both, where both were observed.
bool agree(const Looks& one, const Looks& other) {
  for (const AuthorityLook& look : one)
    for (const AuthorityLook& later : other)
      if (look.address == later.address && look.server == later.server && counts(look) &&
          counts(later) && look.content != later.content)
        return false;
  return true;
}

// A server that answered differently in the two looks, or only in one, proves nothing.
void keep_what_lasts(const Looks& first, Looks& second) {
  for (size_t i = 0; i < second.size() && i < first.size(); ++i)
    if (first[i].content != second[i].content) second[i].kind = Kind::unobserved;
}

}  // namespace

AuthorityProbe::AuthorityProbe(const Environment& environment, ChannelMonitor& channels,
                               const settings::NetworkSettings& network)
    : environment_(environment),
      lookup_(environment_, channels),
      network_(network),
      pause_(kPause),
      addresses_(environment, [this](auto server, auto) { return find_addresses(server); }),
      slots_(environment_.executor) {}

// The domain, or the zone that it is part of, not above what can be registered.
asio::awaitable<std::vector<std::string>> AuthorityProbe::find_servers(std::string domain,
                                                                       std::string& zone) {
  zone = domain;
  std::string top = organisational_domain(domain);
  for (int i = 0; i < kMaxZoneCuts; ++i) {
    DnsAnswer answer;
    co_await lookup_.query(zone, RecordType::ns, domain, answer);
    if (answer.status == DnsStatus::answered && answer.cname_chain.empty()) {
      std::vector<std::string> servers = answer.names;
      std::sort(servers.begin(), servers.end());
      servers.erase(std::unique(servers.begin(), servers.end()), servers.end());
      if (servers.size() > kMaxServers) servers.resize(kMaxServers);
      co_return servers;
    }
    size_t dot = zone.find('.');
    if (!protocol::is_conclusive(answer.status) || zone == top || dot == std::string::npos) break;
    zone.erase(0, dot + 1);
  }
  co_return std::vector<std::string>();
}

asio::awaitable<AuthorityProbe::Addresses::Outcome> AuthorityProbe::find_addresses(
    std::string server) {
  std::vector<DnsAnswer> answers;
  co_await lookup_.addresses(server, server, answers);
  auto usable = std::make_shared<std::vector<IpAddress>>();
  bool conclusive = true;
  for (const DnsAnswer& answer : answers) {
    conclusive &= protocol::is_conclusive(answer.status);
    std::vector<IpAddress> sorted = answer.addresses;
    std::sort(sorted.begin(), sorted.end());
    for (const IpAddress& address : sorted) {
      bool wanted =
          network_.uses(address.family()) && may_contact(address, network_.allow_private_addresses);
      if (!wanted) continue;
      usable->push_back(address);
      break;  // one of each family
    }
  }
  if (usable->size() > kMaxAddresses) usable->resize(kMaxAddresses);
  Addresses::Outcome outcome;
  outcome.lifetime = conclusive ? kAddressLifetime : kFailureLifetime;
  outcome.result = usable;
  co_return outcome;
}

asio::awaitable<void> AuthorityProbe::add_server(std::string server, Looks& looks) {
  auto addresses = co_await addresses_.get(server);
  if (addresses == nullptr) co_return;
  for (const IpAddress& address : *addresses) {
    AuthorityLook look;
    look.server = server;
    look.address = address;
    looks.push_back(std::move(look));
  }
}

asio::awaitable<void> AuthorityProbe::ask(std::string name, AuthorityLook& look) {
  auto held = co_await slots_.acquire(next_slot_++ % kMaxQuestions);
  IpAddress address = look.address;
  AuthorityAnswer said = co_await environment_.authorities->ask(address, name, RecordType::txt);
  read(said, look);
}

asio::awaitable<void> AuthorityProbe::ask_all(std::string name, Looks& looks) {
  std::vector<asio::awaitable<void>> questions;
  for (AuthorityLook& look : looks) questions.push_back(ask(name, look));
  co_await async::when_all(std::move(questions));
}

asio::awaitable<void> AuthorityProbe::ask_serial(std::string zone, AuthorityLook& look) {
  auto held = co_await slots_.acquire(next_slot_++ % kMaxQuestions);
  IpAddress address = look.address;
  look.serial = co_await environment_.authorities->serial(address, zone);
}

void AuthorityProbe::note_answers(const Looks& looks) {
  if (looks.empty()) return;
  bool answered = std::any_of(looks.begin(), looks.end(), counts);
  silent_domains_ = answered ? 0 : silent_domains_ + 1;
  if (silent_domains_ >= kMostSilentDomains) silent_until_ = environment_.steady_now() + kSilence;
}

asio::awaitable<AuthorityProbe::ResultPtr> AuthorityProbe::look(std::string domain,
                                                                ResultPtr before) {
  if (environment_.steady_now() < silent_until_) co_return nullptr;
  auto evidence = std::make_shared<verdict::AuthorityEvidence>();
  std::vector<std::string> servers = co_await find_servers(domain, evidence->zone);
  std::vector<Looks> found(servers.size());
  std::vector<asio::awaitable<void>> parts;
  for (size_t i = 0; i < servers.size(); ++i) parts.push_back(add_server(servers[i], found[i]));
  co_await async::when_all(std::move(parts));
  Looks& looks = evidence->looks;
  for (Looks& one : found) std::move(one.begin(), one.end(), std::back_inserter(looks));

  std::string name = "_mta-sts." + domain;
  co_await ask_all(name, looks);
  note_answers(looks);
  if (std::none_of(looks.begin(), looks.end(), counts)) co_return nullptr;
  if (!differ(looks)) co_return evidence;

  Looks first = looks;
  co_await async::sleep_for(pause_);
  co_await ask_all(name, looks);
  keep_what_lasts(first, looks);
  if (!differ(looks)) co_return evidence;
  std::vector<asio::awaitable<void>> serials;
  for (AuthorityLook& one : looks)
    if (one.kind == Kind::record || one.kind == Kind::none)
      serials.push_back(ask_serial(evidence->zone, one));
  co_await async::when_all(std::move(serials));
  bool again = before != nullptr && before->differs_since != kNever && agree(before->looks, looks);
  evidence->differs_since = again ? before->differs_since : environment_.clock();
  co_return evidence;
}

}  // namespace mtasts::check
