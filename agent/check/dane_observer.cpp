// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "check/dane_observer.h"

#include <algorithm>
#include <boost/asio/use_awaitable.hpp>

#include "async/when_all.h"

namespace mtasts::check {
namespace {

namespace asio = boost::asio;
using protocol::DnsAnswer;
using protocol::DnsStatus;
using protocol::RecordType;
using verdict::DaneEvidence;
using verdict::DnsSecurity;
using verdict::SecuredLookup;
using verdict::Validation;

bool is_secure(const SecuredLookup& lookup) {
  return lookup.status == DnsStatus::answered && lookup.security == DnsSecurity::secure;
}

// An address, or the error of one, that leads to nothing below the host.
bool has_address(const std::vector<DnsAnswer>& answers) {
  return std::any_of(answers.begin(), answers.end(),
                     [](const DnsAnswer& answer) { return answer.status == DnsStatus::answered; });
}

// The end of the aliases, of the family that has addresses.
std::string expanded_name(const DaneEvidence& evidence) {
  for (const SecuredLookup* lookup : {&evidence.a, &evidence.aaaa})
    if (lookup->status == DnsStatus::answered && !lookup->aliases.empty())
      return lookup->aliases.back();
  for (const SecuredLookup* lookup : {&evidence.a, &evidence.aaaa})
    if (!lookup->aliases.empty()) return lookup->aliases.back();
  return {};
}

void take_records(DnsAnswer& answer, verdict::TlsaEvidence& tlsa) {
  for (std::string& data : answer.tlsa) {
    const bool fits =
        tlsa.records.size() < verdict::kMostTlsaRecords && data.size() <= verdict::kMostTlsaOctets;
    if (fits)
      tlsa.records.push_back(std::move(data));
    else
      ++tlsa.left_out;
  }
}

void deny(const DnsAnswer& answer, SecuredLookup& lookup) {
  if (answer.status != DnsStatus::denied) return;
  lookup.status = answer.status;
  lookup.security = DnsSecurity::local_failure;
}

}  // namespace

DaneObserver::DaneObserver(const Environment& environment, ChannelMonitor& channels)
    : environment_(environment),
      channels_(channels),
      lookup_(environment, channels),
      lookups_(environment, channels) {}

asio::awaitable<void> DaneObserver::ask(std::string name, RecordType type, std::string target,
                                        DnsAnswer& answer, std::string client) {
  if (channels_.validation().is_believed())
    co_await lookups_.query(name, type, target, answer, client);
  else
    co_await lookup_.query(name, type, target, answer, client);
}

asio::awaitable<void> DaneObserver::prove(Validation& validation, std::string& detail) {
  const ValidationState state = co_await channels_.validation().get();
  validation = state.validation;
  detail = state.detail;
}

asio::awaitable<void> DaneObserver::look_up_addresses(Host& host, std::vector<DnsAnswer>& answers) {
  DaneEvidence& dane = host.evidence;
  answers.resize(2);
  std::vector<asio::awaitable<void>> parts;
  parts.push_back(ask(host.host, RecordType::a, host.host, answers[0], host.client));
  parts.push_back(ask(host.host, RecordType::aaaa, host.host, answers[1], host.client));
  parts.push_back(prove(dane.validation, dane.validation_detail));
  co_await async::when_all(std::move(parts));

  std::vector<asio::awaitable<void>> judging;
  judging.push_back(lookups_.secure(answers[0], dane.validation, host.client, dane.a, host.zones));
  judging.push_back(
      lookups_.secure(answers[1], dane.validation, host.client, dane.aaaa, host.zones));
  co_await async::when_all(std::move(judging));
  dane.expanded = expanded_name(dane);
}

asio::awaitable<void> DaneObserver::look_up_tlsa(Host& host,
                                                 const std::vector<DnsAnswer>& answers) {
  DaneEvidence& dane = host.evidence;
  if (has_address(answers)) {
    const bool proven = dane.validation == Validation::proven;
    const bool secure = is_secure(dane.a) || is_secure(dane.aaaa);
    if (proven && !dane.expanded.empty() && !secure) co_await look_up_first_alias(host);
    std::vector<std::string> bases;
    if (!dane.expanded.empty() && (secure || !proven)) bases.push_back(dane.expanded);
    bases.push_back(host.host);
    for (const std::string& base : bases) {
      co_await look_up_base(host, base);
      const verdict::TlsaEvidence& tlsa = dane.tlsa.back();
      // An error ends the search as records do: the sender must not go on without (§2.1.2).
      const bool found = proven ? is_secure(tlsa.lookup) : !tlsa.records.empty();
      if (found || verdict::stops_dane(tlsa.lookup.security)) break;
    }
  }
  if (dane.validation != Validation::proven) co_return;
  co_await prove_again(host);
  co_await lookups_.examine(host.zones, host.client, dane.delegations);
}

asio::awaitable<void> DaneObserver::look_up_base(Host& host, std::string base) {
  host.evidence.tlsa.emplace_back();
  verdict::TlsaEvidence& tlsa = host.evidence.tlsa.back();
  tlsa.base = base;
  DnsAnswer answer;
  const std::string name = "_25._tcp." + base;
  co_await ask(name, RecordType::tlsa, host.host, answer, host.client);
  co_await lookups_.secure(answer, host.evidence.validation, host.client, tlsa.lookup, host.zones);
  take_records(answer, tlsa);
  // Where the addresses are not signed no sender asks: a server that fails for TLSA harms nobody
  // there, and must not look like an outage of the resolver.
  const bool matters = host.evidence.first_alias == DnsSecurity::secure ||
                       is_secure(host.evidence.a) || is_secure(host.evidence.aaaa);
  if (matters && !protocol::is_conclusive(answer.status)) host.failed.push_back(std::move(answer));
  if (is_secure(tlsa.lookup)) co_await lookups_.add_key_dates(host.client, tlsa.lookup);
  // Signed records that do not count: the delegation of their zone may lack its DS records.
  if (tlsa.lookup.security != DnsSecurity::insecure || tlsa.records.empty()) co_return;
  for (const verdict::SignatureDates& dates : tlsa.lookup.signatures)
    if (std::find(host.zones.begin(), host.zones.end(), dates.signer) == host.zones.end())
      host.zones.push_back(dates.signer);
}

// RFC 7672 §2.2.2: an alias in a signed zone keeps its own TLSA records, also where its target is
// not signed.
asio::awaitable<void> DaneObserver::look_up_first_alias(Host& host) {
  DnsAnswer answer;
  co_await lookups_.query(host.host, RecordType::cname, host.host, answer, host.client);
  SecuredLookup lookup;
  co_await lookups_.secure(answer, host.evidence.validation, host.client, lookup, host.zones);
  host.evidence.first_alias = lookup.security;
}

// A resolver that has stopped to validate calls everything insecure. Before records count as not
// signed, it has to prove anew that it validates.
asio::awaitable<void> DaneObserver::prove_again(Host& host) {
  DaneEvidence& dane = host.evidence;
  const bool unsigned_records =
      std::any_of(dane.tlsa.begin(), dane.tlsa.end(), [&](const verdict::TlsaEvidence& tlsa) {
        return !tlsa.records.empty() && (tlsa.lookup.security == DnsSecurity::insecure ||
                                         !(is_secure(dane.a) || is_secure(dane.aaaa)));
      });
  if (!unsigned_records) co_return;
  const ValidationState state = co_await channels_.validation().get(ValidationProof::kFresh);
  if (state.validation == Validation::proven) co_return;
  dane.validation = state.validation;
  dane.validation_detail = state.detail;
  std::vector<SecuredLookup*> lookups = {&dane.a, &dane.aaaa};
  for (verdict::TlsaEvidence& tlsa : dane.tlsa) lookups.push_back(&tlsa.lookup);
  for (SecuredLookup* lookup : lookups)
    if (lookup->security == DnsSecurity::insecure || lookup->security == DnsSecurity::secure)
      lookup->security = DnsSecurity::undetermined;
}

void DaneObserver::reconsider(verdict::MxDaneEvidence& evidence, const DnsAnswer& mx) {
  deny(mx, evidence.mx);
}

void DaneObserver::reconsider(Host& host, const std::vector<DnsAnswer>& answers) {
  if (answers.size() != 2) return;
  deny(answers[0], host.evidence.a);
  deny(answers[1], host.evidence.aaaa);
}

asio::awaitable<void> DaneObserver::look_up_mx(std::string domain, DnsAnswer& answer,
                                               verdict::MxDaneEvidence& evidence) {
  std::string detail;
  std::vector<asio::awaitable<void>> parts;
  parts.push_back(ask(domain, RecordType::mx, domain, answer, domain));
  parts.push_back(prove(evidence.validation, detail));
  co_await async::when_all(std::move(parts));
  std::vector<std::string> zones;
  co_await lookups_.secure(answer, evidence.validation, domain, evidence.mx, zones);
  co_await lookups_.examine(zones, domain, evidence.delegations);
}

bool has_tlsa_records(const DaneEvidence& evidence) {
  return std::any_of(evidence.tlsa.begin(), evidence.tlsa.end(),
                     [](const auto& tlsa) { return !tlsa.records.empty() || tlsa.left_out > 0; });
}

}  // namespace mtasts::check
