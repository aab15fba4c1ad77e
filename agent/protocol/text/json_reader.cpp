// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "protocol/text/json_reader.h"

#include <bit>
#include <cstring>

#include "base/ascii.h"

namespace mtasts::protocol {
namespace {

constexpr uint64_t kEach = 0x0101010101010101u;  // 1 in each octet
constexpr uint64_t kTop = 0x8080808080808080u;   // the highest bit of each octet

// Not 0 if an octet of the word is a quotation mark, a backslash or a control character.
uint64_t special_octets(uint64_t word) {
  // The highest bit of an octet may also be set because of a special octet below it.
  auto has_zero = [](uint64_t octets) { return (octets - kEach) & ~octets; };
  uint64_t controls = (word - kEach * 0x20) & ~word;
  return (controls | has_zero(word ^ kEach * '"') | has_zero(word ^ kEach * '\\')) & kTop;
}

bool is_special(char c) { return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\'; }

// The first octet that does not stand for itself in a string (RFC 8259 §7), or the end.
const char* end_of_plain(const char* at, const char* end) {
  uint64_t word = 0;
  for (; end - at >= 8; at += 8) {
    std::memcpy(&word, at, sizeof word);
    word = special_octets(word);
    if (word == 0) continue;
    if (std::endian::native != std::endian::little) break;
    return at + std::countr_zero(word) / 8;
  }
  while (at != end && !is_special(*at)) ++at;
  return at;
}

void append_utf8(std::string& text, uint32_t code) {
  auto add = [&](uint32_t octet) { text += static_cast<char>(octet); };
  if (code < 0x80) return add(code);
  if (code < 0x800) {
    add(0xC0 | code >> 6);
  } else {
    if (code < 0x10000) {
      add(0xE0 | code >> 12);
    } else {
      add(0xF0 | code >> 18);
      add(0x80 | (code >> 12 & 0x3F));
    }
    add(0x80 | (code >> 6 & 0x3F));
  }
  add(0x80 | (code & 0x3F));
}

bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

}  // namespace

std::string_view JsonReader::token() const {
  if (token_ == nullptr) return {};
  return {token_, static_cast<size_t>(at_ - token_)};
}

bool JsonReader::refill() {
  if (in_token_ && at_ != run_) scratch_.append(run_, at_);
  const bool first = begin_ == nullptr;
  before_block_ += static_cast<size_t>(end_ - begin_);
  std::string_view block = source_.next_block();
  begin_ = at_ = run_ = block.data();
  token_ = first ? begin_ : nullptr;
  end_ = begin_ + block.size();
  return !block.empty();
}

int JsonReader::peek() {
  if (at_ == end_ && !refill()) return kEnd;
  return static_cast<unsigned char>(*at_);
}

// The first octet of the next token, which is not taken yet.
int JsonReader::begin_token() {
  for (;;) {
    while (at_ != end_ && is_blank(*at_)) ++at_;
    if (at_ != end_) break;
    if (!refill()) return kEnd;
  }
  return static_cast<unsigned char>(*at_);
}

JsonReader::Event JsonReader::next() {
  in_token_ = false;
  int c = begin_token();
  if (expected_ == Expected::colon) {
    if (c != ':') return unexpected(c);
    ++at_;
    expected_ = Expected::value;
    c = begin_token();
  } else if (expected_ == Expected::separator) {
    if (c == (open_.back() ? '}' : ']')) return close();
    if (c != ',') return unexpected(c);
    ++at_;
    expected_ = open_.back() ? Expected::name : Expected::value;
    c = begin_token();
  }
  switch (expected_) {
    case Expected::end:
      return c == kEnd || c == '\0' ? Event::end : unexpected(c);
    case Expected::first_name:
      if (c == '}') return close();
      [[fallthrough]];
    case Expected::name:
      if (c != '"') return unexpected(c);
      expected_ = Expected::colon;
      return scan_text(Event::name);
    case Expected::first_element:
      if (c == ']') return close();
      [[fallthrough]];
    default:
      return value(c);
  }
}

JsonReader::Event JsonReader::value(int c) {
  switch (c) {
    case '{':
      return open(true);
    case '[':
      return open(false);
    case '"':
      return finished(scan_text(Event::text));
    case 't':
      return finished(scan_word("true", Event::yes));
    case 'f':
      return finished(scan_word("false", Event::no));
    case 'n':
      return finished(scan_word("null", Event::null));
    default:
      if (c == '-' || (c >= '0' && c <= '9')) return finished(scan_number());
      return unexpected(c);
  }
}

JsonReader::Event JsonReader::open(bool object) {
  ++at_;
  open_.push_back(object);
  expected_ = object ? Expected::first_name : Expected::first_element;
  return object ? Event::begin_object : Event::begin_array;
}

JsonReader::Event JsonReader::close() {
  ++at_;
  const bool object = open_.back();
  open_.pop_back();
  return finished(object ? Event::end_object : Event::end_array);
}

JsonReader::Event JsonReader::finished(Event event) {
  expected_ = open_.empty() ? Expected::end : Expected::separator;
  return event;
}

// A token where another one is needed: it is read, so that token() has it.
JsonReader::Event JsonReader::unexpected(int c) {
  if (c == '"')
    scan_text(Event::text);
  else if (c == '-' || (c >= '0' && c <= '9'))
    scan_number();
  else if (c == 't')
    scan_word("true", Event::yes);
  else if (c == 'f')
    scan_word("false", Event::no);
  else if (c == 'n')
    scan_word("null", Event::null);
  else
    return fault_at(c);
  return fault();
}

// The octet `c`, which was not taken yet, is at fault.
JsonReader::Event JsonReader::fault_at(int c) {
  if (c == kEnd)
    past_end_ = 1;
  else
    ++at_;
  return Event::fault;
}

JsonReader::Event JsonReader::scan_text(Event event) {
  scratch_.clear();
  bool whole = true;  // in one run
  token_ = at_;
  run_ = ++at_;
  in_token_ = true;
  for (;;) {
    at_ = end_of_plain(at_, end_);
    if (at_ == end_) {
      whole = false;
      if (!refill()) return fault_at(kEnd);
      continue;
    }
    const char c = *at_;
    if (c != '"' && c != '\\') return fault_at(c);
    if (!whole || c == '\\') scratch_.append(run_, at_);
    if (c == '"') {
      text_ = whole ? std::string_view(run_, static_cast<size_t>(at_ - run_)) : scratch_;
      ++at_;
      return event;
    }
    whole = false;
    in_token_ = false;
    ++at_;
    if (!scan_escape()) return fault();
    run_ = at_;
    in_token_ = true;
  }
}

// After the backslash.
bool JsonReader::scan_escape() {
  constexpr std::string_view kLetters = "\"\\/bfnrt";
  constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
  const int c = peek();
  if (c != 'u') {
    const size_t which = c == kEnd ? std::string_view::npos : kLetters.find(static_cast<char>(c));
    if (which == std::string_view::npos) return fault_at(c), false;
    ++at_;
    scratch_ += kMeanings[which];
    return true;
  }
  ++at_;
  uint32_t code = 0;
  if (!scan_code_unit(code)) return false;
  // RFC 8259 §7: beyond U+FFFF a pair of surrogates; one alone is no character.
  if (code >= 0xDC00 && code <= 0xDFFF) return false;
  if (code >= 0xD800 && code <= 0xDBFF) {
    uint32_t low = 0;
    if (!demand('\\') || !demand('u') || !scan_code_unit(low)) return false;
    if (low < 0xDC00 || low > 0xDFFF) return false;
    code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
  }
  append_utf8(scratch_, code);
  return true;
}

// Four hexadecimal digits.
bool JsonReader::scan_code_unit(uint32_t& unit) {
  for (int i = 0; i < 4; ++i) {
    const int c = peek();
    if (c == kEnd || !is_hex_digit(static_cast<char>(c))) return fault_at(c), false;
    ++at_;
    const uint32_t digit = is_digit(static_cast<char>(c)) ? c - '0' : (c | 0x20) - 'a' + 10;
    unit = unit << 4 | digit;
  }
  return true;
}

bool JsonReader::demand(char wanted) {
  const int c = peek();
  fault_at(c);  // taken in any case
  return c == static_cast<unsigned char>(wanted);
}

// 1*DIGIT
bool JsonReader::scan_digits() {
  int c = peek();
  if (c < '0' || c > '9') return fault_at(c), false;
  do {
    while (at_ != end_ && is_digit(*at_)) ++at_;
    c = peek();
  } while (c >= '0' && c <= '9');
  return true;
}

// RFC 8259 §6: [ minus ] int [ frac ] [ exp ]
JsonReader::Event JsonReader::scan_number() {
  scratch_.clear();
  token_ = run_ = at_;
  in_token_ = true;
  if (*at_ == '-') ++at_;
  if (peek() == '0')
    ++at_;
  else if (!scan_digits())
    return fault();
  if (peek() == '.') {
    ++at_;
    if (!scan_digits()) return fault();
  }
  if (int c = peek(); c == 'e' || c == 'E') {
    ++at_;
    c = peek();
    if (c == '+' || c == '-') ++at_;
    if (!scan_digits()) return fault();
  }
  if (!scratch_.empty()) scratch_.append(run_, at_);
  text_ = scratch_.empty() ? std::string_view(run_, static_cast<size_t>(at_ - run_)) : scratch_;
  return Event::number;
}

JsonReader::Event JsonReader::scan_word(std::string_view word, Event event) {
  for (char wanted : word) {
    const int c = peek();
    if (c != wanted) return fault_at(c);
    ++at_;
  }
  return event;
}

}  // namespace mtasts::protocol
