// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "protocol/tlsrpt/report_member.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <span>
#include <string>

#include "base/ascii.h"

namespace mtasts::protocol {
namespace {

using Object = ReportObject;
using Member = ReportMember;

struct Row {
  Object object;
  Member member;
  std::string_view name;
};

// By object.
constexpr Row kRows[] = {
    {Object::report, Member::organization_name, "organization-name"},
    {Object::report, Member::date_range, "date-range"},
    {Object::report, Member::contact_info, "contact-info"},
    {Object::report, Member::report_id, "report-id"},
    {Object::report, Member::policies, "policies"},
    {Object::date_range, Member::start_datetime, "start-datetime"},
    {Object::date_range, Member::end_datetime, "end-datetime"},
    {Object::entry, Member::policy, "policy"},
    {Object::entry, Member::summary, "summary"},
    {Object::entry, Member::failure_details, "failure-details"},
    {Object::policy, Member::policy_type, "policy-type"},
    {Object::policy, Member::policy_string, "policy-string"},
    {Object::policy, Member::policy_domain, "policy-domain"},
    {Object::policy, Member::mx_host, "mx-host"},
    {Object::summary, Member::successful_count, "total-successful-session-count"},
    {Object::summary, Member::failure_count, "total-failure-session-count"},
    {Object::failure, Member::result_type, "result-type"},
    {Object::failure, Member::sending_mta_ip, "sending-mta-ip"},
    {Object::failure, Member::receiving_mx_hostname, "receiving-mx-hostname"},
    {Object::failure, Member::receiving_mx_helo, "receiving-mx-helo"},
    {Object::failure, Member::receiving_ip, "receiving-ip"},
    {Object::failure, Member::failed_session_count, "failed-session-count"},
    {Object::failure, Member::additional_information, "additional-information"},
    {Object::failure, Member::failure_reason_code, "failure-reason-code"},
};

// RFC 8460 names these types in its text, and senders and readers took them for the keys; the last
// two are from drafts.
constexpr Row kAliases[] = {
    {Object::policy, Member::mx_host, "mx-host-pattern"},
    {Object::policy, Member::mx_host, "mx-hosts"},
    {Object::failure, Member::additional_information, "additional-info-uri"},
    {Object::failure, Member::additional_information, "additional-info"},
    {Object::failure, Member::failure_reason_code, "failure-error-code"},
    {Object::entry, Member::failure_details, "failure-detail"},
};

constexpr size_t kLongestName_bytes = 40;

constexpr std::span<const Row> rows_of(Object object) {
  auto is_of = [=](const Row& row) { return row.object == object; };
  auto begin = std::find_if(std::begin(kRows), std::end(kRows), is_of);
  return {begin, std::find_if_not(begin, std::end(kRows), is_of)};
}

constexpr std::array<std::span<const Row>, 6> kRowsByObject = {
    rows_of(Object::report), rows_of(Object::date_range), rows_of(Object::entry),
    rows_of(Object::policy), rows_of(Object::summary),    rows_of(Object::failure)};

std::string_view name_in_rfc(Member member) {
  for (const Row& row : kRows)
    if (row.member == member) return row.name;
  return {};
}

}  // namespace

MemberName member_named(ReportObject object, std::string_view key) {
  const std::span<const Row> rows = kRowsByObject[static_cast<size_t>(object)];
  for (const Row& row : rows)
    if (row.name == key) return {row.member, row.name, true};
  if (key.size() > kLongestName_bytes) return {};
  std::string plain = ascii_lower(key);
  std::replace(plain.begin(), plain.end(), '_', '-');
  for (const Row& row : rows)
    if (row.name == plain) return {row.member, row.name, false};
  for (const Row& row : kAliases)
    if (row.object == object && row.name == plain)
      return {row.member, name_in_rfc(row.member), false};
  return {};
}

}  // namespace mtasts::protocol
