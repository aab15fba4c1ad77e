// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Names of the members of a TLS report's JSON objects (RFC 8460 §4.4), and the names that senders
// write instead. Pure, any thread.
#pragma once

#include <cstdint>
#include <string_view>

namespace mtasts::protocol {

// Which object a member is in.
enum class ReportObject : uint8_t { report, date_range, entry, policy, summary, failure };

enum class ReportMember : uint8_t {
  unknown,
  organization_name,
  date_range,
  start_datetime,
  end_datetime,
  contact_info,
  report_id,
  policies,
  policy,
  policy_type,
  policy_string,
  policy_domain,
  mx_host,
  summary,
  successful_count,
  failure_count,
  failure_details,
  result_type,
  sending_mta_ip,
  receiving_mx_hostname,
  receiving_mx_helo,
  receiving_ip,
  failed_session_count,
  additional_information,
  failure_reason_code,
};

struct MemberName {
  ReportMember member = ReportMember::unknown;
  std::string_view name;  // of the RFC; static text
  bool exact = true;      // false: written in another way than in the RFC
};

// `unknown` for extensions, which are allowed.
MemberName member_named(ReportObject object, std::string_view key);

}  // namespace mtasts::protocol
