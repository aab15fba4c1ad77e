// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The URL under which users reach the agent, possibly through a reverse proxy ([web] external_url,
// like --web.external-url of Prometheus): an http or https URL (RFC 3986 §3) without user, query
// and fragment. Pure, any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace mtasts::settings {

// All members empty: not configured.
struct ExternalUrl {
  std::string text;       // the whole, without a "/" at its end
  std::string authority;  // "host" or "host:port" in lower case, without the scheme's default port
  std::string prefix;     // the path as in `text`: "" or "/below"
  std::string path;       // the same, percent-decoded
};

inline constexpr size_t kLongestExternalUrl = 1000;

// An empty text is not an error; it means "not configured".
Result<ExternalUrl> parse_external_url(std::string_view text);

}  // namespace mtasts::settings
