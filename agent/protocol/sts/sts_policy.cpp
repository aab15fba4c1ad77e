// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "protocol/sts/sts_policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>
#include <vector>

#include "base/ascii.h"
#include "base/printable.h"
#include "protocol/sts/policy_lines.h"
#include "protocol/sts/policy_values.h"
#include "protocol/text/characters.h"
#include "protocol/text/fault_list.h"

namespace mtasts::protocol {
namespace {

using Difference = SenderDifference;

constexpr size_t kShown_bytes = 60;
constexpr uint64_t kHour_seconds = 3600;         // Stalwart's least
constexpr uint64_t kThreeMinutes_seconds = 180;  // postfix-tlspol's least
constexpr size_t kMostTypos = 16;
constexpr uint64_t kDay_seconds = 86400;            // Google ignores policies below it
constexpr uint64_t kTwoWeeks_seconds = 14 * 86400;  // protection while refreshes are blocked

// A field that is allowed once: whether and where it was read.
struct SingleField {
  bool seen = false;
  int line = 0;
  int column = 0;
  std::string_view value;
};

// A second value that differs from the first one: many senders take the last one.
Difference difference_of_second(const PolicyField& field) {
  switch (field.key) {
    case PolicyKey::version:
      return field.value == "STSv1" ? Difference::none : Difference::policy_version_twice;
    case PolicyKey::mode:
      return mode_named(field.value) ? Difference::policy_mode_twice
                                     : Difference::policy_mode_twice_unreadable;
    case PolicyKey::max_age:
      return all_of(field.value, is_digit) ? Difference::policy_max_age_twice
                                           : Difference::policy_max_age_twice_unreadable;
    default:
      return Difference::none;
  }
}

// An unknown field that was probably meant as a known one.
struct Typo {
  std::string_view meant;
  PolicyField field;
};

class StsPolicyReader {
 public:
  StsPolicyReader(std::string_view body, PolicyCharset charset) : body_(body), charset_(charset) {}

  StsPolicy read() {
    PolicyLines lines = read_policy_lines(body_, faults_);
    for (const PolicyField& field : lines.fields) take_field(field);
    if (lines.is_policy) {
      end_ = lines.end;
      report_missing();
      advise_on_values();
    }
    policy_.valid = !faults_.outside_grammar();
    policy_.faults = faults_.take();
    return std::move(policy_);
  }

 private:
  void take_field(const PolicyField& field);
  bool is_first(SingleField& known, const PolicyField& field);
  void take_version(const PolicyField& field);
  void take_mode(const PolicyField& field);
  void take_max_age(const PolicyField& field);
  void take_mx(const PolicyField& field);
  void take_extension(const PolicyField& field);
  void report_missing();
  void advise_on_values();
  void advise_on_max_age();

  void error(FindingCode code, const PolicyField& field, std::string message, std::string fix,
             Difference difference = Difference::none) {
    faults_.error(code, field.line, field.value_column, std::move(message), std::move(fix),
                  difference);
  }
  void miss(FindingCode code, std::string_view name, std::string_view fix,
            Difference difference = Difference::none) {
    for (const Typo& typo : typos_) {
      if (typo.meant != name) continue;
      faults_.error(code, typo.field.line, typo.field.name_column,
                    fmt::format("the policy has no {} line, only {}", name,
                                quoted(typo.field.name, kShown_bytes)),
                    fmt::format("write {}: {}", name, printable(typo.field.value, kShown_bytes)),
                    difference);
      return;
    }
    faults_.error(code, end_.line, end_.column, fmt::format("the policy has no {} line", name),
                  std::string(fix), difference);
  }

  std::string_view body_;
  PolicyCharset charset_;
  StsPolicy policy_;
  FaultList faults_;
  PolicyPlace end_;
  SingleField version_, mode_, max_age_;
  std::vector<Typo> typos_;
  bool mx_seen_ = false;
  bool anything_known_ = false;
  size_t field_count_ = 0;
  std::unordered_set<std::string> mx_known_;
};

void StsPolicyReader::take_field(const PolicyField& field) {
  ++field_count_;
  anything_known_ = anything_known_ || field.key != PolicyKey::extension;
  switch (field.key) {
    case PolicyKey::version:
      return take_version(field);
    case PolicyKey::mode:
      return take_mode(field);
    case PolicyKey::max_age:
      return take_max_age(field);
    case PolicyKey::mx:
      return take_mx(field);
    case PolicyKey::extension:
      return take_extension(field);
  }
}

// RFC 8461 §3.2: of a field that is allowed once, the first one counts.
bool StsPolicyReader::is_first(SingleField& known, const PolicyField& field) {
  if (!known.seen) {
    known = {true, field.line, field.value_column, field.value};
    return true;
  }
  if (check_policy_value(field, faults_))
    faults_.advise(
        "sts-policy-duplicate-field", field.line, field.name_column,
        fmt::format("{} appears again, here as {}; by the RFC the first one counts", field.name,
                    quoted(field.value, kShown_bytes)),
        fmt::format("remove this line; {} is already on line {}", field.name, known.line),
        field.value == known.value ? Difference::none : difference_of_second(field));
  return false;
}

void StsPolicyReader::take_version(const PolicyField& field) {
  if (!is_first(version_, field)) return;
  if (field.value != "STSv1")
    error(
        "sts-policy-version-invalid", field,
        fmt::format("the version is {}, but only STSv1 exists", quoted(field.value, kShown_bytes)),
        "write version: STSv1",
        equals_ignoring_case(field.value, "STSv1") ? Difference::policy_version_case
                                                   : Difference::none);
  else if (field_count_ > 1)
    faults_.advise("sts-policy-version-not-first", field.line, field.name_column,
                   "the version is not on the first line; the RFC allows it, and every tested "
                   "sender takes it",
                   "move version: STSv1 to the first line");
}

void StsPolicyReader::take_mode(const PolicyField& field) {
  if (!is_first(mode_, field)) return;
  policy_.mode = mode_named(field.value);
  if (policy_.mode) return;
  std::string_view bare = field.value;
  while (!bare.empty() && (bare.front() == '"' || bare.front() == '\'')) bare.remove_prefix(1);
  while (!bare.empty() && (bare.back() == '"' || bare.back() == '\'')) bare.remove_suffix(1);
  std::string lower = ascii_lower(bare.substr(0, kShown_bytes));
  policy_.mode = mode_named(lower);
  std::string fix = "write mode: testing, mode: enforce or mode: none";
  bool case_only = policy_.mode && equals_ignoring_case(field.value, name_of(*policy_.mode));
  if (policy_.mode) fix = fmt::format("write mode: {}", lower);
  // "report" was the name of testing in the drafts of RFC 8461.
  if (lower == "test" || lower == "report") fix = "write mode: testing";
  if (lower == "enforced" || lower == "enforcing") fix = "write mode: enforce";
  // Most senders have not applied such a policy, so what they will enforce is untried.
  if (fix.ends_with(" enforce")) fix += ", or mode: testing until reports show no failures";
  error("sts-policy-mode-invalid", field,
        fmt::format("the mode is {}, not testing, enforce or none in lower case",
                    quoted(field.value, kShown_bytes)),
        std::move(fix), case_only ? Difference::policy_mode_case : Difference::none);
}

void StsPolicyReader::take_max_age(const PolicyField& field) {
  if (!is_first(max_age_, field)) return;
  MaxAgeReading reading = read_max_age_value(field.value);
  policy_.max_age_seconds = reading.seconds;
  if (!reading.message.empty())
    error(reading.over_limit ? FindingCode("sts-policy-max-age-over-limit")
                             : "sts-policy-max-age-invalid",
          field, std::move(reading.message), std::move(reading.fix), reading.difference);
}

void StsPolicyReader::take_mx(const PolicyField& field) {
  mx_seen_ = true;
  MxReading reading = read_mx_value(field.value, charset_);
  if (!reading.message.empty())
    faults_.add({"sts-policy-mx-invalid", reading.fault_class, field.line, field.value_column,
                 std::move(reading.message), std::move(reading.fix), reading.difference});
  for (std::string& pattern : reading.patterns) {
    if (mx_known_.count(pattern) > 0) {
      faults_.advise("sts-policy-mx-duplicate", field.line, field.value_column,
                     fmt::format("mx {} appears twice", quoted(pattern, kShown_bytes)),
                     "remove this line");
    } else if (policy_.mx.size() < kMostMxPatterns) {
      mx_known_.insert(pattern);
      policy_.mx.push_back(std::move(pattern));
    }
  }
}

void StsPolicyReader::take_extension(const PolicyField& field) {
  if (!check_policy_value(field, faults_)) return;
  if (const KnownPolicyName* meant = meant_policy_name(field.name, field.value)) {
    advise_on_typo(field, *meant, faults_);
    if (typos_.size() < kMostTypos) typos_.push_back({meant->name, field});
    return;
  }
  auto advise = [&](std::string_view what, Difference difference) {
    faults_.advise("sts-policy-unknown-field", field.line, field.name_column,
                   fmt::format("the field {} is unknown{}", quoted(field.name, kShown_bytes), what),
                   "remove the line unless it is intended", difference);
  };
  bool colon = field.value.find(':') != std::string_view::npos;
  bool refused = charset_ == PolicyCharset::undeclared && !all_of(field.value, is_ascii);
  if (colon) advise(" and has a colon in its value", Difference::policy_value_colon);
  if (refused)
    advise(" and has a non-ASCII character in its value, without a charset in the Content-Type",
           Difference::policy_value_not_ascii);
  if (!colon && !refused) advise("; senders ignore it", Difference::none);
}

void StsPolicyReader::report_missing() {
  // For a text that is not a policy at all, one fault is clearer than five.
  if (!anything_known_ && faults_.outside_grammar()) return;
  if (!version_.seen)
    miss("sts-policy-version-missing", "version", "add the line version: STSv1",
         Difference::policy_version_missing);
  if (!mode_.seen)
    miss("sts-policy-mode-missing", "mode", "add the line mode: testing",
         Difference::policy_mode_missing);
  if (!max_age_.seen)
    miss("sts-policy-max-age-missing", "max_age", "add the line max_age: 604800",
         Difference::policy_max_age_missing);
  if (!mx_seen_ && policy_.mode != Mode::none)
    miss("sts-policy-mx-missing", "mx", "add one mx: line for every MX host");
}

void StsPolicyReader::advise_on_values() {
  if (!policy_.mode) return;
  if (*policy_.mode == Mode::testing)
    faults_.advise("sts-mode-testing", mode_.line, mode_.column,
                   "the mode is testing; senders report failures but still deliver",
                   "write mode: enforce once the reports show no failures");
  if (*policy_.mode == Mode::none) {
    bool bare = !mx_seen_;
    faults_.advise(
        "sts-mode-none", mode_.line, mode_.column,
        bare ? "the mode is none and there is no mx line"
             : "the mode is none; senders act as if there were no policy",
        bare ? "keep the mx lines until the record and the policy are removed (RFC 8461 §8.3)"
             : "write mode: testing, or remove MTA-STS with mtasts-exporter plan remove (RFC 8461 "
               "§8.3)",
        bare ? Difference::policy_mode_none_without_mx : Difference::none);
    return;  // a small max_age is right for a policy that is being removed
  }
  if (policy_.max_age_seconds) advise_on_max_age();
}

void StsPolicyReader::advise_on_max_age() {
  uint64_t seconds = *policy_.max_age_seconds;
  bool enforce = *policy_.mode == Mode::enforce;
  auto advise = [&](FindingCode code, std::string_view why, std::string_view fix,
                    Difference difference = Difference::none) {
    faults_.advise(code, max_age_.line, max_age_.column,
                   fmt::format("max_age is {}{}", seconds, why), std::string(fix), difference);
  };
  if (seconds == 0)
    return advise("sts-policy-max-age-zero", ", so senders do not cache the policy",
                  "write max_age: 604800 or more", Difference::policy_max_age_zero);
  if (seconds < kDay_seconds)
    return advise("sts-policy-max-age-too-short", "; Google ignores policies of less than a day",
                  "write max_age: 604800 or more",
                  seconds < kThreeMinutes_seconds ? Difference::policy_max_age_under_3_minutes
                  : seconds < kHour_seconds       ? Difference::policy_max_age_under_hour
                                                  : Difference::none);
  if (enforce && seconds < kTwoWeeks_seconds)
    return advise("sts-policy-max-age-short",
                  "; less than two weeks gives little protection when refreshes are blocked",
                  "write max_age: 1209600 or more");
  if (seconds > kMaxAgeLimit_seconds) return;  // reported as an error
  Difference difference = seconds == kMaxAgeLimit_seconds ? Difference::policy_max_age_at_limit
                          : seconds > kLongestKeptAge_seconds
                              ? Difference::policy_max_age_over_month
                              : Difference::none;
  if (!enforce && seconds > kTwoWeeks_seconds)
    return advise("sts-policy-max-age-too-long",
                  "; more than two weeks delays policy changes during testing",
                  "write max_age: 1209600 or less while testing", difference);
  if (difference != Difference::none)
    advise("sts-policy-max-age-too-long", ", more than 30 days",
           "write max_age: 2592000 (30 days), which every tested sender keeps", difference);
}

}  // namespace

StsPolicy parse_sts_policy(std::string_view body, PolicyCharset charset) {
  return StsPolicyReader(body, charset).read();
}

PolicyCharset charset_of(std::string_view content_type) {
  std::string lower = ascii_lower(content_type.substr(0, 1000));
  size_t name = lower.find("charset=");
  bool declared = name != std::string::npos && name + 8 < lower.size() &&
                  (is_alphanumeric(lower[name + 8]) || lower[name + 8] == '"');
  return declared ? PolicyCharset::declared : PolicyCharset::undeclared;
}

}  // namespace mtasts::protocol
