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

using Difference = SenderDifference;

constexpr size_t kShown_bytes = 80;
constexpr std::string_view kSeparators = ",; \t";
constexpr std::string_view kAskForName = "write mx: and the host name from the MX record";

std::string fix_for(std::string_view pattern) {
  return fmt::format("write mx: {}", printable(pattern, 255));
}

// A pattern of host names: RFC 1123 §2.1 excludes names that end in digits, and addresses.
bool is_usable_pattern(std::string_view pattern) {
  return is_mx_pattern(pattern) &&
         is_rfc1123_host_name(pattern.substr(0, 2) == "*." ? pattern.substr(2) : pattern);
}

// A valid pattern, which may be of no use all the same.
MxReading read_pattern(std::string_view pattern) {
  MxReading reading;
  reading.patterns.push_back(ascii_lower(pattern));
  const std::string& lower = reading.patterns.back();
  std::string_view name = lower;
  if (name.substr(0, 2) == "*.") name.remove_prefix(2);
  auto say = [&](FaultClass fault_class, std::string_view what, Difference difference) {
    reading.fault_class = fault_class;
    reading.message = fmt::format("mx {} {}", quoted(pattern, kShown_bytes), what);
    reading.fix = kAskForName;
    reading.difference = difference;
  };
  if (IpAddress::parse(name))
    say(FaultClass::unusable, "is an address, which matches no host name",
        Difference::policy_mx_address);
  else if (!is_rfc1123_host_name(name))
    say(FaultClass::unusable,
        "ends in an all-numeric label; RFC 5321 allows it, but no host has such a name (RFC 1123 "
        "§2.1)",
        Difference::none);
  else if ((name.starts_with("xn--") || name.find(".xn--") != std::string_view::npos) &&
           !DomainName::parse(name))
    say(FaultClass::advice, "has an xn-- label that stands for no valid IDNA label",
        Difference::policy_mx_a_label);
  return reading;
}

// Finds what is wrong with one token that is not an mx pattern.
class MxDiagnosis {
 public:
  MxDiagnosis(std::string_view token, PolicyCharset charset) : token_(token), charset_(charset) {}

  MxReading reading() {
    if (!find_wrapping() && !find_foreign_kind() && !find_wildcard() && !find_name_fault())
      say("is not a host name", std::string(kAskForName));
    return std::move(reading_);
  }

 private:
  bool say(std::string_view what, std::string fix, Difference difference = Difference::none) {
    reading_.message = fmt::format("mx {} {}", quoted(token_, kShown_bytes), what);
    reading_.fix = std::move(fix);
    reading_.difference = difference;
    return true;
  }
  // When the repaired text is a valid pattern, the intent is clear and the pattern is used.
  bool say_and_read(std::string_view what, std::string_view repaired,
                    Difference difference = Difference::none) {
    if (!is_usable_pattern(repaired)) return say(what, std::string(kAskForName), difference);
    reading_.patterns.push_back(ascii_lower(repaired));
    return say(what, fix_for(reading_.patterns.back()), difference);
  }

  bool find_wrapping();
  bool find_foreign_kind();
  bool find_wildcard();
  bool find_name_fault();
  bool find_label_fault(std::string_view name);

  std::string_view token_;
  PolicyCharset charset_;
  MxReading reading_;
};

bool MxDiagnosis::find_wrapping() {
  char first = token_.front();
  char last = token_.back();
  bool quoted = (first == '"' || first == '\'') && first == last;
  if (token_.size() >= 2 && (quoted || (first == '<' && last == '>')))
    return say_and_read("is enclosed in quotation marks or brackets",
                        token_.substr(1, token_.size() - 2), Difference::policy_mx);
  return false;
}

// Values that are not names at all, in any notation.
bool MxDiagnosis::find_foreign_kind() {
  if (size_t scheme = token_.find("://"); scheme != std::string_view::npos) {
    std::string_view host = token_.substr(scheme + 3);
    return say_and_read("is a URL, not a host name", host.substr(0, host.find_first_of("/:?#")),
                        Difference::policy_mx_colon);
  }
  std::string_view bare = token_;
  if (bare.front() == '[' && bare.back() == ']' && bare.size() > 2)
    bare = bare.substr(1, bare.size() - 2);
  if (equals_ignoring_case(bare.substr(0, 5), "ipv6:")) bare.remove_prefix(5);
  if (token_.front() == '[' || IpAddress::parse(bare))
    return say("is an address; a policy lists host names only", std::string(kAskForName),
               token_ == "[" + std::string(bare) + "]"      ? Difference::policy_mx
               : token_.find(':') != std::string_view::npos ? Difference::policy_mx_colon
                                                            : Difference::none);
  if (token_.find('@') != std::string_view::npos)
    return say("contains an \"@\"; it must be a mail host, not a mailbox",
               std::string(kAskForName));
  if (!all_of(token_, is_ascii)) {
    bool wildcard = token_.substr(0, 2) == "*.";
    Difference difference = charset_ == PolicyCharset::declared
                                ? Difference::policy_mx_not_ascii_declared
                                : Difference::policy_mx_not_ascii;
    auto name = DomainName::parse(wildcard ? token_.substr(2) : token_);
    if (!name)
      return say("contains non-ASCII characters", "write the name in its ASCII form (xn--…)",
                 is_utf8(token_) ? difference : Difference::none);
    return say_and_read("is not in its ASCII form", wildcard ? "*." + name->text() : name->text(),
                        difference);
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
      "write one mx line with the full name of each host", Difference::policy_mx);
}

bool MxDiagnosis::find_name_fault() {
  if (token_.front() == '.')
    return say("begins with a dot", is_mx_pattern(token_.substr(1))
                                        ? fmt::format("write mx: *{}", printable(token_, 255))
                                        : std::string(kAskForName));
  if (token_.back() == '.')
    return say_and_read("ends with a dot", token_.substr(0, token_.size() - 1),
                        Difference::policy_mx_final_dot);
  if (token_.find('_') != std::string_view::npos)
    return say("contains an underscore, which host names must not",
               "give the host a name without an underscore, list that name here, and publish a new "
               "id before the MX record changes",
               Difference::policy_mx);
  if (size_t colon = token_.find(':'); colon != std::string_view::npos &&
                                       colon + 1 < token_.size() &&
                                       all_of(token_.substr(colon + 1), is_digit))
    return say_and_read("contains a port, which is not allowed in a policy",
                        token_.substr(0, colon), Difference::policy_mx_colon);
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
    return say("has an empty label", std::string(kAskForName), Difference::policy_mx);
  if (name.size() > 253)
    return say(fmt::format("has {} octets; at most 253 are allowed", name.size()),
               std::string(kAskForName));
  std::string_view label;
  for (size_t begin = 0; begin < name.size(); begin += label.size() + 1) {
    label = name.substr(begin, name.find('.', begin) - begin);
    if (label.size() > 63)
      return say(fmt::format("has a label of {} octets; at most 63 are allowed", label.size()),
                 std::string(kAskForName), Difference::policy_mx_label);
    if (label.front() == '-' || label.back() == '-')
      return say(fmt::format("has the label \"{}\" that begins or ends with a hyphen", label),
                 std::string(kAskForName), Difference::policy_mx);
  }
  return false;
}

// `mx: a.example, b.example`: several names where one is allowed.
MxReading read_list(std::string_view value, size_t separator) {
  std::vector<std::string> lines;
  MxReading reading;
  reading.difference = Difference::policy_mx;
  size_t count = 0;
  for (size_t begin = 0; begin < value.size();) {
    size_t end = std::min(value.find_first_of(kSeparators, begin), value.size());
    std::string_view part = value.substr(begin, end - begin);
    begin = end + 1;
    if (part.empty()) continue;
    ++count;
    if (lines.size() < 4) lines.push_back(fmt::format("\"mx: {}\"", printable(part, 255)));
    if (is_usable_pattern(part) && reading.patterns.size() < kMostMxPatterns)
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

MxReading read_mx_value(std::string_view value, PolicyCharset charset) {
  if (is_mx_pattern(value)) return read_pattern(value);
  MxReading reading;
  if (value.empty()) {
    reading.message = "the mx line contains no host name";
    reading.fix = kAskForName;
    reading.difference = Difference::policy_mx_empty;
  } else if (size_t separator = value.find_first_of(kSeparators);
             separator != std::string_view::npos) {
    reading = read_list(value, separator);
  } else {
    reading = MxDiagnosis(value, charset).reading();
  }
  return reading;
}

}  // namespace mtasts::protocol
