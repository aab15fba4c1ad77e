// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "reports/report_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

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

FailureRow row_of(const protocol::ReportFailure& failure, protocol::ReportPolicyType policy_type) {
  FailureRow row;
  row.policy_type = policy_type;
  row.type = failure.type;
  if (row.type == protocol::ResultType::other)
    row.type_text = cut(failure.type_text, kTypeTextLimit_bytes);
  row.receiving_mx = plain_name(failure.receiving_mx_hostname);
  if (auto address = address_of(failure.receiving_ip)) row.receiving_ip = address->text();
  row.sending_network = network_of(failure.sending_mta_ip);
  row.sessions = failure.sessions;
  row.reason = cut(failure.failure_reason_code, kReasonLimit_bytes);
  return row;
}

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
  if (about_mx_host) return;
  for (const protocol::ReportFailure& failure : policy.failures)
    if (failure.sessions > 0) add_failure(row_of(failure, policy.type));
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

void RowCollector::add_failure(FailureRow row) {
  auto key_of = [](const FailureRow& one) {
    return fmt::format("{}\n{}\n{}\n{}\n{}\n{}", static_cast<int>(one.policy_type),
                       static_cast<int>(one.type), one.receiving_mx, one.receiving_ip,
                       one.sending_network, one.type_text);
  };
  std::string key = key_of(row);
  if (failure_rows_.size() >= kMostFailureRows && failure_rows_.find(key) == failure_rows_.end()) {
    over_limit_ = true;
    row.type_text.clear();
    row.receiving_mx.clear();
    row.receiving_ip.clear();
    row.sending_network.clear();
    row.reason.clear();
    key = key_of(row);
  }
  auto [place, added] = failure_rows_.try_emplace(std::move(key), report_->failures.size());
  if (added) {
    report_->failures.push_back(std::move(row));
    return;
  }
  FailureRow& sum = report_->failures[place->second];
  add_to(sum.sessions, row.sessions);
  if (sum.reason.empty()) sum.reason = std::move(row.reason);
}

}  // namespace mtasts::reports
