// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include <fmt/format.h>

#include <algorithm>

#include "base/ascii.h"
#include "base/domain_name.h"
#include "base/ip_address.h"
#include "base/printable.h"
#include "protocol/sts/policy_values.h"
#include "protocol/sts/sts_policy.h"
#include "protocol/text/characters.h"

namespace mtasts::protocol {
namespace {

constexpr size_t kShown_bytes = 80;
constexpr std::string_view kSeparators = ",; \t";
constexpr std::string_view kAskForName = "write mx: and the host name from the MX record";

std::string fix_for(std::string_view pattern) {
  return fmt::format("write mx: {}", printable(pattern, 255));
}

// Finds what is wrong with one token that is not an mx pattern.
class MxDiagnosis {
 public:
  explicit MxDiagnosis(std::string_view token) : token_(token) {}

  MxReading reading() {
    if (!find_wrapping() && !find_foreign_kind() && !find_wildcard() && !find_name_fault())
      say("is not a host name", std::string(kAskForName));
    return std::move(reading_);
  }

 private:
  bool say(std::string_view what, std::string fix) {
    reading_.message = fmt::format("mx {} {}", quoted(token_, kShown_bytes), what);
    reading_.fix = std::move(fix);
    return true;
  }
  // When the repaired text is a valid pattern, the intent is clear and the pattern is used.
  bool say_and_read(std::string_view what, std::string_view repaired) {
    if (!is_mx_pattern(repaired)) return say(what, std::string(kAskForName));
    reading_.patterns.push_back(ascii_lower(repaired));
    return say(what, fix_for(reading_.patterns.back()));
  }

  bool find_wrapping();
  bool find_foreign_kind();
  bool find_wildcard();
  bool find_name_fault();
  bool find_label_fault(std::string_view name);

  std::string_view token_;
  MxReading reading_;
};

bool MxDiagnosis::find_wrapping() {
  char first = token_.front();
  char last = token_.back();
  bool quoted = (first == '"' || first == '\'') && first == last;
  if (token_.size() >= 2 && (quoted || (first == '<' && last == '>')))
    return say_and_read("is enclosed in quotation marks or brackets",
                        token_.substr(1, token_.size() - 2));
  return false;
}

// Values that are not names at all, in any notation.
bool MxDiagnosis::find_foreign_kind() {
  if (size_t scheme = token_.find("://"); scheme != std::string_view::npos) {
    std::string_view host = token_.substr(scheme + 3);
    return say_and_read("is a URL, not a host name", host.substr(0, host.find_first_of("/:?#")));
  }
  std::string_view bare = token_;
  if (bare.front() == '[' && bare.back() == ']' && bare.size() > 2)
    bare = bare.substr(1, bare.size() - 2);
  if (equals_ignoring_case(bare.substr(0, 5), "ipv6:")) bare.remove_prefix(5);
  if (token_.front() == '[' || IpAddress::parse(bare))
    return say("is an address; a policy lists host names only", std::string(kAskForName));
  if (token_.find('@') != std::string_view::npos)
    return say("contains an \"@\"; it must be a mail host, not a mailbox",
               std::string(kAskForName));
  if (!all_of(token_, is_ascii)) {
    bool wildcard = token_.substr(0, 2) == "*.";
    auto name = DomainName::parse(wildcard ? token_.substr(2) : token_);
    if (!name)
      return say("contains non-ASCII characters", "write the name in its ASCII form (xn--…)");
    return say_and_read("is not in its ASCII form", wildcard ? "*." + name->text() : name->text());
  }
  return false;
}

bool MxDiagnosis::find_wildcard() {
  if (token_ == "*" || token_ == "*.")
    return say("would match every host", std::string(kAskForName));
  size_t star = token_.find('*', token_.substr(0, 2) == "*." ? 1 : 0);
  if (star == std::string_view::npos) return false;
  if (token_.rfind("*.", 0) == 0 || (star > 0 && token_.substr(star - 1, 3) == ".*."))
    return say("has a wildcard after the first label; a wildcard must be the whole first label",
               "write one mx line with the full name of each host");
  return say(
      "has a wildcard that is only part of a label; a wildcard must be the whole first label",
      "write one mx line with the full name of each host");
}

bool MxDiagnosis::find_name_fault() {
  if (token_.front() == '.')
    return say("begins with a dot", is_mx_pattern(token_.substr(1))
                                        ? fmt::format("write mx: *{}", printable(token_, 255))
                                        : std::string(kAskForName));
  if (token_.back() == '.')
    return say_and_read("ends with a dot", token_.substr(0, token_.size() - 1));
  if (token_.find('_') != std::string_view::npos)
    return say("contains an underscore, which host names must not",
               "rename the host without an underscore, both in DNS and in the policy");
  if (size_t colon = token_.find(':'); colon != std::string_view::npos &&
                                       colon + 1 < token_.size() &&
                                       all_of(token_.substr(colon + 1), is_digit))
    return say_and_read("contains a port, which is not allowed in a policy",
                        token_.substr(0, colon));
  std::string_view name = token_.substr(0, 2) == "*." ? token_.substr(2) : token_;
  auto allowed = [](char c) { return is_alphanumeric(c) || c == '-' || c == '.'; };
  auto bad = std::find_if_not(name.begin(), name.end(), allowed);
  if (bad != name.end())
    return say(fmt::format("contains \"{}\"; only letters, digits, hyphens and dots are allowed",
                           printable(std::string_view(&*bad, 1), 8)),
               std::string(kAskForName));
  return find_label_fault(name);
}

bool MxDiagnosis::find_label_fault(std::string_view name) {
  if (name.find("..") != std::string_view::npos || name.front() == '.')
    return say("has an empty label", std::string(kAskForName));
  if (name.size() > 253)
    return say(fmt::format("has {} octets; at most 253 are allowed", name.size()),
               std::string(kAskForName));
  std::string_view label;
  for (size_t begin = 0; begin < name.size(); begin += label.size() + 1) {
    label = name.substr(begin, name.find('.', begin) - begin);
    if (label.size() > 63)
      return say(fmt::format("has a label of {} octets; at most 63 are allowed", label.size()),
                 std::string(kAskForName));
    if (label.front() == '-' || label.back() == '-')
      return say(fmt::format("has the label \"{}\" that begins or ends with a hyphen", label),
                 std::string(kAskForName));
  }
  return all_of(label, is_digit) && say("ends in an all-numeric label", std::string(kAskForName));
}

// `mx: a.example, b.example`: several names where one is allowed.
MxReading read_list(std::string_view value, size_t separator) {
  std::vector<std::string> lines;
  MxReading reading;
  size_t count = 0;
  for (size_t begin = 0; begin < value.size();) {
    size_t end = std::min(value.find_first_of(kSeparators, begin), value.size());
    std::string_view part = value.substr(begin, end - begin);
    begin = end + 1;
    if (part.empty()) continue;
    ++count;
    if (lines.size() < 4) lines.push_back(fmt::format("\"mx: {}\"", printable(part, 255)));
    if (is_mx_pattern(part) && reading.patterns.size() < kMostMxPatterns)
      reading.patterns.push_back(ascii_lower(part));
  }
  if (count == 1) {
    reading.message = fmt::format("mx {} contains a \"{}\"", quoted(value, kShown_bytes),
                                  printable(value.substr(separator, 1), 4));
    reading.fix = fmt::format("write {}", lines.front());
    return reading;
  }
  reading.message =
      count == 0
          ? fmt::format("mx {} contains no host name", quoted(value, kShown_bytes))
          : fmt::format("mx {} lists {} names on one line", quoted(value, kShown_bytes), count);
  reading.fix = count == 0 ? std::string(kAskForName)
                           : fmt::format("write one line for each: {}{}", fmt::join(lines, ", "),
                                         count > lines.size() ? " …" : "");
  return reading;
}

}  // namespace

MxReading read_mx_value(std::string_view value) {
  MxReading reading;
  if (is_mx_pattern(value)) {
    reading.patterns.push_back(ascii_lower(value));
  } else if (value.empty()) {
    reading.message = "the mx line contains no host name";
    reading.fix = kAskForName;
  } else if (size_t separator = value.find_first_of(kSeparators);
             separator != std::string_view::npos) {
    reading = read_list(value, separator);
  } else {
    reading = MxDiagnosis(value).reading();
  }
  return reading;
}

}  // namespace mtasts::protocol
