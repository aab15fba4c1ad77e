// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "web/route_table.h"

#include <fmt/format.h>

#include <boost/url/url_view.hpp>
#include <utility>

#include "base/ascii.h"
#include "settings/uri.h"
#include "web/request_target.h"

namespace mtasts::web {
namespace {

// The text matched by '*'; nothing if the path does not match.
std::optional<std::string_view> wildcard_of(std::string_view pattern, std::string_view path) {
  const size_t star = pattern.find('*');
  if (star == std::string_view::npos)
    return path == pattern ? std::optional<std::string_view>("") : std::nullopt;
  const std::string_view end = pattern.substr(star + 1);
  if (path.size() < star + end.size() || !path.starts_with(pattern.substr(0, star)) ||
      !path.ends_with(end))
    return std::nullopt;
  return path.substr(star, path.size() - star - end.size());
}

bool takes(const Route& route, std::string_view method) {
  return route.method == method || (route.method == "GET" && method == "HEAD");
}

// Browsers send the origin of the page that makes a request; programs such as curl do not.
bool is_cross_site(const HttpRequest& request, const settings::ExternalUrl& external) {
  if (request.fetch_site == "cross-site" || request.fetch_site == "same-site") return true;
  if (request.origin.empty()) return false;
  auto origin = settings::parse_uri(request.origin);  // fails for "null"
  if (!origin || !origin->has_authority()) return true;
  const auto encoded = origin->encoded_authority();
  const std::string_view authority(encoded.data(), encoded.size());
  if (authority.empty()) return true;
  return !equals_ignoring_case(authority, request.host) &&
         !equals_ignoring_case(authority, external.authority);
}

// The path below the prefix; nothing if the path is not below it.
std::optional<std::string_view> below(std::string_view prefix, std::string_view path) {
  if (prefix.empty() || !path.starts_with(prefix)) return std::nullopt;
  path.remove_prefix(prefix.size());
  if (path.empty()) return "/";
  return path.front() == '/' ? std::optional(path) : std::nullopt;
}

}  // namespace

settings::WebRole role_for(RequestClass kind) {
  switch (kind) {
    case RequestClass::probe:
      return settings::WebRole::probe;
    case RequestClass::write:
      return settings::WebRole::write;
    default:
      return settings::WebRole::read;
  }
}

RouteMatch RouteTable::find(std::string_view method, std::string_view path) const {
  RouteMatch match;
  std::string allow;
  for (const Route& route : routes_) {
    auto wildcard = wildcard_of(route.path, path);
    if (!wildcard) continue;
    if (takes(route, method)) {
      match.route = &route;
      match.wildcard = *wildcard;
      return match;
    }
    if (allow.find(route.method) != std::string::npos) continue;
    allow.append(allow.empty() ? "" : ", ").append(route.method);
    if (route.method == "GET") allow.append(", HEAD");
  }
  if (allow.empty()) {
    match.refusal = text_response(404, "Not found.");
    return match;
  }
  match.refusal = text_response(405, fmt::format("Allowed methods: {}.", allow));
  match.refusal.allow = allow;
  return match;
}

RouteMatch RouteTable::match(const HttpRequest& request,
                             const settings::ExternalUrl& external) const {
  RouteMatch match;
  Result<RequestTarget> target = parse_target(request.target);
  if (!target.ok()) {
    match.refusal = text_response(400, target.failure().detail);
    return match;
  }
  // A reverse proxy may strip the prefix or pass it on. If the prefix is also the path of a route
  // ("/metrics"), the route takes precedence.
  const auto inner = below(external.path, target->path);
  const bool is_prefix = target->path == external.path;
  match = find(request.method, inner && !is_prefix ? *inner : target->path);
  if (inner && match.refusal.status == 404)
    match = find(request.method, is_prefix ? *inner : target->path);
  match.target = std::move(*target);
  if (match.route != nullptr) match.kind = match.route->kind;
  if (match.kind == RequestClass::write && is_cross_site(request, external)) {
    match.route = nullptr;
    match.refusal = text_response(403, "Cross-site requests are not allowed here.");
  }
  return match;
}

Admission RouteMatch::admission() const {
  Admission admission;
  if (route == nullptr)
    admission.refusal = refusal;
  else
    admission.body_bytes = route->body_bytes;
  return admission;
}

void RouteMatch::answer(const HttpRequest& request, const Handler::Done& done) const {
  if (route == nullptr) return done(refusal);
  route->answer(RoutedRequest{request, target, wildcard}, done);
}

}  // namespace mtasts::web
