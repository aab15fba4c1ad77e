// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "reports/report_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <type_traits>
#include <vector>

#include "base/ascii.h"
#include "base/ip_address.h"
#include "base/printable.h"
#include "reports/policy_text.h"
#include "reports/report_owner.h"

namespace mtasts::reports {
namespace {

constexpr size_t kReasonLimit_bytes = 256;
constexpr size_t kTypeTextLimit_bytes = 64;

// An IPv4-mapped IPv6 address is the IPv4 address (RFC 4291 §2.5.5.2).
std::optional<IpAddress> address_of(std::string_view text) {
  auto address = IpAddress::parse(trim(text, " \t\r\n[]"));
  if (!address) return std::nullopt;
  const auto& octets = address->octets();
  bool mapped = address->family() == AddressFamily::ipv6 &&
                std::all_of(octets.begin(), octets.begin() + 10, [](auto o) { return o == 0; }) &&
                octets[10] == 0xFF && octets[11] == 0xFF;
  if (!mapped) return *address;
  return IpAddress::v4({octets[12], octets[13], octets[14], octets[15]});
}

std::string cut(std::string_view text, size_t limit) {
  return std::string(cut_text(trim(text), limit));
}

// No sum is larger than kMostSessions, so that no sum of sums overflows.
void add_to(uint64_t& sum, uint64_t more) {
  sum = std::min(protocol::kMostSessions, sum + std::min(more, protocol::kMostSessions));
}

// Numbers of other texts that are made of the texts of a pool, each once.
class DerivedTexts {
 public:
  template <typename Derive>
  TextPool::Number of(TextPool::Number number, const Derive& derive) {
    if (number >= derived_.size()) derived_.resize(number + 1, kUnknown);
    if (derived_[number] == kUnknown) derived_[number] = derive();
    return derived_[number];
  }

 private:
  static constexpr TextPool::Number kUnknown = std::numeric_limits<TextPool::Number>::max();
  std::vector<TextPool::Number> derived_;
};

}  // namespace

std::string network_of(std::string_view text) {
  auto address = address_of(text);
  if (!address) return {};
  auto octets = address->octets();
  if (address->family() == AddressFamily::ipv4)
    return IpAddress::v4({octets[0], octets[1], octets[2], 0}).text() + "/24";
  std::fill(octets.begin() + 6, octets.end(), uint8_t{0});
  return IpAddress::v6(octets).text() + "/48";
}

void RowCollector::add(const protocol::ReportPolicy& policy, bool about_mx_host) {
  PolicyRow row;
  row.type = policy.type;
  row.about_mx_host = about_mx_host;
  if (policy.type == protocol::ReportPolicyType::sts)
    row.policy = policy_text(policy.policy_strings, policy.mx_hosts);
  row.successful = policy.successful;
  row.failed = policy.failed;
  add_policy(std::move(row));
  // The failures are those of the sts entry.
  if (!about_mx_host) add_failures(policy.failures, policy.type);
}

void RowCollector::add_policy(PolicyRow row) {
  auto key_of = [](const PolicyRow& one) {
    return fmt::format("{}\n{}\n{}", static_cast<int>(one.type), one.about_mx_host, one.policy);
  };
  std::string key = key_of(row);
  if (policy_rows_.size() >= kMostPolicyRows && policy_rows_.find(key) == policy_rows_.end()) {
    over_limit_ = true;
    row.policy.clear();
    key = key_of(row);
  }
  auto [place, added] = policy_rows_.try_emplace(std::move(key), report_->policies.size());
  if (added) {
    report_->policies.push_back(std::move(row));
    return;
  }
  PolicyRow& sum = report_->policies[place->second];
  add_to(sum.successful, row.successful);
  add_to(sum.failed, row.failed);
}

// The row of that key, or the coarse one where there is no room for it.
FailureRow& RowCollector::row_of(FailureKey key, bool& coarse) {
  auto octets = [&] {
    static_assert(std::has_unique_object_representations_v<FailureKey>);
    return std::string_view(reinterpret_cast<const char*>(&key), sizeof key);
  };
  TextPool::Number number = keys_.find(octets());
  coarse = number == TextPool::kEmpty && report_->failures.size() >= kMostFailureRows;
  if (coarse) {
    over_limit_ = true;
    key = {key.policy_type, key.type};
    number = keys_.find(octets());
  }
  if (number != TextPool::kEmpty) return report_->failures[number - 1];
  keys_.put(octets());
  FailureRow& row = report_->failures.emplace_back();
  row.policy_type = static_cast<protocol::ReportPolicyType>(key.policy_type);
  row.type = static_cast<protocol::ResultType>(key.type);
  row.type_text = texts_.text(key.type_text);
  row.receiving_mx = texts_.text(key.receiving_mx);
  row.receiving_ip = texts_.text(key.receiving_ip);
  row.sending_network = texts_.text(key.sending_network);
  return row;
}

void RowCollector::add_failures(const protocol::FailureList& failures,
                                protocol::ReportPolicyType policy_type) {
  DerivedTexts type_texts;
  DerivedTexts hosts;
  DerivedTexts addresses;
  DerivedTexts networks;
  for (const protocol::FailureList::Row& failure : failures.rows()) {
    if (failure.sessions == 0) continue;
    auto text = [&](TextPool::Number number) { return failures.text(number); };
    FailureKey key;
    key.policy_type = static_cast<uint32_t>(policy_type);
    key.type = static_cast<uint32_t>(failure.type);
    if (failure.type == protocol::ResultType::other)
      key.type_text = type_texts.of(failure.type_text, [&] {
        return texts_.put(cut(text(failure.type_text), kTypeTextLimit_bytes));
      });
    key.receiving_mx = hosts.of(failure.receiving_mx_hostname, [&] {
      return texts_.put(plain_name(text(failure.receiving_mx_hostname)));
    });
    key.receiving_ip = addresses.of(failure.receiving_ip, [&] {
      auto address = address_of(text(failure.receiving_ip));
      return address ? texts_.put(address->text()) : TextPool::kEmpty;
    });
    key.sending_network = networks.of(failure.sending_mta_ip, [&] {
      return texts_.put(network_of(text(failure.sending_mta_ip)));
    });
    bool coarse = false;
    FailureRow& row = row_of(key, coarse);
    add_to(row.sessions, failure.sessions);
    if (row.reason.empty() && !coarse)
      row.reason = cut(text(failure.failure_reason_code), kReasonLimit_bytes);
  }
}

}  // namespace mtasts::reports
