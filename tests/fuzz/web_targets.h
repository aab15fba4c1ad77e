// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Properties of what the web port reads of a request that hold for any octets; see
// grammar_targets.h.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "base/ascii.h"
#include "fuzz/promises.h"
#include "present/html.h"
#include "web/gzip.h"
#include "web/policy_request.h"
#include "web/probe_rule.h"
#include "web/request_target.h"

namespace mtasts::fuzz {

inline bool has_control_character(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

inline std::string written_target(const web::RequestTarget& target) {
  std::string written;
  for (char c : target.path)
    written += c == '/' ? std::string(1, c) : present::percent_encoded(std::string_view(&c, 1));
  char before = '?';
  for (const auto& [name, value] : target.query) {
    written += before + present::percent_encoded(name) + "=" + present::percent_encoded(value);
    before = '&';
  }
  return written;
}

inline std::string broken_target_promise(std::string_view text) {
  const auto target = web::parse_target(text);
  if (!target) return is_showable(target.failure().detail) ? "" : "a failure not fit to show";
  Promises promises;
  promises.keep(target->path.starts_with('/'), "a path that does not begin with a slash");
  promises.keep(!has_control_character(target->path), "a control character in the path");
  promises.keep(target->query.size() <= web::kMostParameters, "more parameters than allowed");
  for (const auto& [name, value] : target->query)
    promises.keep(!has_control_character(name) && !has_control_character(value),
                  "a control character in a parameter");
  const std::string written = written_target(*target);
  if (written.size() > web::kLongestTarget) return promises.broken();
  const auto again = web::parse_target(written);
  promises.keep(again && again->path == target->path && again->query == target->query,
                "a target that does not survive writing and reading");
  return promises.broken();
}

inline std::string broken_accept_encoding_promise(std::string_view field) {
  Promises promises;
  const std::string text(field);
  promises.keep(web::accepts_gzip("gzip, " + text), "a later coding takes gzip away");
  promises.keep(!web::accepts_gzip("gzip;q=0, " + text), "a later coding brings gzip back");
  if (ascii_lower(text).find("gzip") == std::string::npos && text.find('*') == std::string::npos)
    promises.keep(!web::accepts_gzip(text), "gzip is accepted without being named");
  const auto limit = web::probe_limit(field);
  promises.keep(limit >= std::chrono::seconds(1) && limit <= std::chrono::seconds(120),
                "a probe without a right limit");
  return promises.broken();
}

// The target, the Host field, and the number of Host fields in the last octet.
inline std::string broken_policy_request_promise(std::string_view input) {
  web::HttpRequest request;
  const size_t end = std::min(input.find('\n'), input.size());
  request.target = input.substr(0, end);
  request.host = input.substr(std::min(end + 1, input.size()));
  request.host_fields = input.empty() ? 0 : static_cast<unsigned char>(input.back()) % 3;
  request.version = input.size() % 2 == 0 ? 11 : 10;
  const auto about = web::policy_request_of(request);
  if (!about) return {};
  Promises promises;
  promises.keep(request.host_fields <= 1, "several Host fields are taken for one");
  promises.keep(request.host_fields == 1 || request.version < 11, "a request without Host");
  promises.keep(about->host == ascii_lower(about->host), "a host not in lower case");
  promises.keep(all_of(about->host, [](char c) { return c > ' ' && c < '\x7F' && c != '/'; }),
                "a host that is no host");
  promises.keep(about->path.find('?') == std::string_view::npos, "a path with a query");
  const char* begin = request.target.data();
  promises.keep(about->path.data() >= begin &&
                    about->path.data() + about->path.size() <= begin + request.target.size(),
                "a path that is no part of the target");
  web::HttpRequest again = request;
  again.host = about->host;
  again.target = about->path;
  again.host_fields = 1;
  const auto same = web::policy_request_of(again);
  // Of several final dots, one is dropped.
  if (!about->path.starts_with('/') || about->host.ends_with('.')) return promises.broken();
  promises.keep(same && same->host + "." == about->host + "." && same->path == about->path,
                "a host that is read differently again");
  return promises.broken();
}

}  // namespace mtasts::fuzz
