// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "web/request_target.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/ascii.h"

namespace mtasts::web {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> decoded(std::string_view text, bool plus_is_blank) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      if (text.size() - i < 3) return std::nullopt;
      int high = hex_digit(text[i + 1]);
      int low = hex_digit(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    } else if (c == '+' && plus_is_blank) {
      c = ' ';
    }
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return std::nullopt;
    out += c;
  }
  return out;
}

Failure invalid(std::string_view why) { return {FailureKind::invalid, std::string(why)}; }

constexpr std::string_view kBadEscape =
    "The URL contains an invalid percent-encoding or a control character.";

std::string_view without_authority(std::string_view target) {
  for (std::string_view scheme : {"http://", "https://"}) {
    if (!equals_ignoring_case(target.substr(0, scheme.size()), scheme)) continue;
    std::string_view rest = target.substr(scheme.size());
    size_t path = rest.find_first_of("/?");
    return path == std::string_view::npos || rest[path] == '?' ? "/" : rest.substr(path);
  }
  return target;
}

}  // namespace

Result<RequestTarget> parse_target(std::string_view target) {
  if (target.size() > kLongestTarget) return invalid("The URL is too long.");
  target = without_authority(target);
  target = target.substr(0, target.find('#'));
  if (target.empty() || target[0] != '/') return invalid("The URL has no path.");
  size_t mark = target.find('?');
  std::optional<std::string> path = decoded(target.substr(0, mark), false);
  if (!path) return invalid(kBadEscape);
  RequestTarget parsed;
  parsed.path = std::move(*path);
  std::string_view query = mark == std::string_view::npos ? "" : target.substr(mark + 1);
  for (size_t count = 0; !query.empty(); ++count) {
    if (count == kMostParameters) return invalid("The URL has too many parameters.");
    std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    size_t equals = std::min(pair.find('='), pair.size());
    auto name = decoded(pair.substr(0, equals), true);
    auto value = decoded(pair.substr(std::min(equals + 1, pair.size())), true);
    if (!name || !value) return invalid(kBadEscape);
    parsed.query.emplace(std::move(*name), std::move(*value));
  }
  return parsed;
}

}  // namespace mtasts::web
