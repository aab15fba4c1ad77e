// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include <algorithm>

#include "base/ascii.h"
#include "protocol/text/characters.h"
#include "protocol/text/tag_list.h"

namespace mtasts::protocol {
namespace {

enum class Kinship { unrelated, near_miss, spaced, plain };

// Marks of intent at the start of a text; a long text is not searched further.
constexpr size_t kSearched_bytes = 512;
// What zone editors and copying put around or into a version: quotes, backslashes, "MTA-STS".
constexpr std::string_view kDressing = "\"'\\-";

Kinship kinship_of(std::string_view text, const TagListDialect& dialect) {
  if (text.substr(0, dialect.version.size()) == dialect.version) {
    std::string_view rest = text.substr(dialect.version.size());
    if (!rest.empty() && rest[0] == ';') return Kinship::plain;
    rest = without_leading_blanks(rest);
    // Fits the ABNF, but is discarded by senders that look for the version with its semicolon.
    if (!rest.empty() && rest[0] == ';') return Kinship::spaced;
    if (rest.empty()) return Kinship::near_miss;
  }
  std::string squeezed;
  for (char c : text.substr(0, kSearched_bytes))
    if (is_ascii(c) && c > 0x20 && kDressing.find(c) == std::string_view::npos) squeezed += c;
  squeezed = ascii_lower(squeezed);
  auto begins = [&](const std::string& mark) { return squeezed.rfind(mark, 0) == 0; };
  std::string stem(dialect.stem);
  bool meant = begins("v=" + stem) || begins("v:" + stem) || begins("v=mta" + stem) ||
               begins(stem + "v1") || begins(std::string(dialect.required_field) + "=") ||
               squeezed.find(ascii_lower(dialect.version) + ";") != std::string::npos ||
               squeezed.find(";" + ascii_lower(dialect.version)) != std::string::npos;
  return meant ? Kinship::near_miss : Kinship::unrelated;
}

}  // namespace

TagListChoice choose_tag_list(const std::vector<std::string>& texts,
                              const TagListDialect& dialect) {
  std::vector<Kinship> kinships;
  Kinship closest = Kinship::unrelated;
  for (const std::string& text : texts) {
    kinships.push_back(kinship_of(text, dialect));
    closest = std::max(closest, kinships.back());
  }
  TagListChoice choice;
  for (size_t i = 0; i < texts.size(); ++i) {
    if (closest == Kinship::unrelated || kinships[i] != closest) {
      choice.unrelated.push_back(texts[i]);
    } else if (choice.status == TagListChoice::Status::none) {
      choice.status = TagListChoice::Status::one;
      choice.index = i;
    } else if (closest == Kinship::near_miss) {
      choice.unrelated.push_back(texts[i]);
    } else {
      choice.status = TagListChoice::Status::multiple;
    }
  }
  return choice;
}

}  // namespace mtasts::protocol
