// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "protocol/text/tag_list.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/ascii.h"
#include "base/printable.h"
#include "protocol/text/characters.h"
#include "protocol/text/invisible_character.h"

namespace mtasts::protocol {
namespace {

using Difference = SenderDifference;

constexpr size_t kShown_bytes = 60;  // of a value, in messages

// Length of `name *WSP "="` at the start of `text`; 0 when it starts otherwise.
size_t field_start_length(std::string_view text) {
  size_t name = 0;
  while (
      name < text.size() && name <= 32 &&
      (is_alphanumeric(text[name]) || text[name] == '_' || text[name] == '-' || text[name] == '.'))
    ++name;
  if (!is_field_name(text.substr(0, name))) return 0;
  size_t equals = text.find_first_not_of(kBlanks, name);
  return equals != std::string_view::npos && text[equals] == '=' ? equals + 1 : 0;
}

bool has_tab(std::string_view blanks) { return blanks.find('\t') != std::string_view::npos; }

class TagListReader {
 public:
  TagListReader(std::string_view text, const TagListDialect& dialect, FaultList& faults)
      : text_(text), rest_(text), dialect_(dialect), faults_(faults) {}

  std::optional<std::vector<TagField>> read() {
    strip_wrapping();
    if (!read_version()) return std::nullopt;
    read_fields();
    return std::move(fields_);
  }

 private:
  int column_of(std::string_view piece) const {
    return static_cast<int>(piece.data() - text_.data()) + 1;
  }
  SenderDifference tested(SenderDifference difference) const { return dialect_.tested(difference); }
  void syntax(std::string_view piece, std::string message, std::string fix,
              SenderDifference difference = SenderDifference::none) {
    faults_.error(dialect_.syntax_code, 1, column_of(piece), std::move(message), std::move(fix),
                  tested(difference));
  }
  void wrong_version(FindingCode code, std::string message, std::string_view action,
                     SenderDifference difference = SenderDifference::none) {
    faults_.error(code, 1, column_of(rest_), std::move(message),
                  fmt::format("{} {};", action, dialect_.version), tested(difference));
  }
  // Blanks beside a semicolon match the grammar.
  void advise_on_tab(std::string_view blanks);

  void strip_wrapping();
  std::string_view without_invisible(std::string_view piece);
  bool read_version();
  bool read_assigned_version();
  bool read_other_beginning();
  bool judge_version(std::string_view value, std::string_view as_written);
  void read_delimiter();
  void read_fields();
  void split_joined(std::string_view piece);
  void read_field(std::string_view piece);

  std::string_view text_;
  std::string_view rest_;
  const TagListDialect& dialect_;
  FaultList& faults_;
  std::vector<TagField> fields_;
  bool version_misplaced_ = false;  // it comes after another field
};

void TagListReader::strip_wrapping() {
  rest_ = without_invisible(rest_);
  std::string_view bare = without_leading_blanks(rest_);
  if (bare.size() < rest_.size())
    syntax(rest_, "the record begins with whitespace",
           fmt::format("begin the record with {};", dialect_.version),
           Difference::record_blank_at_start);
  rest_ = bare;
  std::string_view quote = rest_.substr(0, 1);
  if (rest_.substr(0, 2) == "\\\"") quote = rest_.substr(0, 2);
  if (quote != "\"" && quote != "'" && quote != "\\\"") return;
  syntax(rest_, "quotation marks are part of the published text",
         "publish the text without these quotation marks; those that delimit it in the zone file "
         "are not part of it");
  rest_.remove_prefix(quote.size());
  std::string_view end = without_trailing_blanks(rest_);
  if (end.size() >= quote.size() && end.substr(end.size() - quote.size()) == quote)
    rest_ = end.substr(0, end.size() - quote.size());
}

std::string_view TagListReader::without_invisible(std::string_view piece) {
  std::string_view bare = piece;
  std::string name;
  for (;;) {
    const std::string_view next = without_leading_blanks(bare);
    const auto found = find_invisible(next);
    if (!found || found->offset > 0) break;
    if (name.empty()) name = found->name;
    bare = next.substr(found->size);
  }
  if (!name.empty())
    syntax(piece, fmt::format("there is an invisible character before the text: {}", name),
           "retype the record instead of copying it", Difference::record_invisible_blank);
  return bare;
}

// True when the rest can be read as fields.
bool TagListReader::read_version() {
  if (rest_.substr(0, dialect_.version.size()) == dialect_.version) {
    std::string_view behind = rest_.substr(dialect_.version.size());
    bool glued = field_start_length(behind) > 0;
    bool escaped = behind.substr(0, 2) == "\\;";
    if (glued)
      syntax(behind,
             fmt::format("there is no semicolon between {} and {}", dialect_.version,
                         quoted(behind, kShown_bytes)),
             fmt::format("write {}; {}", dialect_.version, printable(behind, kShown_bytes)));
    if (escaped) {
      syntax(behind, "there is a backslash before the semicolon",
             fmt::format("publish {}; without the backslash", dialect_.version));
      behind.remove_prefix(1);
    }
    size_t end = behind.find_first_of("; \t,");
    if (glued || escaped || behind.empty() || end == 0) {
      rest_ = behind;
      if (!glued) read_delimiter();
      return true;
    }
  }
  return read_assigned_version() || read_other_beginning();
}

// `v` *WSP ("=" / ":") *WSP value: a nearly right version.
bool TagListReader::read_assigned_version() {
  if (rest_.empty() || (rest_[0] != 'v' && rest_[0] != 'V')) return false;
  size_t sign = rest_.find_first_not_of(kBlanks, 1);
  if (sign == std::string_view::npos || (rest_[sign] != '=' && rest_[sign] != ':')) return false;
  std::string_view value = without_leading_blanks(rest_.substr(sign + 1));
  std::string_view behind = value;
  value = value.substr(0, value.find_first_of("; \t,"));
  behind.remove_prefix(value.size());
  if (!judge_version(value, rest_.substr(0, rest_.size() - behind.size()))) return false;
  rest_ = behind;
  read_delimiter();
  return true;
}

// False when `value` is the version of another record type.
bool TagListReader::judge_version(std::string_view value, std::string_view as_written) {
  std::string_view right = dialect_.version.substr(2);
  std::string bare;  // "MTA-STSv1" and "TLS-RPTv1" are near misses as well
  for (char c : ascii_lower(value.substr(0, kShown_bytes)))
    if (c != '-') bare += c;
  bool meant =
      bare.rfind(dialect_.stem, 0) == 0 || bare.rfind("mta" + std::string(dialect_.stem), 0) == 0;
  if (!meant) return false;
  std::string observed =
      fmt::format("the version is written {}, not {}{}", quoted(as_written, kShown_bytes),
                  dialect_.version, naming_invisible(as_written));
  if (value == right && as_written[0] == 'v')
    syntax(as_written, observed, fmt::format("write {}", dialect_.version));
  else if (equals_ignoring_case(value, right))
    wrong_version(dialect_.version_case_code, observed + "; it is case-sensitive", "write",
                  Difference::record_version_case);
  else
    wrong_version(dialect_.version_code, observed, "write");
  return true;
}

bool TagListReader::read_other_beginning() {
  std::string_view bare_version = dialect_.version.substr(2);
  if (equals_ignoring_case(rest_.substr(0, bare_version.size()), bare_version)) {
    wrong_version(dialect_.version_code,
                  fmt::format("the record begins with {}, without v=",
                              quoted(rest_.substr(0, bare_version.size()), kShown_bytes)),
                  "write");
    rest_.remove_prefix(bare_version.size());
    read_delimiter();
    return true;
  }
  size_t field = field_start_length(rest_);
  bool version_field = field == 2 && (rest_[0] == 'v' || rest_[0] == 'V');
  if (field > 0 && !version_field) {
    version_misplaced_ = rest_.find(dialect_.version) != std::string_view::npos;
    wrong_version(dialect_.version_code,
                  fmt::format("the record begins with {}; {}",
                              quoted(rest_.substr(0, rest_.find(';')), kShown_bytes),
                              version_misplaced_ ? fmt::format("{} appears later", dialect_.version)
                                                 : "there is no version"),
                  version_misplaced_ ? "move to the front:" : "begin the record with",
                  version_misplaced_ ? Difference::record_version_later : Difference::none);
    return true;
  }
  wrong_version(dialect_.version_code,
                rest_.empty() ? fmt::format("the {} record is empty", dialect_.record_name)
                              : fmt::format("the text {} is not a valid {} record",
                                            quoted(rest_, kShown_bytes), dialect_.record_name),
                "publish a record that begins with");
  return false;
}

// After the version: *WSP ";" *WSP, or the end.
void TagListReader::read_delimiter() {
  std::string_view behind = without_leading_blanks(rest_);
  bool blanks = behind.size() < rest_.size();
  if (behind.empty()) {
    if (blanks)
      faults_.differs(dialect_.trailing_space_code, 1, column_of(rest_),
                      "the record ends in whitespace", "remove the whitespace at the end",
                      tested(Difference::record_blank_at_end));
  } else if (behind[0] == ';') {
    // RFC 8461 erratum 6285: it matches the ABNF, yet the text does not begin with "v=STSv1;".
    // Senders take such a record when it is alone.
    if (blanks) {
      std::string_view space = rest_.substr(0, rest_.size() - behind.size());
      faults_.advise(dialect_.space_before_semicolon_code, 1, column_of(rest_),
                     fmt::format("there is {} before the first semicolon, so the record does not "
                                 "begin with \"{};\" (erratum 6285)",
                                 has_tab(space) ? "a tab" : "whitespace", dialect_.version),
                     fmt::format("write {};", dialect_.version),
                     has_tab(space) ? tested(Difference::record_tab) : Difference::none);
    }
    behind.remove_prefix(1);
  } else if (behind[0] == ',') {
    syntax(behind, "there is a comma instead of a semicolon",
           fmt::format("write {};", dialect_.version));
    behind.remove_prefix(1);
  } else {
    syntax(behind, fmt::format("there is no semicolon before {}", quoted(behind, kShown_bytes)),
           fmt::format("write {}; {}", dialect_.version, printable(behind, kShown_bytes)));
  }
  rest_ = behind;
}

void TagListReader::advise_on_tab(std::string_view blanks) {
  // Where nobody was tested, a tab is a blank like any other.
  if (!has_tab(blanks) || !dialect_.senders_were_tested) return;
  bool at_end = blanks.data() + blanks.size() == text_.data() + text_.size();
  faults_.advise(
      at_end ? dialect_.trailing_space_code : dialect_.space_before_semicolon_code, 1,
      column_of(blanks) + static_cast<int>(blanks.find('\t')),
      at_end ? "there is a tab at the end of the record" : "there is a tab beside a semicolon",
      "write blanks instead of tabs, or nothing",
      at_end ? Difference::record_tab_at_end : Difference::record_tab);
}

void TagListReader::read_fields() {
  while (!rest_.empty()) {
    size_t semicolon = rest_.find(';');
    bool last = semicolon == std::string_view::npos;
    std::string_view piece = rest_.substr(0, semicolon);
    rest_.remove_prefix(last ? rest_.size() : semicolon + 1);
    std::string_view bare = without_blanks_around(piece);
    if (bare.empty()) {
      if (last)
        advise_on_tab(piece);
      else
        syntax(piece, "there is nothing between two semicolons",
               "write one semicolon between fields", Difference::record_empty_field);
      continue;
    }
    if (bare.find_first_not_of("\r\n \t") == std::string_view::npos) {
      syntax(bare, "there is a line end in the record", "publish the record as one line",
             Difference::record_line_end);
      continue;
    }
    size_t front = static_cast<size_t>(bare.data() - piece.data());
    advise_on_tab(piece.substr(0, front));
    if (last && is_blank(piece.back()))
      faults_.differs(dialect_.trailing_space_code, 1,
                      column_of(bare) + static_cast<int>(bare.size()),
                      "the record ends in whitespace without a semicolon before it",
                      "remove the whitespace at the end", tested(Difference::record_blank_at_end));
    else
      advise_on_tab(piece.substr(front + bare.size()));
    split_joined(bare);
  }
}

// Splits fields that are joined by a comma or a blank instead of a semicolon.
void TagListReader::split_joined(std::string_view piece) {
  size_t begin = 0;
  size_t at = piece.find('=');
  while (at != std::string_view::npos && at + 1 < piece.size()) {
    at = piece.find_first_not_of(kBlanks, at + 1);  // blanks after "=" separate nothing
    size_t gap = piece.find_first_of(" \t,", at);
    size_t next = std::min(piece.find_first_not_of(" \t,", gap), piece.size());
    if (gap >= piece.size() || next >= piece.size()) break;
    size_t length = field_start_length(piece.substr(next));
    if (length == 0) {
      at = next - 1;
      continue;
    }
    read_field(without_trailing_blanks(piece.substr(begin, gap - begin)));
    syntax(piece.substr(gap),
           fmt::format("there is no semicolon before {}", quoted(piece.substr(next), kShown_bytes)),
           fmt::format("write \"; {}\"", printable(piece.substr(next), kShown_bytes)));
    begin = next;
    at = next + length - 1;
  }
  read_field(piece.substr(begin));
}

void TagListReader::read_field(std::string_view piece) {
  piece = without_leading_blanks(without_invisible(piece));
  size_t sign = piece.find('=');
  std::string_view name = without_trailing_blanks(piece.substr(0, sign));
  if (sign == std::string_view::npos && piece.find(':') != std::string_view::npos) {
    size_t colon = piece.find(':');
    std::string_view before = without_trailing_blanks(piece.substr(0, colon));
    if (equals_ignoring_case(before, dialect_.required_field)) {
      syntax(piece.substr(colon), fmt::format("there is a colon after {} instead of \"=\"", before),
             fmt::format("write {}=", dialect_.required_field));
      sign = colon;
      name = before;
    }
  }
  if (sign == std::string_view::npos) {
    syntax(piece, fmt::format("{} does not have the form name=value", quoted(piece, kShown_bytes)),
           "remove it or give it a value", Difference::record_field_without_equals);
    return;
  }
  std::string_view value = piece.substr(sign + 1);
  std::string_view bare = without_blanks_around(value);
  if (!is_field_name(name)) {
    syntax(piece,
           fmt::format("{} is not a field name (1 to 32 letters, digits, \"_\", \"-\", \".\"){}",
                       quoted(name, kShown_bytes), naming_invisible(name)),
           "remove the field or correct its name",
           name.size() > 32 ? Difference::record_name : Difference::none);
    return;
  }
  bool before = name.size() < sign;
  if (before || (!bare.empty() && bare.data() != value.data()))
    syntax(before ? piece.substr(name.size()) : value,
           fmt::format("there is whitespace around \"=\" in {}", quoted(piece, kShown_bytes)),
           fmt::format("write {}={}", name, printable(bare, kShown_bytes)),
           name != dialect_.required_field ? Difference::none
           : before                        ? Difference::record_id_blank_before_equals
                                           : Difference::record_id_blank_after_equals);
  if (version_misplaced_ && name == "v") return;
  fields_.push_back({name, bare, column_of(name), column_of(bare.empty() ? value : bare)});
}

}  // namespace

std::optional<std::vector<TagField>> read_tag_list(std::string_view text,
                                                   const TagListDialect& dialect,
                                                   FaultList& faults) {
  return TagListReader(text, dialect, faults).read();
}

}  // namespace mtasts::protocol
