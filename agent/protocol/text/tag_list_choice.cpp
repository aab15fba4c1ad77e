// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include <algorithm>

#include "base/ascii.h"
#include "protocol/text/characters.h"
#include "protocol/text/tag_list.h"

namespace mtasts::protocol {
namespace {

enum class Match { unrelated, near_miss, spaced, plain };

// Only the start of a long text is searched for signs of the record type.
constexpr size_t kSearched_bytes = 512;
// Characters that zone editors and copying add around or inside a version: quotes, backslashes,
// "MTA-STS".
constexpr std::string_view kDecoration = "\"'\\-";

Match match_of(std::string_view text, const TagListDialect& dialect) {
  if (text.substr(0, dialect.version.size()) == dialect.version) {
    std::string_view rest = text.substr(dialect.version.size());
    if (!rest.empty() && rest[0] == ';') return Match::plain;
    rest = without_leading_blanks(rest);
    // Matches the ABNF, but does not begin with the version and its semicolon (erratum 6285).
    if (!rest.empty() && rest[0] == ';')
      return dialect.spaced_counts ? Match::plain : Match::spaced;
    if (rest.empty()) return Match::near_miss;
  }
  std::string squeezed;
  for (char c : text.substr(0, kSearched_bytes))
    if (is_ascii(c) && c > 0x20 && kDecoration.find(c) == std::string_view::npos) squeezed += c;
  squeezed = ascii_lower(squeezed);
  auto begins = [&](const std::string& mark) { return squeezed.rfind(mark, 0) == 0; };
  std::string stem(dialect.stem);
  bool meant = begins("v=" + stem) || begins("v:" + stem) || begins("v=mta" + stem) ||
               begins(stem + "v1") || begins(std::string(dialect.required_field) + "=") ||
               squeezed.find(ascii_lower(dialect.version) + ";") != std::string::npos ||
               squeezed.find(";" + ascii_lower(dialect.version)) != std::string::npos;
  return meant ? Match::near_miss : Match::unrelated;
}

}  // namespace

TagListChoice choose_tag_list(const std::vector<std::string>& texts,
                              const TagListDialect& dialect) {
  std::vector<Match> matches;
  Match closest = Match::unrelated;
  for (const std::string& text : texts) {
    matches.push_back(match_of(text, dialect));
    closest = std::max(closest, matches.back());
  }
  TagListChoice choice;
  for (size_t i = 0; i < texts.size(); ++i) {
    if (closest == Match::unrelated || matches[i] != closest) {
      choice.unrelated.push_back(texts[i]);
    } else if (choice.status == TagListChoice::Status::none) {
      choice.status = TagListChoice::Status::one;
      choice.index = i;
    } else if (closest == Match::near_miss) {
      choice.unrelated.push_back(texts[i]);
    } else {
      choice.status = TagListChoice::Status::multiple;
    }
  }
  return choice;
}

}  // namespace mtasts::protocol
