// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include <functional>
#include <optional>

#include "present/domain_samples.h"

namespace mtasts::present {
namespace {

using verdict::AddressStatus;
using verdict::MxAddressReport;
using Value = std::optional<double>;

Value reachable(const MxAddressReport& address) {
  switch (address.status) {
    case AddressStatus::ok:
    case AddressStatus::tls_failed:
    case AddressStatus::smtp_failed:
      return 1;
    case AddressStatus::refused:
    case AddressStatus::timeout:
    case AddressStatus::unreachable:
      return address.blind ? Value() : Value(0);
    case AddressStatus::skipped:
      return std::nullopt;
  }
  return std::nullopt;
}

Value starttls(const MxAddressReport& address) {
  if (!address.starttls) return std::nullopt;
  return *address.starttls ? 1 : 0;
}

Value seconds_of(protocol::CertificateTime time) {
  return static_cast<double>(time.time_since_epoch().count());
}

Value not_before(const MxAddressReport& address) {
  return address.chain == nullptr ? Value() : seconds_of(address.chain->leaf.not_before);
}

Value not_after(const MxAddressReport& address) {
  return address.chain == nullptr ? Value() : seconds_of(address.chain->leaf.not_after);
}

Value chain_not_after(const MxAddressReport& address) {
  return address.chain == nullptr ? Value() : seconds_of(address.chain->chain_not_after);
}

Value verified(const MxAddressReport& address) {
  if (address.chain == nullptr) return std::nullopt;
  return address.chain->verified() ? 1 : 0;
}

// `worse(a, b)`: a is worse than b.
template <typename Worse>
void add_worst(const store::HostEntry& entry, SampleWriter& samples,
               Value (*value_of)(const MxAddressReport&), Worse worse) {
  Value worst;
  for (const MxAddressReport& address : entry.facts->addresses) {
    Value value = value_of(address);
    if (value && (!worst || worse(*value, *worst))) worst = value;
  }
  if (worst) samples.add({{"mx", entry.name}}, *worst);
}

void add_smallest(const store::HostEntry& entry, SampleWriter& samples,
                  Value (*value_of)(const MxAddressReport&)) {
  add_worst(entry, samples, value_of, std::less<double>());
}

}  // namespace

void mx_reachable(const store::HostEntry& entry, SampleWriter& samples) {
  add_smallest(entry, samples, reachable);
}

void mx_starttls(const store::HostEntry& entry, SampleWriter& samples) {
  add_smallest(entry, samples, starttls);
}

void mx_not_before(const store::HostEntry& entry, SampleWriter& samples) {
  add_worst(entry, samples, not_before, std::greater<double>());
}

void mx_not_after(const store::HostEntry& entry, SampleWriter& samples) {
  add_smallest(entry, samples, not_after);
}

void mx_chain_not_after(const store::HostEntry& entry, SampleWriter& samples) {
  add_smallest(entry, samples, chain_not_after);
}

void mx_verified(const store::HostEntry& entry, SampleWriter& samples) {
  add_smallest(entry, samples, verified);
}

void mx_last_probe(const store::HostEntry& entry, SampleWriter& samples) {
  samples.add({{"mx", entry.name}}, unix_seconds(entry.facts->probed_at));
}

}  // namespace mtasts::present
