// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Parses the target of a request into path segments and query parameters, percent-decoded (RFC 3986
// §2.1, RFC 9112 §3.2). The scheme and authority of the absolute form are dropped. The input is
// hostile: an invalid escape, a control character or a NUL makes the whole target invalid. Pure,
// any thread.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace mtasts::web {

struct RequestTarget {
  std::string path;                          // decoded; begins with '/'
  std::map<std::string, std::string> query;  // decoded, '+' is a blank; first value per name
  std::vector<std::pair<std::string, std::string>> parameters;  // all of them, as sent
};

inline constexpr size_t kLongestTarget = 4096;
inline constexpr size_t kMostParameters = 64;

Result<RequestTarget> parse_target(std::string_view target);

}  // namespace mtasts::web
