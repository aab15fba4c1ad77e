// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "intake/imap_response.h"

#include <array>
#include <charconv>
#include <utility>

#include "base/ascii.h"

namespace mtasts::intake {
namespace {

constexpr int kMostNesting = 16;

// The first word of `text`, which is cut off together with the blank behind it.
std::string_view take_word(std::string_view& text) {
  const size_t end = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return word;
}

template <typename Number>
std::optional<Number> number_of(std::string_view digits) {
  Number number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return number;
}

std::optional<ImapStatus::Kind> kind_of(std::string_view word) {
  using Kind = ImapStatus::Kind;
  if (equals_ignoring_case(word, "OK")) return Kind::ok;
  if (equals_ignoring_case(word, "NO")) return Kind::no;
  if (equals_ignoring_case(word, "BAD")) return Kind::bad;
  if (equals_ignoring_case(word, "BYE")) return Kind::bye;
  if (equals_ignoring_case(word, "PREAUTH")) return Kind::preauth;
  return std::nullopt;
}

// Text for people may end like the announcement of a literal.
bool is_text_for_people(std::string_view line) {
  const std::string_view tag = take_word(line);
  return tag != "*" || kind_of(take_word(line));
}

// The size that "{n}", "{n+}" or "~{n}" at the end of a line announces.
std::optional<uint64_t> announced_literal(std::string_view line) {
  if (!line.ends_with('}')) return std::nullopt;
  const size_t open = line.rfind('{');
  if (open == std::string_view::npos) return std::nullopt;
  std::string_view digits = line.substr(open + 1, line.size() - open - 2);
  if (digits.ends_with('+')) digits.remove_suffix(1);
  if (digits.empty() || !all_of(digits, is_digit)) return std::nullopt;
  return number_of<uint64_t>(digits).value_or(UINT64_MAX);
}

// Reads the items of a FETCH response.
class ItemReader {
 public:
  explicit ItemReader(ImapResponse& response, size_t at) : response_(response), at_(at) {}

  void skip_blanks() {
    while (at_ < text().size() && text()[at_] == ' ') ++at_;
  }
  bool take(char c) {
    if (at_ >= text().size() || text()[at_] != c) return false;
    ++at_;
    return true;
  }
  bool at_end() const { return at_ >= text().size(); }

  // "UID", "BODY[]<0>", "BODY[HEADER.FIELDS (DATE)]".
  std::string take_name() {
    const size_t begin = at_;
    int depth = 0;
    for (; at_ < text().size(); ++at_) {
      const char c = text()[at_];
      if (c == '[') ++depth;
      if (c == ']') --depth;
      if (depth <= 0 && (c == ' ' || c == ')')) break;
    }
    return ascii_upper(std::string_view(text()).substr(begin, at_ - begin));
  }

  // An atom, number, flag, quoted string, literal, or a list of them as its text. Nothing: it is
  // malformed.
  std::optional<std::string> take_value(int depth = 0) {
    if (depth > kMostNesting || at_end()) return std::nullopt;
    if (text()[at_] == '"') return take_quoted();
    if (text()[at_] == '(') return take_list(depth);
    if (text()[at_] == '{' || text().compare(at_, 2, "~{") == 0) return take_literal();
    const size_t begin = at_;
    while (!at_end() && text()[at_] != ' ' && text()[at_] != ')' && text()[at_] != '(') ++at_;
    if (at_ == begin) return std::nullopt;
    return text().substr(begin, at_ - begin);
  }

 private:
  const std::string& text() const { return response_.text; }

  std::optional<std::string> take_quoted() {
    std::string value;
    for (++at_; !at_end(); ++at_) {
      if (text()[at_] == '"') {
        ++at_;
        return value;
      }
      if (text()[at_] == '\\' && at_ + 1 < text().size()) ++at_;
      value += text()[at_];
    }
    return std::nullopt;
  }

  std::optional<std::string> take_literal() {
    const size_t end = text().find('}', at_);
    if (end == std::string::npos || literal_ >= response_.literals.size()) return std::nullopt;
    at_ = end + 1;
    return std::move(response_.literals[literal_++]);
  }

  std::optional<std::string> take_list(int depth) {
    const size_t begin = at_++;
    for (skip_blanks(); !take(')'); skip_blanks())
      if (!take_value(depth + 1)) return std::nullopt;
    return text().substr(begin, at_ - begin);
  }

  ImapResponse& response_;
  size_t at_;
  size_t literal_ = 0;
};

}  // namespace

std::optional<ImapResponse> ImapResponseReader::next() {
  while (fault_.empty()) {
    if (in_literal_) {
      if (!take_literal()) return std::nullopt;
      continue;
    }
    if (!take_line()) return std::nullopt;
    if (in_literal_) continue;
    literal_total_bytes_ = 0;
    return std::exchange(current_, {});
  }
  return std::nullopt;
}

bool ImapResponseReader::take_literal() {
  std::string& literal = current_.literals.back();
  const size_t taken_bytes = std::min(literal_left_bytes_, pending_.size());
  literal.append(pending_, 0, taken_bytes);
  pending_.erase(0, taken_bytes);
  literal_left_bytes_ -= taken_bytes;
  in_literal_ = literal_left_bytes_ > 0;
  return !in_literal_;
}

// Reads to the end of the line, which ends the response or announces a literal.
bool ImapResponseReader::take_line() {
  const size_t end = pending_.find('\n', searched_bytes_);
  const size_t size_bytes = end == std::string::npos ? pending_.size() : end;
  if (size_bytes + current_.text.size() > kMostLine_bytes) {
    fault_ = "a line of more than 4 MiB";
    return false;
  }
  searched_bytes_ = pending_.size();
  if (end == std::string::npos) return false;
  searched_bytes_ = 0;
  std::string_view line = std::string_view(pending_).substr(0, end);
  if (line.ends_with('\r')) line.remove_suffix(1);
  current_.text += line;
  pending_.erase(0, end + 1);
  const auto literal_bytes =
      is_text_for_people(current_.text) ? std::nullopt : announced_literal(current_.text);
  if (!literal_bytes) return true;
  if (*literal_bytes >
          literal_limit_bytes_ - std::min(literal_limit_bytes_, literal_total_bytes_) ||
      current_.literals.size() >= kMostLiterals) {
    fault_ = "more than was asked for";
    return false;
  }
  literal_total_bytes_ += *literal_bytes;
  literal_left_bytes_ = *literal_bytes;
  current_.literals.emplace_back();
  in_literal_ = true;
  return true;
}

std::optional<ImapStatus> read_status(const ImapResponse& response, std::string_view tag) {
  std::string_view rest = response.text;
  if (take_word(rest) != tag) return std::nullopt;
  const auto kind = kind_of(take_word(rest));
  if (!kind) return std::nullopt;
  ImapStatus status{.kind = *kind, .code = {}, .text = {}};
  const size_t close = rest.find(']');
  if (rest.starts_with('[') && close != std::string_view::npos) {
    std::string_view code = rest.substr(1, close - 1);
    const std::string_view name = take_word(code);
    status.code = ascii_upper(name);
    if (!code.empty()) status.code.append(" ").append(code);
    rest.remove_prefix(close + 1);
  }
  status.text = trim(rest);
  return status;
}

std::string keyword_of(const ImapResponse& response) {
  std::string_view rest = response.text;
  if (take_word(rest) != "*") return {};
  std::string_view word = take_word(rest);
  if (!word.empty() && all_of(word, is_digit)) word = take_word(rest);
  return ascii_upper(word);
}

bool read_search(const ImapResponse& response, std::vector<uint32_t>& uids) {
  std::string_view rest = response.text;
  if (take_word(rest) != "*" || !equals_ignoring_case(take_word(rest), "SEARCH")) return false;
  while (!rest.empty()) {
    const auto uid = number_of<uint32_t>(take_word(rest));
    if (uid && *uid > 0) uids.push_back(*uid);  // RFC 7162 appends "(MODSEQ n)"
  }
  return true;
}

bool read_capabilities(const ImapResponse& response, std::vector<std::string>& capabilities) {
  std::string_view rest = response.text;
  if (take_word(rest) != "*" || !equals_ignoring_case(take_word(rest), "CAPABILITY")) return false;
  while (!rest.empty()) capabilities.push_back(ascii_upper(take_word(rest)));
  return true;
}

std::vector<std::string> read_flags(std::string_view text) {
  std::vector<std::string> flags;
  const size_t open = text.find('(');
  const size_t close = text.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) return {};
  text = text.substr(open + 1, close - open - 1);
  while (!text.empty())
    if (const std::string_view word = take_word(text); !word.empty()) flags.emplace_back(word);
  return flags;
}

std::optional<ImapFetch> read_fetch(ImapResponse response) {
  if (keyword_of(response) != "FETCH") return std::nullopt;
  const size_t open = response.text.find('(');
  if (open == std::string::npos) return std::nullopt;
  ItemReader reader(response, open + 1);
  ImapFetch fetch;
  for (reader.skip_blanks(); !reader.take(')'); reader.skip_blanks()) {
    const std::string name = reader.take_name();
    reader.skip_blanks();
    auto value = reader.take_value();
    if (name.empty() || !value) return std::nullopt;
    if (name == "UID") {
      fetch.uid = number_of<uint32_t>(*value);
    } else if (name == "RFC822.SIZE") {
      fetch.size_bytes = number_of<uint64_t>(*value);
    } else if (name == "FLAGS") {
      fetch.flags = read_flags(*value);
    } else if (name.starts_with("BODY[]")) {
      // We differ from RFC 3501 §9 (nstring): NIL, a message that has gone, is an empty body.
      fetch.body = *value == "NIL" ? std::string() : std::move(*value);
    }
  }
  return fetch;
}

}  // namespace mtasts::intake
