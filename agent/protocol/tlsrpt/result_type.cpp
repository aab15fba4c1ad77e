// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "protocol/tlsrpt/result_type.h"

#include <array>

namespace mtasts::protocol {
namespace {

// By enumerator.
constexpr std::array<std::string_view, kReportPolicyTypes.size()> kPolicyTypeNames = {
    "tlsa", "sts", "no-policy-found"};
constexpr std::array<std::string_view, kResultTypes.size()> kResultTypeNames = {
    "starttls-not-supported", "certificate-host-mismatch",
    "certificate-expired",    "certificate-not-trusted",
    "validation-failure",     "tlsa-invalid",
    "dnssec-invalid",         "dane-required",
    "sts-policy-fetch-error", "sts-policy-invalid",
    "sts-webpki-invalid",     "other"};

}  // namespace

std::string_view name_of(ReportPolicyType type) {
  return kPolicyTypeNames[static_cast<size_t>(type)];
}

std::optional<ReportPolicyType> report_policy_type(std::string_view name) {
  for (ReportPolicyType type : kReportPolicyTypes)
    if (name_of(type) == name) return type;
  return std::nullopt;
}

std::string_view name_of(ResultType type) { return kResultTypeNames[static_cast<size_t>(type)]; }

ResultType result_type(std::string_view name) {
  for (ResultType type : kResultTypes)
    if (name_of(type) == name) return type;
  return ResultType::other;
}

}  // namespace mtasts::protocol
