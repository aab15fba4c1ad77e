// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "web/request_target.h"

#include <algorithm>
#include <boost/url/encode.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/rfc/pchars.hpp>
#include <boost/url/url_view.hpp>
#include <utility>

#include "settings/uri.h"

namespace mtasts::web {
namespace {

namespace urls = boost::urls;

// All other characters are percent-encoded before parsing: contrary to RFC 3986, clients send
// brackets and UTF-8 unencoded ("/metrics?name[]=up", "/domains/bücher.example").
constexpr auto kAsSent = urls::pchars + '/' + '?';

// Existing escapes are kept.
std::string encoded_around_escapes(std::string_view target) {
  std::string out;
  while (!target.empty()) {
    const std::string_view piece = target.substr(0, target.find('%'));
    out += urls::encode(urls::string_view(piece.data(), piece.size()), kAsSent);
    target.remove_prefix(piece.size());
    if (target.empty()) break;
    out += '%';
    target.remove_prefix(1);
  }
  return out;
}

Failure invalid(std::string_view why) { return {FailureKind::invalid, std::string(why)}; }

constexpr std::string_view kBadEscape =
    "The URL contains an invalid percent-encoding or a control character.";

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

Result<RequestTarget> taken_apart(const urls::url_view& url) {
  RequestTarget parsed;
  parsed.path = url.path();
  if (parsed.path.empty()) parsed.path.push_back('/');
  if (has_control(parsed.path)) return invalid(kBadEscape);
  if (!url.has_query() || url.encoded_query().empty()) return parsed;
  const urls::params_view parameters = url.params();
  if (parameters.size() > kMostParameters) return invalid("The URL has too many parameters.");
  for (auto parameter : parameters) {
    if (has_control(parameter.key) || has_control(parameter.value)) return invalid(kBadEscape);
    parsed.parameters.emplace_back(parameter.key, parameter.value);
    parsed.query.emplace(std::move(parameter.key), std::move(parameter.value));
  }
  return parsed;
}

}  // namespace

Result<RequestTarget> parse_target(std::string_view target) {
  if (target.size() > kLongestTarget) return invalid("The URL is too long.");
  target = target.substr(0, target.find('#'));
  if (target.starts_with('/')) {
    const std::string encoded = encoded_around_escapes(target);
    auto url = urls::parse_origin_form(encoded);
    return url ? taken_apart(*url) : invalid(kBadEscape);
  }
  auto url = settings::parse_uri(target);
  const bool absolute =
      url && url->has_authority() &&
      (url->scheme_id() == urls::scheme::http || url->scheme_id() == urls::scheme::https);
  return absolute ? taken_apart(*url) : invalid("The URL has no path.");
}

}  // namespace mtasts::web
