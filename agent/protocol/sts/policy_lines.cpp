// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "protocol/sts/policy_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/ascii.h"
#include "base/printable.h"
#include "protocol/text/characters.h"
#include "protocol/text/invisible_character.h"

namespace mtasts::protocol {
namespace {

using Difference = SenderDifference;

constexpr size_t kShown_bytes = 60;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

constexpr KnownPolicyName kKnownNames[] = {
    {"version", PolicyKey::version, "sts-policy-version-missing"},
    {"mode", PolicyKey::mode, "sts-policy-mode-missing"},
    {"max_age", PolicyKey::max_age, "sts-policy-max-age-missing"},
    {"mx", PolicyKey::mx, "sts-policy-mx-missing"},
};

// What is served by mistake in the place of the text.
struct FileFormat {
  std::string_view magic;
  std::string_view name;
};
constexpr FileFormat kFileFormats[] = {
    {"\x1F\x8B", "gzip data without the header Content-Encoding"},
    {"\x28\xB5\x2F\xFD", "zstd data without the header Content-Encoding"},
    {"PK\x03\x04", "a ZIP archive or an office document"},
    {"%PDF-", "a PDF document"},
    {"{\\rtf", "an RTF document"},
};

// The known name that `name` stands for when case, hyphens and underscores are ignored.
const KnownPolicyName* known_name(std::string_view name) {
  std::string bare;
  for (char c : ascii_lower(name.substr(0, 32)))
    if (c != '-' && c != '_' && c != ' ' && c != '"') bare += c;
  for (const KnownPolicyName& known : kKnownNames)
    if (bare == known.name || (known.key == PolicyKey::max_age && bare == "maxage")) return &known;
  return nullptr;
}

// What senders do with a nearly right name.
Difference difference_of_name(const KnownPolicyName& known, bool case_only) {
  if (known.key == PolicyKey::mode && case_only) return Difference::policy_mode_name_case;
  if (known.key == PolicyKey::mx && case_only) return Difference::policy_mx_name_case;
  if (known.key == PolicyKey::max_age && !case_only) return Difference::policy_max_age_missing;
  return Difference::none;
}

// The name of the first line of `text`.
std::string_view first_name(std::string_view text) {
  std::string_view line = text.substr(0, text.find_first_of("\r\n"));
  return without_blanks_around(line.substr(0, line.find(':')));
}

// One insertion, deletion, substitution or exchange of neighbours.
bool is_one_edit_away(std::string_view a, std::string_view b) {
  if (a.size() > b.size()) std::swap(a, b);
  if (b.size() - a.size() > 1 || a == b) return false;
  size_t same = 0;
  while (same < a.size() && a[same] == b[same]) ++same;
  a.remove_prefix(same);
  b.remove_prefix(same);
  if (a.size() < b.size()) return a == b.substr(1);
  if (a.substr(1) == b.substr(1)) return true;
  return a.size() > 1 && a[0] == b[1] && a[1] == b[0] && a.substr(2) == b.substr(2);
}

// Other names are one edit away as well ("more", "code"): the value shows what was meant.
bool fits(PolicyKey key, std::string_view value) {
  switch (key) {
    case PolicyKey::version:
      return equals_ignoring_case(value.substr(0, 3), "sts");
    case PolicyKey::mode:
      return equals_ignoring_case(value, "testing") || equals_ignoring_case(value, "enforce") ||
             equals_ignoring_case(value, "none");
    case PolicyKey::max_age:
      return !value.empty() && all_of(value, is_digit);
    case PolicyKey::mx:
      return value.find('.') != std::string_view::npos;
    case PolicyKey::extension:
      break;
  }
  return false;
}

class PolicyLinesReader {
 public:
  PolicyLinesReader(std::string_view body, FaultList& faults) : rest_(body), faults_(faults) {}

  PolicyLines read() {
    lines_.is_policy = begins_as_text();
    while (lines_.is_policy && !rest_.empty()) read_line();
    for (const Misspelt& misspelt : misspelt_) judge_misspelt(misspelt);
    return std::move(lines_);
  }

 private:
  bool begins_as_text();
  void read_line();
  size_t take_terminator(size_t at);
  void read_content(std::string_view content);
  void read_field(std::string_view content, size_t sign);
  std::string_view repair(std::string_view content);

  // A field whose name is nearly right; judged when it is known whether the right one follows.
  struct Misspelt {
    size_t index;
    const KnownPolicyName* meant;
  };
  void judge_misspelt(const Misspelt& misspelt);

  int column_of(std::string_view piece) const {
    return static_cast<int>(piece.data() - line_begin_) + 1;
  }
  void error(FindingCode code, std::string_view piece, std::string message, std::string fix,
             Difference difference = Difference::none) {
    faults_.error(code, lines_.end.line, column_of(piece), std::move(message), std::move(fix),
                  difference);
  }
  bool next_is_mode() const;

  std::string_view rest_;
  FaultList& faults_;
  PolicyLines lines_;
  const char* line_begin_ = nullptr;
  std::vector<Misspelt> misspelt_;
  std::set<PolicyKey> has_exact_;
  bool bare_lf_seen_ = false;
};

// False: HTML, empty, or an encoding in which lines cannot be read.
bool PolicyLinesReader::begins_as_text() {
  line_begin_ = rest_.data();
  std::string_view body = rest_;
  if (body.substr(0, 2) == "\xFF\xFE" || body.substr(0, 2) == "\xFE\xFF") {
    faults_.error("sts-policy-bom", 1, 1, "the file is UTF-16 with a byte order mark",
                  "save the file as plain ASCII or UTF-8 without a byte order mark");
    return false;
  }
  bool marked = body.substr(0, kByteOrderMark.size()) == kByteOrderMark;
  if (marked) body.remove_prefix(kByteOrderMark.size());
  std::string_view bare = body;
  bare.remove_prefix(std::min(bare.find_first_not_of(" \t\r\n\v\f"), bare.size()));
  if (bare.empty()) {
    faults_.error("sts-policy-empty", 1, 1,
                  rest_.empty() ? "the file is empty" : "the file contains only whitespace",
                  "serve the policy file at this URL");
    return false;
  }
  if (bare[0] == '<') {
    faults_.error("sts-policy-html", 1, 1,
                  fmt::format("the body begins with {}: it is a web page, not a policy",
                              quoted(bare, kShown_bytes)),
                  "serve the policy file at this URL instead of the site's home or error page");
    return false;
  }
  for (const FileFormat& format : kFileFormats) {
    if (!body.starts_with(format.magic)) continue;
    faults_.error("sts-policy-syntax", 1, 1, fmt::format("the file is {}, not text", format.name),
                  "serve the policy as plain text");
    return false;
  }
  if (marked) {
    faults_.error("sts-policy-bom", 1, 1, "the file begins with a byte order mark (EF BB BF)",
                  "save the file without a byte order mark",
                  first_name(body) == "mode" ? Difference::policy_byte_order_mark_at_mode
                                             : Difference::policy_byte_order_mark);
    rest_ = body;
  }
  return true;
}

void PolicyLinesReader::read_line() {
  size_t end = std::min(rest_.find_first_of("\r\n"), rest_.size());
  std::string_view content = rest_.substr(0, end);
  if (without_leading_blanks(content).empty())
    faults_.differs("sts-policy-blank-line", lines_.end.line, 1, "the line is blank",
                    "remove the line", Difference::policy_blank_line);
  else
    read_content(repair(content));
  line_begin_ = rest_.data();
  size_t terminator = take_terminator(end);
  if (terminator == 0) {
    lines_.end.column = column_of(rest_.substr(end));
    faults_.advise("sts-policy-no-final-eol", lines_.end.line, lines_.end.column,
                   "the last line has no line terminator; the RFC allows it, and every tested "
                   "sender takes it",
                   "end the last line with CRLF");
  } else {
    ++lines_.end.line;
    lines_.end.column = 1;
  }
  rest_.remove_prefix(end + terminator);
  line_begin_ = rest_.data();
}

// The length of the line end at `at`; 0 at the end of the body.
size_t PolicyLinesReader::take_terminator(size_t at) {
  std::string_view here = rest_.substr(at);
  if (here.empty()) return 0;
  if (here.substr(0, 2) == "\r\n") return 2;
  if (here[0] == '\n') {
    if (!bare_lf_seen_)
      faults_.advise("sts-policy-bare-lf", lines_.end.line, column_of(here),
                     "the line ends in LF only; the RFC allows it, and every tested sender takes "
                     "it",
                     "end every line with CRLF");
    bare_lf_seen_ = true;
    return 1;
  }
  bool doubled = here.substr(0, 3) == "\r\r\n";
  error("sts-policy-syntax", here,
        doubled ? "the line ends in CR CR LF" : "there is a CR without LF",
        "end the line with CRLF", doubled ? Difference::policy_cr_cr_lf : Difference::policy_cr);
  return doubled ? 3 : 1;
}

// The line behind the current one is the mode line.
bool PolicyLinesReader::next_is_mode() const {
  size_t end = rest_.find_first_of("\r\n");
  if (end == std::string_view::npos) return false;
  end += rest_.substr(end, 2) == "\r\n" ? 2 : 1;
  return first_name(rest_.substr(end)) == "mode";
}

// Reports an invisible character and returns the line without it, so that it has no other fault.
// In the value of an extension it is allowed (RFC 8461 §3.2: UTF-8).
std::string_view PolicyLinesReader::repair(std::string_view content) {
  const auto found = find_invisible(content);
  if (!found) return content;
  std::string visible = without_invisible(content);
  const std::string_view text = without_blanks_around(visible);
  const std::string_view name = without_trailing_blanks(text.substr(0, text.find_first_of(":=")));
  const bool in_value = found->offset > content.find(':') && known_name(name) == nullptr;
  if (in_value) return content;
  error("sts-policy-invisible-character", content.substr(found->offset),
        fmt::format("there is {} in the line {}", found->name, quoted(text, kShown_bytes)),
        text.empty() ? std::string("remove the line")
                     : fmt::format("retype the line: {}", printable(text, kShown_bytes)));
  // Blanks at the ends stand for characters that were reported already.
  lines_.repaired.emplace_back(text);
  line_begin_ = lines_.repaired.back().data();
  return lines_.repaired.back();
}

void PolicyLinesReader::read_content(std::string_view content) {
  std::string_view bare = without_leading_blanks(content);
  if (bare.empty()) return;
  if (bare.size() < content.size())
    error("sts-policy-leading-space", content, "the line begins with whitespace",
          "remove the whitespace at the beginning of the line", Difference::policy_leading_blank);
  bare = without_trailing_blanks(bare);
  if (bare[0] == '#') {
    error("sts-policy-syntax", bare,
          fmt::format("{} is a comment, which policies do not support", quoted(bare, kShown_bytes)),
          "remove the line", Difference::policy_comment);
    return;
  }
  size_t colon = bare.find(':');
  size_t equals = bare.find('=');
  if (equals < colon && known_name(without_trailing_blanks(bare.substr(0, equals))) != nullptr) {
    error("sts-policy-syntax", bare.substr(equals), "there is \"=\" instead of a colon",
          fmt::format("write {}: {}", without_trailing_blanks(bare.substr(0, equals)),
                      printable(without_leading_blanks(bare.substr(equals + 1)), kShown_bytes)));
    colon = equals;
  }
  if (colon == std::string_view::npos) {
    error("sts-policy-syntax", bare,
          fmt::format("{} does not have the form name: value", quoted(bare, kShown_bytes)),
          "write a name, a colon and a value, or remove the line",
          next_is_mode() ? Difference::policy_without_colon_before_mode
                         : Difference::policy_without_colon);
    return;
  }
  read_field(bare, colon);
}

void PolicyLinesReader::read_field(std::string_view content, size_t sign) {
  PolicyField field;
  std::string_view before = content.substr(0, sign);
  std::string_view behind = content.substr(sign + 1);
  field.name = without_trailing_blanks(before);
  field.value = without_leading_blanks(behind);
  field.line = lines_.end.line;
  field.name_column = column_of(field.name);
  field.value_column = column_of(field.value);
  const KnownPolicyName* known = known_name(field.name);
  if (known != nullptr) field.key = known->key;
  if (field.name.size() < before.size())
    error("sts-policy-space-before-colon", before.substr(field.name.size()),
          fmt::format("there is whitespace between {} and the colon",
                      quoted(field.name, kShown_bytes)),
          fmt::format("write {}:", printable(field.name, kShown_bytes)),
          Difference::policy_blank_before_colon);
  if (known != nullptr && field.name != known->name) {
    misspelt_.push_back({lines_.fields.size(), known});
  } else if (known != nullptr) {
    has_exact_.insert(known->key);
  } else if (!is_field_name(field.name)) {
    error("sts-policy-syntax", field.name,
          fmt::format("{} is not a field name (1 to 32 letters, digits, \"_\", \"-\", \".\")",
                      quoted(field.name, kShown_bytes)),
          "correct the name or remove the line",
          !field.name.empty() && all_of(field.name, is_visible) ? Difference::policy_name
                                                                : Difference::none);
    return;
  }
  lines_.fields.push_back(field);
}

void PolicyLinesReader::judge_misspelt(const Misspelt& misspelt) {
  PolicyField& field = lines_.fields[misspelt.index];
  const KnownPolicyName& meant = *misspelt.meant;
  const bool case_only = equals_ignoring_case(field.name, meant.name);
  const bool extension = is_field_name(field.name);
  // Senders take the right one and ignore the other.
  const bool ignored = extension && !case_only && has_exact_.contains(meant.key);
  if (ignored) {
    field.key = PolicyKey::extension;
    return;
  }
  if (extension && !case_only) advise_on_typo(field, meant, faults_);
  FindingCode code = case_only   ? FindingCode("sts-policy-key-case")
                     : extension ? meant.missing_code
                                 : FindingCode("sts-policy-syntax");
  faults_.error(
      code, field.line, field.name_column,
      fmt::format("the name is written {}, not {}", quoted(field.name, kShown_bytes), meant.name),
      fmt::format("write {}: {}", meant.name, printable(field.value, kShown_bytes)),
      difference_of_name(meant, case_only));
}

}  // namespace

const KnownPolicyName* meant_policy_name(std::string_view name, std::string_view value) {
  if (const KnownPolicyName* known = known_name(name)) return known;
  const std::string lower = ascii_lower(name.substr(0, 32));
  for (const KnownPolicyName& known : kKnownNames)
    if (is_one_edit_away(lower, known.name) && fits(known.key, value)) return &known;
  return nullptr;
}

void advise_on_typo(const PolicyField& field, const KnownPolicyName& meant, FaultList& faults) {
  faults.advise("sts-policy-key-typo", field.line, field.name_column,
                fmt::format("the field {} is unknown and ignored; did you mean {}?",
                            quoted(field.name, kShown_bytes), meant.name),
                fmt::format("write {}: {}, or remove the line", meant.name,
                            printable(field.value, kShown_bytes)));
}

PolicyLines read_policy_lines(std::string_view body, FaultList& faults) {
  return PolicyLinesReader(body, faults).read();
}

bool check_policy_value(const PolicyField& field, FaultList& faults) {
  auto complain = [&](size_t offset, std::string message,
                      Difference difference = Difference::none) {
    faults.error("sts-policy-syntax", field.line, field.value_column + static_cast<int>(offset),
                 std::move(message), "correct the value or remove the line", difference);
    return false;
  };
  if (field.value.empty())
    return complain(
        0, fmt::format("the field {} has no value", quoted(field.name, kShown_bytes)),
        field.key == PolicyKey::extension ? Difference::policy_value_empty : Difference::none);
  auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  auto bad = std::find_if(field.value.begin(), field.value.end(), control);
  if (bad != field.value.end()) {
    auto offset = static_cast<size_t>(bad - field.value.begin());
    return complain(offset, fmt::format("there is a control character {} in the value of {}",
                                        printable(field.value.substr(offset, 1), 8),
                                        quoted(field.name, kShown_bytes)));
  }
  if (!is_utf8(field.value))
    return complain(0, fmt::format("the value {} is not UTF-8", quoted(field.value, kShown_bytes)),
                    Difference::policy_value_not_utf8);
  return true;
}

}  // namespace mtasts::protocol
