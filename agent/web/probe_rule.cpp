// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "web/probe_rule.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "base/ascii.h"

namespace mtasts::web {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kShortestProbe{1000};
constexpr milliseconds kLongestProbe{120000};
// Time reserved for the response to reach the client.
constexpr double kScrapeMargin_seconds = 0.5;

}  // namespace

bool may_probe(const settings::ProbeSettings& rule, bool configured, std::string_view domain) {
  if (configured || rule.any) return true;
  for (std::string_view pattern : rule.patterns) {
    if (!pattern.starts_with("*.")) {
      if (equals_ignoring_case(pattern, domain)) return true;
      continue;
    }
    std::string_view suffix = pattern.substr(1);
    if (domain.size() > suffix.size() &&
        equals_ignoring_case(domain.substr(domain.size() - suffix.size()), suffix))
      return true;
  }
  return false;
}

milliseconds probe_limit(std::string_view scrape_timeout_seconds) {
  double seconds = 0;
  const char* end = scrape_timeout_seconds.data() + scrape_timeout_seconds.size();
  auto [stop, error] = std::from_chars(scrape_timeout_seconds.data(), end, seconds);
  if (error != std::errc() || stop != end || !(seconds > 0)) return kLongestProbe;
  if (seconds >= 1000) return kLongestProbe;
  auto limit = milliseconds(static_cast<int64_t>((seconds - kScrapeMargin_seconds) * 1000));
  return std::clamp(limit, kShortestProbe, kLongestProbe);
}

}  // namespace mtasts::web
