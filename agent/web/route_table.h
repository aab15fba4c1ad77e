// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// RouteTable: method, path, handler, body limit and access rule of every route. Everything that can
// be decided before a route's handler runs is decided from the table: 400 for an invalid target,
// 404, 405 with Allow, HEAD for GET, and 403 for a state-changing request sent by a page of another
// site. Every request passes RouteTable::check. Which role a request needs is in the table, whether
// the client has it is AccessGuard's to say. Does not read or write sockets. A value; any thread.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "settings/external_url.h"
#include "settings/web_settings.h"
#include "web/handler.h"
#include "web/request_target.h"

namespace mtasts::web {

// The access rule of a route.
enum class Access {
  open,       // everyone who can reach the port
  same_site,  // programs and pages of this site; for routes that change state
};

// A matched request, passed to the route's handler; valid during the call.
struct RoutedRequest {
  const HttpRequest& http;
  const RequestTarget& target;
  const std::map<std::string, std::string>& query;  // of the target; first value per name
  std::string_view wildcard;                        // the text matched by '*' in the route's path
};

struct Route {
  std::string_view method;  // GET also matches HEAD
  std::string_view path;    // decoded; one '*' matches any text, also empty or with slashes
  std::function<void(const RoutedRequest&, const Handler::Done&)> answer;
  size_t body_bytes = 0;
  Access access = Access::open;
  settings::WebRole role = settings::WebRole::read;  // that a client needs
};

class RouteTable {
 public:
  // The first matching route is used.
  explicit RouteTable(std::vector<Route> routes) : routes_(std::move(routes)) {}

  // The role that the request needs. What is refused anyway needs one as well: who may not read
  // learns nothing of the routes.
  settings::WebRole role_of(const HttpRequest& head, const settings::ExternalUrl& external) const;

  // `external` is the external URL of the routes; they are served both with its path as a prefix
  // and without.
  Admission admit(const HttpRequest& head, const settings::ExternalUrl& external) const;
  // Refuses every request that admit() refuses.
  void answer(const HttpRequest& request, const settings::ExternalUrl& external,
              const Handler::Done& done) const;

 private:
  struct Match;  // the result for a request: a route, or a refusal

  Match check(const HttpRequest& request, const settings::ExternalUrl& external) const;
  Match find(std::string_view method, std::string_view path) const;

  std::vector<Route> routes_;
};

}  // namespace mtasts::web
