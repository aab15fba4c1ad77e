// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "protocol/http/content_type.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "base/ascii.h"

namespace mtasts::protocol {
namespace {

constexpr std::string_view kBlanks = " \t";

// Names under which decoders know a character set that contains ASCII, without "-", "_" and ".".
constexpr std::string_view kCharsets[] = {
    "ascii",       "usascii",     "ansix341968", "utf8",        "utf8sig",     "latin1",
    "l1",          "iso88591",    "iso88592",    "iso88593",    "iso88594",    "iso88595",
    "iso88596",    "iso88597",    "iso88598",    "iso88599",    "iso885910",   "iso885911",
    "iso885913",   "iso885914",   "iso885915",   "iso885916",   "windows874",  "windows1250",
    "windows1251", "windows1252", "windows1253", "windows1254", "windows1255", "windows1256",
    "windows1257", "windows1258", "cp437",       "cp850",       "cp852",       "cp866",
    "cp1250",      "cp1251",      "cp1252",      "cp932",       "cp936",       "cp949",
    "koi8r",       "koi8u",       "big5",        "gb2312",      "gbk",         "gb18030",
    "euckr",       "eucjp",       "shiftjis",    "sjis",        "tis620",      "macintosh",
    "macroman",
};

bool is_token_character(char c) {
  return is_alphanumeric(c) ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

std::string_view take_token(std::string_view& rest) {
  const auto end = std::find_if_not(rest.begin(), rest.end(), is_token_character);
  const auto size = static_cast<size_t>(end - rest.begin());
  const std::string_view token = rest.substr(0, size);
  rest.remove_prefix(size);
  return token;
}

// A quoted string or a token; nullopt: neither.
std::optional<std::string> take_value(std::string_view& rest) {
  if (!rest.starts_with('"')) {
    const std::string_view token = take_token(rest);
    return token.empty() ? std::nullopt : std::optional<std::string>(token);
  }
  std::string value;
  for (size_t at = 1; at < rest.size(); ++at) {
    if (rest[at] == '"') {
      rest.remove_prefix(at + 1);
      return value;
    }
    if (rest[at] == '\\' && at + 1 < rest.size()) ++at;
    value += rest[at];
  }
  return std::nullopt;
}

bool is_known_charset(std::string_view charset) {
  std::string bare;
  for (char c : ascii_lower(charset))
    if (c != '-' && c != '_' && c != '.') bare += c;
  return std::find(std::begin(kCharsets), std::end(kCharsets), bare) != std::end(kCharsets);
}

std::string_view without_blanks(std::string_view text) { return trim(text, kBlanks); }

}  // namespace

ContentTypeReading read_content_type_parameters(std::string_view content_type) {
  const size_t semicolon = content_type.find(';');
  if (semicolon == std::string_view::npos) return {};
  std::string_view rest = content_type.substr(semicolon);
  std::set<std::string> names;
  ContentTypeReading reading;
  while (!(rest = without_blanks(rest)).empty()) {
    const std::string_view whole = rest;
    auto fault = [&](ContentTypeFault kind, std::string text) {
      return ContentTypeReading{kind, std::move(text)};
    };
    if (!rest.starts_with(';')) return fault(ContentTypeFault::parameter, std::string(whole));
    rest = without_blanks(rest.substr(1));
    if (rest.empty()) break;  // a semicolon at the end is common, and nobody minds
    const std::string_view written = rest.substr(0, rest.find(';'));
    const std::string name = ascii_lower(take_token(rest));
    rest = without_blanks(rest);
    if (name.empty() || !rest.starts_with('=') || !names.insert(name).second)
      return fault(ContentTypeFault::parameter, std::string(without_blanks(written)));
    rest = without_blanks(rest.substr(1));
    const std::optional<std::string> value = take_value(rest);
    if (!value || (name == "charset" && value->empty()))
      return fault(ContentTypeFault::parameter, std::string(without_blanks(written)));
    if (name == "charset" && !is_known_charset(*value))
      reading = fault(ContentTypeFault::charset, *value);
  }
  return reading;
}

}  // namespace mtasts::protocol
