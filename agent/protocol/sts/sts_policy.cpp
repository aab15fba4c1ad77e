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

constexpr size_t kShown_bytes = 60;
constexpr size_t kMostTypos = 16;
constexpr uint64_t kDay_seconds = 86400;            // Google ignores policies below it
constexpr uint64_t kTwoWeeks_seconds = 14 * 86400;  // protection while refreshes are blocked

// A field that is allowed once: whether and where it was read.
struct SingleField {
  bool seen = false;
  int line = 0;
  int column = 0;
};

// An unknown field that was probably meant as a known one.
struct Typo {
  std::string_view meant;
  PolicyField field;
};

class StsPolicyReader {
 public:
  explicit StsPolicyReader(std::string_view body) : body_(body) {}

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

  void error(FindingCode code, const PolicyField& field, std::string message, std::string fix) {
    faults_.error(code, field.line, field.value_column, std::move(message), std::move(fix));
  }
  void miss(FindingCode code, std::string_view name, std::string_view fix) {
    for (const Typo& typo : typos_) {
      if (typo.meant != name) continue;
      faults_.error(code, typo.field.line, typo.field.name_column,
                    fmt::format("the policy has no {} line, only {}", name,
                                quoted(typo.field.name, kShown_bytes)),
                    fmt::format("write {}: {}", name, printable(typo.field.value, kShown_bytes)));
      return;
    }
    faults_.error(code, end_.line, end_.column, fmt::format("the policy has no {} line", name),
                  std::string(fix));
  }

  std::string_view body_;
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
    known = {true, field.line, field.value_column};
    return true;
  }
  if (check_policy_value(field, faults_))
    faults_.advise(
        "sts-policy-duplicate-field", field.line, field.name_column,
        fmt::format("{} appears again, here as {}; the first one counts", field.name,
                    quoted(field.value, kShown_bytes)),
        fmt::format("remove this line; {} is already on line {}", field.name, known.line));
  return false;
}

void StsPolicyReader::take_version(const PolicyField& field) {
  if (!is_first(version_, field)) return;
  if (field.value != "STSv1")
    error(
        "sts-policy-version-invalid", field,
        fmt::format("the version is {}, but only STSv1 exists", quoted(field.value, kShown_bytes)),
        "write version: STSv1");
  else if (field_count_ > 1)
    faults_.advise("sts-policy-version-not-first", field.line, field.name_column,
                   "the version is not on the first line, where some senders expect it",
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
  if (policy_.mode) fix = fmt::format("write mode: {}", lower);
  // "report" was the name of testing in the drafts of RFC 8461.
  if (lower == "test" || lower == "report") fix = "write mode: testing";
  if (lower == "enforced" || lower == "enforcing") fix = "write mode: enforce";
  error("sts-policy-mode-invalid", field,
        fmt::format("the mode is {}, not testing, enforce or none in lower case",
                    quoted(field.value, kShown_bytes)),
        std::move(fix));
}

void StsPolicyReader::take_max_age(const PolicyField& field) {
  if (!is_first(max_age_, field)) return;
  MaxAgeReading reading = read_max_age_value(field.value);
  policy_.max_age_seconds = reading.seconds;
  if (!reading.message.empty())
    error(reading.over_limit ? FindingCode("sts-policy-max-age-over-limit")
                             : "sts-policy-max-age-invalid",
          field, std::move(reading.message), std::move(reading.fix));
}

void StsPolicyReader::take_mx(const PolicyField& field) {
  mx_seen_ = true;
  MxReading reading = read_mx_value(field.value);
  if (!reading.message.empty())
    error("sts-policy-mx-invalid", field, std::move(reading.message), std::move(reading.fix));
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
  const KnownPolicyName* meant = meant_policy_name(field.name, field.value);
  if (meant == nullptr) {
    faults_.advise(
        "sts-policy-unknown-field", field.line, field.name_column,
        fmt::format("the field {} is unknown; senders ignore it", quoted(field.name, kShown_bytes)),
        "remove the line unless it is intended");
    return;
  }
  advise_on_typo(field, *meant, faults_);
  if (typos_.size() < kMostTypos) typos_.push_back({meant->name, field});
}

void StsPolicyReader::report_missing() {
  // For a text that is not a policy at all, one fault is clearer than five.
  if (!anything_known_ && faults_.outside_grammar()) return;
  if (!version_.seen) miss("sts-policy-version-missing", "version", "add the line version: STSv1");
  if (!mode_.seen) miss("sts-policy-mode-missing", "mode", "add the line mode: testing");
  if (!max_age_.seen) miss("sts-policy-max-age-missing", "max_age", "add the line max_age: 604800");
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
    faults_.advise("sts-mode-none", mode_.line, mode_.column,
                   "the mode is none; senders act as if there were no policy",
                   "write mode: testing, or retire the policy (RFC 8461 §8.3)");
    return;  // a small max_age is right for a policy that is being removed
  }
  if (policy_.max_age_seconds) advise_on_max_age();
}

void StsPolicyReader::advise_on_max_age() {
  uint64_t seconds = *policy_.max_age_seconds;
  bool enforce = *policy_.mode == Mode::enforce;
  auto advise = [&](FindingCode code, std::string_view why, std::string_view fix) {
    faults_.advise(code, max_age_.line, max_age_.column,
                   fmt::format("max_age is {}; {}", seconds, why), std::string(fix));
  };
  if (seconds == 0)
    advise("sts-policy-max-age-zero", "senders do not cache the policy",
           "write max_age: 604800 or more");
  else if (seconds < kDay_seconds)
    advise("sts-policy-max-age-too-short", "some senders ignore policies of less than a day",
           "write max_age: 604800 or more");
  else if (enforce && seconds < kTwoWeeks_seconds)
    advise("sts-policy-max-age-short",
           "less than two weeks gives little protection when refreshes are blocked",
           "write max_age: 1209600 or more");
  else if (!enforce && seconds > kTwoWeeks_seconds && seconds <= kMaxAgeLimit_seconds)
    advise("sts-policy-max-age-too-long",
           "more than two weeks delays policy changes during testing",
           "write max_age: 1209600 or less while testing");
}

}  // namespace

StsPolicy parse_sts_policy(std::string_view body) { return StsPolicyReader(body).read(); }

}  // namespace mtasts::protocol
