// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "protocol/tlsrpt/report_builder.h"

#include <fmt/format.h>

#include "base/ascii.h"
#include "base/ip_address.h"
#include "base/printable.h"
#include "protocol/tlsrpt/report_date.h"

namespace mtasts::protocol {
namespace {

using Kind = DeviationKind;
using Member = ReportMember;
using Type = ReportScalar::Type;
using Count = ReportCount;

std::string with_dot(const std::string& path, std::string_view member) {
  if (member.empty()) return path;
  return path.empty() ? std::string(member) : fmt::format("{}.{}", path, member);
}

}  // namespace

// The first deviation of each kind always finds room, so that a flood of one kind hides no other.
bool ReportBuilder::room_for(DeviationKind kind) {
  constexpr size_t kOthers = enumerators<DeviationKind>().size();
  bool first = met_[static_cast<size_t>(kind)]++ == 0;
  if (first || report_.deviations.size() < kMostReportDeviations - kOthers) return true;
  ++report_.deviations_dropped;
  return false;
}

// What was already said about the value when it was read is not said again.
void ReportBuilder::say(DeviationKind kind, const std::string& path, std::string_view member,
                        std::string_view message) {
  std::string full = with_dot(path, member);
  for (const ReportDeviation& said : report_.deviations)
    if (said.path == full) return;
  deviate(
      kind, [&] { return full; }, message);
}

void ReportBuilder::add_deviation(DeviationKind kind, std::string path, std::string_view message) {
  std::string name = path.empty() ? "the document" : path.substr(path.rfind('.') + 1);
  report_.deviations.push_back({kind, std::move(path), fmt::format("{} {}", name, message)});
}

std::string_view ReportBuilder::limited(std::string_view text) {
  std::string_view kept = cut_text(text, kReportTextLimit_bytes);
  if (kept.size() < text.size())
    note(Kind::limit,
         fmt::format("has {} bytes; only the first {} are kept", text.size(), kept.size()));
  return kept;
}

// Empty: no text.
std::optional<std::string_view> ReportBuilder::text_in(const ReportScalar& value) {
  std::optional<std::string_view> text;
  switch (value.type) {
    case Type::null:
      note(Kind::missing, "is null");
      break;
    case Type::boolean:
      note(Kind::wrong_type, fmt::format("is {}, no string; it is ignored", value.text));
      break;
    case Type::integer:
    case Type::other_number:
      text = limited(value.text);
      note(Kind::wrong_type, fmt::format("is the number {}, no string", shown(value)));
      break;
    case Type::text:
      text = limited(value.text);
      if (text->empty()) note(Kind::missing, "is empty");
  }
  return text;
}

void ReportBuilder::take_text(std::string& target, const ReportScalar& value) {
  if (auto text = text_in(value)) target = *text;
}

void ReportBuilder::take_text(TextPool::Number& target, const ReportScalar& value) {
  if (auto text = text_in(value)) target = policy_.failures.put_text(*text);
}

void ReportBuilder::take_address(TextPool::Number& target, const ReportScalar& value) {
  take_text(target, value);
  if (target == TextPool::kEmpty) return;
  if (target >= address_states_.size()) address_states_.resize(policy_.failures.texts().size());
  AddressState& state = address_states_[target];
  if (state == AddressState::not_asked)
    state = IpAddress::parse(policy_.failures.text(target)) ? AddressState::address
                                                            : AddressState::no_address;
  if (state == AddressState::no_address)
    note(Kind::value, fmt::format("is {}, no IP address", shown(value)));
}

void ReportBuilder::take_date(std::optional<Time>& target, const ReportScalar& value) {
  if (value.type == Type::null) return note(Kind::missing, "is null");
  if (value.text.empty()) return note(Kind::missing, "is empty");
  if (value.type == Type::boolean)
    return note(Kind::wrong_type, fmt::format("is {}, no date and time", value.text));
  ReportDate date = read_report_date(value.text);
  target = date.time;
  if (!date.deviation.empty())
    note(Kind::date, fmt::format("is {}, which is {}", shown(value), date.deviation));
}

ReportCount ReportBuilder::take_count(const ReportScalar& value) {
  ReportCount count = read_count(value);
  if (!count.problem.empty()) note(count.kind, count.problem);
  return count;
}

void ReportBuilder::take_policy_type(const ReportScalar& value) {
  take_text(policy_type_text_, value);
  if (value.type != Type::text || policy_type_text_.empty()) return;
  std::string plain = ascii_lower(trim(policy_type_text_));
  auto type = report_policy_type(plain);
  policy_type_known_ = type.has_value();
  if (type) policy_.type = *type;
  if (!type)
    note(Kind::policy_type,
         fmt::format("is {}, none of tlsa, sts and no-policy-found", shown(value)));
  else if (plain != policy_type_text_)
    note(Kind::policy_type, fmt::format("is {}, to be written \"{}\"", shown(value), plain));
}

void ReportBuilder::take_result_type(const ReportScalar& value) {
  take_text(failure_.type_text, value);
  if (value.type != Type::text || failure_.type_text == TextPool::kEmpty) return;
  std::string_view text = policy_.failures.text(failure_.type_text);
  failure_.type = result_type(text);
  if (failure_.type != ResultType::other) return;
  std::string plain = ascii_lower(trim(text));
  failure_.type = result_type(plain);
  if (failure_.type == ResultType::other)
    note(Kind::result_type, fmt::format("is {}, no registered result type", shown(value)));
  else
    note(Kind::result_type, fmt::format("is {}, to be written \"{}\"", shown(value), plain));
}

void ReportBuilder::keep_string(ReportMember member, std::string_view text) {
  auto& target = member == Member::mx_host ? policy_.mx_hosts : policy_.policy_strings;
  if (target.size() < kMostReportStrings) {
    target.emplace_back(limited(text));
    return;
  }
  if (strings_dropped_[member == Member::mx_host ? 1 : 0]++ == 0)
    note(Kind::limit,
         fmt::format("has more than {} elements; the rest is ignored", kMostReportStrings));
}

void ReportBuilder::take_string(ReportMember member, const ReportScalar& value) {
  if (value.type == Type::text) return keep_string(member, value.text);
  note(Kind::wrong_type, fmt::format("is {}, no string; it is ignored", shown(value)));
}

// A whole policy in one string.
void ReportBuilder::take_lines(ReportMember member, std::string_view text) {
  while (!text.empty()) {
    size_t end = std::min(text.find_first_of("\r\n"), text.size());
    if (end > 0) keep_string(member, text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

void ReportBuilder::take_policy_value(ReportMember member, const ReportScalar& value) {
  switch (member) {
    case Member::policy_type:
      return take_policy_type(value);
    case Member::policy_domain:
      return take_text(policy_.domain, value);
    case Member::successful_count:
      successful_ = take_count(value);
      return;
    case Member::failure_count:
      failed_ = take_count(value);
      return;
    case Member::policy_string:
    case Member::mx_host:
      if (value.type == Type::null) return note(Kind::missing, "is null");
      note(Kind::wrong_type, fmt::format("is {}, no array of strings", shown(value)));
      if (value.type == Type::text) take_lines(member, value.text);
      return;
    case Member::policy:
    case Member::summary:
      if (value.type == Type::null) return note(Kind::missing, "is null");
      return note(Kind::wrong_type, fmt::format("is {}, no object", shown(value)));
    case Member::failure_details:
      if (value.type == Type::null) return note(Kind::wrong_type, "is null, no array");
      return note(Kind::wrong_type, fmt::format("is {}, no array", shown(value)));
    default:
      return take_failure_value(member, value);
  }
}

void ReportBuilder::take_failure_value(ReportMember member, const ReportScalar& value) {
  switch (member) {
    case Member::result_type:
      return take_result_type(value);
    case Member::sending_mta_ip:
      return take_address(failure_.sending_mta_ip, value);
    case Member::receiving_ip:
      return take_address(failure_.receiving_ip, value);
    case Member::receiving_mx_hostname:
      return take_text(failure_.receiving_mx_hostname, value);
    case Member::receiving_mx_helo:
      return take_text(failure_.receiving_mx_helo, value);
    case Member::additional_information:
      return take_text(failure_.additional_information, value);
    case Member::failure_reason_code:
      return take_text(failure_.failure_reason_code, value);
    case Member::failed_session_count:
      failure_count_ = take_count(value);
      return;
    default:
      return;
  }
}

void ReportBuilder::take_value(ReportMember member, const ReportScalar& value) {
  switch (member) {
    case Member::organization_name:
      return take_text(report_.organization, value);
    case Member::contact_info:
      return take_text(report_.contact, value);
    case Member::report_id:
      return take_text(report_.report_id, value);
    case Member::start_datetime:
      return take_date(report_.begin, value);
    case Member::end_datetime:
      return take_date(report_.end, value);
    case Member::date_range:
      if (value.type == Type::null) return note(Kind::missing, "is null");
      return note(Kind::wrong_type, fmt::format("is {}, no object", shown(value)));
    case Member::policies:
      if (value.type == Type::null) return note(Kind::missing, "is null");
      return note(Kind::wrong_type, fmt::format("is {}, no array", shown(value)));
    default:
      return take_policy_value(member, value);
  }
}

bool ReportBuilder::begin_policy() {
  if (policies_ > kMostReportPolicies) {
    drop_row();
    return false;
  }
  policy_ = {};
  policy_type_known_ = false;
  policy_type_text_.clear();
  successful_ = {};
  failed_ = {};
  uncounted_failures_ = 0;
  strings_dropped_ = {};
  address_states_.clear();
  if (++policies_ <= kMostReportPolicies) return true;
  drop_row();
  say(Kind::limit, "policies", "",
      fmt::format("has more than {} elements; the rest is ignored", kMostReportPolicies));
  return false;
}

bool ReportBuilder::begin_failure() {
  failure_ = {};
  failure_count_ = {};
  if (++failures_ <= kMostReportFailures) return true;
  drop_row();
  if (failures_ == kMostReportFailures + 1)
    say(Kind::limit, "policies", "",
        fmt::format("has more than {} failure-details; the rest is ignored", kMostReportFailures));
  return false;
}

bool ReportBuilder::failure_is_plain() const {
  return failure_.type_text != TextPool::kEmpty && failure_count_.state == Count::State::good &&
         failure_count_.value > 0;
}

void ReportBuilder::keep_failure() {
  failure_.sessions = failure_count_.value;
  policy_.failures.push_back(failure_);
}

void ReportBuilder::end_odd_failure(const std::string& path) {
  if (failure_.type_text == TextPool::kEmpty)
    say(Kind::missing, path, "result-type", "is absent or empty");
  switch (failure_count_.state) {
    case Count::State::good:
      if (failure_count_.value == 0)
        say(Kind::value, path, "failed-session-count", "is 0: a failure without a session");
      keep_failure();
      break;
    case Count::State::absent:
      say(Kind::missing, path, "failed-session-count", "is absent");
      uncounted_ = failure_;
      ++uncounted_failures_;
      break;
    case Count::State::unusable:
      drop_row();
  }
}

uint64_t ReportBuilder::failures_in_details() const {
  uint64_t sum = 0;  // no overflow: checked at each step
  for (const FailureList::Row& row : policy_.failures.rows())
    sum = std::min(kMostSessions, sum + row.sessions);
  return sum;
}

// A count that is absent is taken from the details. RFC 8460 §4.4: the summary is required.
void ReportBuilder::settle_counts(const std::string& path) {
  constexpr auto kAbsent = Count::State::absent;
  if (successful_.state == kAbsent && failed_.state == kAbsent)
    say(Kind::missing, path, "summary", "has no counts");
  else if (successful_.state == kAbsent)
    say(Kind::missing, path, "summary.total-successful-session-count", "is absent; 0 is taken");
  else if (failed_.state == kAbsent)
    say(Kind::missing, path, "summary.total-failure-session-count",
        "is absent; the sum of failure-details is taken");
  policy_.successful = successful_.value;
  policy_.failed = failed_.state == kAbsent ? failures_in_details() : failed_.value;
  if (policy_.failures.empty() && uncounted_failures_ == 1 && policy_.failed > 0) {
    uncounted_.sessions = policy_.failed;
    policy_.failures.push_back(uncounted_);
  } else {
    report_.rows_dropped += uncounted_failures_;
  }
}

void ReportBuilder::check_policy(const std::string& path) {
  uint64_t details = failures_in_details();
  if (failed_.state == Count::State::good && policy_.failed == 0 && details > 0)
    say(Kind::count, path, "summary.total-failure-session-count",
        fmt::format("is 0, but failure-details have {} sessions", details));
  if (policy_.failed > 0 && policy_.failures.empty())
    say(Kind::missing, path, "failure-details",
        fmt::format("has no usable element, but {} sessions failed", policy_.failed));
  if (policy_.domain.empty())
    say(Kind::missing, path, "policy.policy-domain", "is absent or empty");
  if (policy_.type != ReportPolicyType::no_policy_found && policy_.policy_strings.empty())
    say(Kind::missing, path, "policy.policy-string", "is absent or empty");
  if (policy_.type == ReportPolicyType::sts && policy_.mx_hosts.empty())
    say(Kind::missing, path, "policy.mx-host", "is absent or empty");
}

void ReportBuilder::end_policy(const std::string& path) {
  constexpr auto kAbsent = Count::State::absent;
  if (policy_type_text_.empty())
    say(Kind::policy_type, path, "policy.policy-type", "is absent or empty; the entry is ignored");
  bool counted =
      successful_.state != Count::State::unusable && failed_.state != Count::State::unusable &&
      (successful_.state != kAbsent || failed_.state != kAbsent || !policy_.failures.empty());
  if (policy_type_known_ && counted) {
    settle_counts(path);
    check_policy(path);
    report_.policies.push_back(std::move(policy_));
  } else {
    if (policy_type_known_ && successful_.state == kAbsent && failed_.state == kAbsent)
      say(Kind::missing, path, "summary", "is absent; the entry is ignored");
    report_.rows_dropped += 1 + policy_.failures.size() + uncounted_failures_;
  }
  policy_ = {};
}

void ReportBuilder::check_range() {
  if (!report_.begin) say(Kind::date, "date-range", "start-datetime", "is absent or unreadable");
  if (!report_.end) say(Kind::date, "date-range", "end-datetime", "is absent or unreadable");
  if (!report_.begin || !report_.end) return;
  auto range = fmt::format("{} to {}", rfc3339(*report_.begin), rfc3339(*report_.end));
  if (*report_.end < *report_.begin) {
    say(Kind::date, "date-range", "", fmt::format("ends before it begins: {}", range));
    report_.end.reset();
  } else if (!is_utc_day(*report_.begin, *report_.end)) {
    // RFC 8460 §4.1: a report covers a full UTC day.
    say(Kind::date, "date-range", "", fmt::format("is no UTC day: {}", range));
  }
}

void ReportBuilder::end_report() {
  if (report_.organization.empty())
    say(Kind::missing, "", "organization-name", "is absent or empty");
  if (report_.contact.empty()) say(Kind::missing, "", "contact-info", "is absent or empty");
  if (report_.report_id.empty()) say(Kind::missing, "", "report-id", "is absent or empty");
  check_range();
}

}  // namespace mtasts::protocol
