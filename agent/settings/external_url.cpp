// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "settings/external_url.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/url/url_view.hpp>

#include "base/ascii.h"
#include "base/printable.h"
#include "settings/uri.h"

namespace mtasts::settings {
namespace {

namespace urls = boost::urls;

std::string_view view_of(urls::string_view text) { return {text.data(), text.size()}; }

bool is_page(const urls::url_view& url) {
  const urls::scheme scheme = url.scheme_id();
  bool http = scheme == urls::scheme::http || scheme == urls::scheme::https;
  bool port = !url.has_port() || url.port_number() != 0;  // 0: no port, or not a 16-bit number
  return http && port && !url.encoded_host().empty() && !url.has_userinfo() && !url.has_query() &&
         !url.has_fragment();
}

// Browsers leave the default port out of Host and Origin.
std::string authority_of(const urls::url_view& url) {
  const int standard = url.scheme_id() == urls::scheme::https ? 443 : 80;
  std::string host = ascii_lower(view_of(url.encoded_host()));
  if (!url.has_port() || url.port_number() == standard) return host;
  return fmt::format("{}:{}", host, url.port_number());
}

std::string_view without_slashes_at_end(std::string_view text) {
  while (text.ends_with('/')) text.remove_suffix(1);
  return text;
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

}  // namespace

Result<ExternalUrl> parse_external_url(std::string_view text) {
  if (text.empty()) return ExternalUrl{};
  const Failure refused{FailureKind::invalid, fmt::format("\"{}\" is not a valid base URL; write "
                                                          "\"https://host.example/\" or \"\"",
                                                          printable(text, 80))};
  if (text.size() > kLongestExternalUrl) return refused;
  auto url = parse_uri(text);
  if (!url || !is_page(*url)) return refused;
  ExternalUrl parsed;
  parsed.text = without_slashes_at_end(text);
  parsed.authority = authority_of(*url);
  parsed.prefix = without_slashes_at_end(view_of(url->encoded_path()));
  const std::string path = url->path();
  parsed.path = without_slashes_at_end(path);
  if (has_control(parsed.path)) return refused;
  return parsed;
}

}  // namespace mtasts::settings
