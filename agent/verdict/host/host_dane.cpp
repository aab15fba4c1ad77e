// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "verdict/host/host_dane.h"

#include <algorithm>

#include "base/digest.h"
#include "protocol/smtp/deferral.h"

namespace mtasts::verdict {
namespace {

using protocol::DaneOutcome;
using protocol::DnsStatus;
using protocol::SmtpAttempt;
using protocol::SmtpStatus;

// Different chains of one host that are compared; each may take some milliseconds.
constexpr size_t kMostChains = 4;

bool is_secure(const SecuredLookup& lookup) {
  return lookup.security == DnsSecurity::secure && lookup.status == DnsStatus::answered;
}

bool is_undecided(DnsSecurity security) {
  return security == DnsSecurity::local_failure || security == DnsSecurity::undetermined;
}

// No address is secure: no TLSA lookup, unless the addresses cannot be had at all (RFC 7672 §2.2).
DaneState state_without_security(const DaneEvidence& evidence) {
  bool insecure = false, stopped = false, undecided = false;
  for (const SecuredLookup* lookup : {&evidence.a, &evidence.aaaa}) {
    insecure |= lookup->security == DnsSecurity::insecure;
    stopped |= stops_dane(lookup->security);
    undecided |= is_undecided(lookup->security);
  }
  if (insecure) return DaneState::insecure;
  if (stopped) return DaneState::stopped;
  return undecided ? DaneState::unknown : DaneState::none;
}

// The lookups in the order of RFC 7672 §2.2.3; `only_base`: below this name alone.
void choose_records(const DaneEvidence& evidence, const std::string* only_base, HostDane& dane) {
  dane.state = DaneState::none;
  for (const TlsaEvidence& tlsa : evidence.tlsa) {
    if (only_base != nullptr && tlsa.base != *only_base) continue;
    const SecuredLookup& lookup = tlsa.lookup;
    if (is_secure(lookup) || stops_dane(lookup.security) || is_undecided(lookup.security)) {
      dane.state = is_secure(lookup)             ? DaneState::applies
                   : stops_dane(lookup.security) ? DaneState::stopped
                                                 : DaneState::unknown;
      dane.tlsa = &tlsa;
      return;
    }
    if (lookup.security == DnsSecurity::insecure && !tlsa.records.empty()) {
      dane.state = DaneState::insecure;
      if (dane.tlsa == nullptr) dane.tlsa = &tlsa;
    }
  }
}

const TlsaEvidence* some_records(const DaneEvidence& evidence) {
  for (const TlsaEvidence& tlsa : evidence.tlsa)
    if (!tlsa.records.empty()) return &tlsa;
  return nullptr;
}

// Nothing came back, or an error, while DNS was not known to be available.
bool may_be_local(const MxHostEvidence& host, DnsSecurity security) {
  return (security == DnsSecurity::servfail || security == DnsSecurity::no_response) &&
         !host.channels.contains(Channel::dns);
}

void read_lookups(const MxHostEvidence& host, HostDane& dane) {
  if (host.dane == nullptr) return;
  const DaneEvidence& evidence = *host.dane;
  if (evidence.validation != Validation::proven) {
    dane.state = DaneState::unvalidated;
    dane.tlsa = some_records(evidence);
    return;
  }
  dane.addresses_secure = is_secure(evidence.a) || is_secure(evidence.aaaa);
  if (dane.addresses_secure) return choose_records(evidence, nullptr, dane);
  dane.state = state_without_security(evidence);
  if (dane.state != DaneState::insecure) return;
  if (evidence.first_alias == DnsSecurity::secure) {
    choose_records(evidence, &host.host, dane);
    dane.through_alias = dane.state == DaneState::applies;
    if (dane.state != DaneState::none) return;
  }
  dane.tlsa = some_records(evidence);
  dane.state = dane.tlsa == nullptr ? DaneState::none : DaneState::insecure;
}

// Senders with DANE need TLS; a server that puts the agent off says nothing.
bool is_without_tls(const MxHostEvidence& host, const SmtpAttempt& attempt) {
  if (protocol::is_deferral(attempt) || is_unobserved(host, attempt)) return false;
  switch (attempt.status) {
    case SmtpStatus::ehlo_rejected:
    case SmtpStatus::starttls_missing:
    case SmtpStatus::starttls_stripped:
    case SmtpStatus::starttls_rejected:
      return true;
    case SmtpStatus::tls_failed:
    case SmtpStatus::tls_closed:
      return attempt.presented.empty();
    default:
      return false;
  }
}

DaneStatus status_of(protocol::DaneOutcome outcome) {
  switch (outcome) {
    case DaneOutcome::verified:
      return DaneStatus::verified;
    case DaneOutcome::unusable:
      return DaneStatus::unusable;
    case DaneOutcome::no_certificate:
    case DaneOutcome::too_costly:
      return DaneStatus::unknown;
    default:
      return DaneStatus::failed;
  }
}

// Of an address whose certificate does not matter.
DaneStatus status_of(DaneState state) {
  switch (state) {
    case DaneState::none:
      return DaneStatus::none;
    case DaneState::insecure:
      return DaneStatus::insecure;
    case DaneState::stopped:
      return DaneStatus::bogus;
    default:
      return DaneStatus::unknown;
  }
}

bool is_insecure_family(const HostDane& dane, const DaneEvidence& evidence, AddressFamily family) {
  const SecuredLookup& lookup = family == AddressFamily::ipv4 ? evidence.a : evidence.aaaa;
  return !dane.through_alias && lookup.security == DnsSecurity::insecure;
}

// The reference identifiers that do not depend on a domain (RFC 7672 §3.2.2).
std::vector<std::string> names_of(const MxHostEvidence& host, const HostDane& dane) {
  std::vector<std::string> names = {dane.tlsa->base};
  if (host.host != dane.tlsa->base) names.push_back(host.host);
  return names;
}

void compare_addresses(const MxHostEvidence& host, Time now, HostDane& dane) {
  struct Compared {
    const std::vector<std::string>* chain;
    protocol::DaneResult result;
  };
  std::vector<Compared> compared;
  const auto when = std::chrono::floor<std::chrono::seconds>(now);
  const std::vector<std::string> names = names_of(host, dane);
  for (size_t i = 0; i < host.attempts.size(); ++i) {
    const SmtpAttempt& attempt = host.attempts[i];
    AddressDane& address = dane.addresses[i];
    if (is_insecure_family(dane, *host.dane, attempt.address.family())) {
      address.status = DaneStatus::insecure;
      continue;
    }
    address.without_tls = is_without_tls(host, attempt);
    if (address.without_tls) address.status = DaneStatus::failed;
    if (attempt.presented.empty()) continue;
    auto known = std::find_if(compared.begin(), compared.end(),
                              [&](const Compared& one) { return *one.chain == attempt.presented; });
    if (known == compared.end()) {
      if (compared.size() >= kMostChains) continue;
      protocol::ServedChain chain(attempt.presented);
      known = compared.insert(compared.end(),
                              {&attempt.presented, chain.verify(dane.records, names, when)});
    }
    address.result = known->result;
    address.compared = true;
    address.status = status_of(address.result.outcome);
  }
}

}  // namespace

bool HostDane::has_usable() const {
  return std::any_of(records.begin(), records.end(),
                     [](const protocol::Tlsa& one) { return one.is_usable(); });
}

bool HostDane::any(DaneStatus status) const {
  return std::any_of(addresses.begin(), addresses.end(),
                     [&](const AddressDane& one) { return one.status == status; });
}

bool HostDane::fails() const {
  if (state == DaneState::stopped) return true;
  return state == DaneState::applies && any(DaneStatus::failed) && !any(DaneStatus::verified) &&
         !any(DaneStatus::insecure) && !any(DaneStatus::unusable);
}

HostDane read_dane(const MxHostEvidence& host, Time now) {
  HostDane dane;
  read_lookups(host, dane);
  if (dane.state == DaneState::stopped) {
    bool local = dane.tlsa != nullptr ? may_be_local(host, dane.tlsa->lookup.security)
                                      : !host.channels.contains(Channel::dns);
    if (local) dane.state = DaneState::unknown;
  }
  if (dane.tlsa != nullptr && dane.state != DaneState::stopped)
    for (const std::string& rdata : dane.tlsa->records)
      dane.records.push_back(protocol::parse_tlsa(rdata));
  for (const SmtpAttempt& attempt : host.attempts)
    dane.addresses.push_back({attempt.address, status_of(dane.state), {}, false, false});
  if (dane.state == DaneState::applies) compare_addresses(host, now, dane);
  return dane;
}

void report_dane(const HostDane& dane, MxHostReport& report) {
  for (size_t i = 0; i < dane.addresses.size() && i < report.addresses.size(); ++i) {
    report.addresses[i].dane = dane.addresses[i].status;
    if (dane.addresses[i].compared)
      report.addresses[i].tlsa_matched = static_cast<int>(dane.addresses[i].result.matched());
  }
  for (size_t i = dane.addresses.size(); i < report.addresses.size(); ++i)
    report.addresses[i].dane = status_of(dane.state);
  if (!dane.has_records()) return;
  report.tlsa_base = dane.tlsa->base;
  report.tlsa_count = static_cast<int>(dane.records.size() + dane.tlsa->left_out);
  size_t digits = 0;
  for (size_t i = 0; i < dane.records.size() && i < kMostTlsaReported; ++i) {
    const protocol::Tlsa& record = dane.records[i];
    digits += 2 * record.data.size();
    if (digits > kMostTlsaDigits) break;
    TlsaReport one{record.usage,     record.selector,    record.matching,
                   hex(record.data), record.is_usable(), {}};
    for (const AddressDane& address : dane.addresses)
      if (address.compared) one.matches = one.matches.value_or(false) || address.result.matches[i];
    report.tlsa.push_back(std::move(one));
  }
}

}  // namespace mtasts::verdict
