// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include <algorithm>
#include <optional>
#include <span>

#include "present/domain_samples.h"
#include "present/fault_samples.h"

namespace mtasts::present {
namespace {

using verdict::MxAddressReport;
using Value = std::optional<double>;

Value reachable(const MxAddressReport& address) {
  const std::optional<bool> reachable = verdict::is_reachable(address);
  return reachable ? Value(*reachable ? 1 : 0) : std::nullopt;
}

Value starttls(const MxAddressReport& address) {
  if (!address.starttls) return std::nullopt;
  return *address.starttls ? 1 : 0;
}

Value not_after(const MxAddressReport& address) {
  return address.chain == nullptr ? Value() : Value(unix_seconds(address.chain->leaf.not_after));
}

Value chain_not_after(const MxAddressReport& address) {
  return address.chain == nullptr ? Value() : Value(unix_seconds(address.chain->chain_not_after));
}

Value verified(const MxAddressReport& address) {
  if (address.chain == nullptr) return std::nullopt;
  return address.chain->verified() ? 1 : 0;
}

// Empty where DANE does not apply, or was not observed.
Value dane_verified(const MxAddressReport& address) {
  switch (address.dane) {
    case verdict::DaneStatus::verified:
      return 1;
    case verdict::DaneStatus::failed:
    case verdict::DaneStatus::bogus:
      return 0;
    default:
      return std::nullopt;
  }
}

std::span<const MxAddressReport> addresses_of(const board::HostEntry& entry) {
  if (entry.facts == nullptr) return {};
  return entry.facts->addresses;
}

// Adds the smallest value, which is that of the worst address.
void add_smallest(const board::HostEntry& entry, SampleWriter& samples,
                  Value (*value_of)(const MxAddressReport&)) {
  Value worst;
  for (const MxAddressReport& address : addresses_of(entry)) {
    Value value = value_of(address);
    if (value && (!worst || *value < *worst)) worst = value;
  }
  if (worst) samples.add({{"mx", entry.name}}, *worst);
}

}  // namespace

void mx_reachable(const board::HostEntry& entry, SampleWriter& samples) {
  add_smallest(entry, samples, reachable);
}

// Absent if no address was reached and some could not be observed: 0 means that the host is down.
void mx_reachable_addresses(const board::HostEntry& entry, SampleWriter& samples) {
  int reached = 0;
  bool all_seen = !addresses_of(entry).empty();
  for (const MxAddressReport& address : addresses_of(entry)) {
    Value value = reachable(address);
    all_seen &= value.has_value();
    if (value == 1) ++reached;
  }
  if (reached > 0 || all_seen) samples.add({{"mx", entry.name}}, reached);
}

void mx_starttls(const board::HostEntry& entry, SampleWriter& samples) {
  add_smallest(entry, samples, starttls);
}

// Both ends of the validity are those of the certificate that expires first.
void mx_not_before(const board::HostEntry& entry, SampleWriter& samples) {
  const protocol::Certificate* first = nullptr;
  for (const MxAddressReport& address : addresses_of(entry))
    if (address.chain != nullptr &&
        (first == nullptr || address.chain->leaf.not_after < first->not_after))
      first = &address.chain->leaf;
  if (first != nullptr) samples.add({{"mx", entry.name}}, unix_seconds(first->not_before));
}

void mx_not_after(const board::HostEntry& entry, SampleWriter& samples) {
  add_smallest(entry, samples, not_after);
}

void mx_chain_not_after(const board::HostEntry& entry, SampleWriter& samples) {
  add_smallest(entry, samples, chain_not_after);
}

void mx_verified(const board::HostEntry& entry, SampleWriter& samples) {
  add_smallest(entry, samples, verified);
}

void mx_dane_verified(const board::HostEntry& entry, SampleWriter& samples) {
  add_smallest(entry, samples, dane_verified);
}

void mx_tlsa_records(const board::HostEntry& entry, SampleWriter& samples) {
  if (entry.facts != nullptr && entry.facts->tlsa_count > 0)
    samples.add({{"mx", entry.name}}, entry.facts->tlsa_count);
}

void mx_enforced(const board::HostEntry& entry, SampleWriter& samples) {
  samples.add({{"mx", entry.name}}, entry.is_enforced ? 1 : 0);
}

void mx_certificate_expiry(const board::HostEntry& entry, SampleWriter& samples) {
  if (entry.certificate) samples.add({{"mx", entry.name}}, unix_seconds(entry.certificate->expiry));
}

void mx_certificate_lifetime(const board::HostEntry& entry, SampleWriter& samples) {
  if (entry.certificate && entry.certificate->not_before)
    samples.add({{"mx", entry.name}}, lifetime_seconds(*entry.certificate));
}

void mx_faults(const board::HostEntry& entry, SampleWriter& samples) {
  for (const board::HostFault& fault : entry.faults)
    add_fault(
        samples, {"mx", entry.name},
        {fault.row, fault.alert, fault.severity, fault.subject, fault.is_seen_now, fault.is_over});
}

void mx_last_probe(const board::HostEntry& entry, SampleWriter& samples) {
  const auto addresses = addresses_of(entry);
  bool probed = std::any_of(addresses.begin(), addresses.end(), [](const MxAddressReport& address) {
    return address.status != verdict::AddressStatus::skipped;
  });
  if (!probed) return;
  samples.add({{"mx", entry.name}}, unix_seconds(entry.facts->probed_at));
}

}  // namespace mtasts::present
