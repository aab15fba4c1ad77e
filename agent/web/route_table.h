// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// One table of routes: method, path, handler, body limit, and who may. Everything that can be said
// of a request before its handler runs comes from the table: 400 for a target that cannot be read,
// 404, 405 with Allow, HEAD for GET, and 403 for a writing request that a page of another site
// made. Every request passes one door, RouteTable::check; authentication belongs there, too.
// A value; any thread.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "settings/external_url.h"
#include "web/handler.h"

namespace mtasts::web {

// Who may use a route.
enum class Access {
  open,       // whoever reaches the port
  same_site,  // programs, and pages of this site; a route that changes something
};

// Of a request, for the route's handler; valid during the call.
struct RoutedRequest {
  const HttpRequest& http;
  const std::map<std::string, std::string>& query;  // decoded; the first of a name
  std::string_view wildcard;                        // what '*' of the route's path stands for
};

struct Route {
  std::string_view method;  // GET takes HEAD, too
  std::string_view path;    // decoded; one '*' stands for any text, slashes and none included
  std::function<void(const RoutedRequest&, const Handler::Done&)> answer;
  size_t body_bytes = 0;
  Access access = Access::open;
};

class RouteTable {
 public:
  // The first route that fits a request counts.
  explicit RouteTable(std::vector<Route> routes) : routes_(std::move(routes)) {}

  // `external` is the URL under which the routes are reached from outside; they are served with its
  // path as a prefix and without.
  Admission admit(const HttpRequest& head, const settings::ExternalUrl& external) const;
  // Refuses what admit() refuses.
  void answer(const HttpRequest& request, const settings::ExternalUrl& external,
              const Handler::Done& done) const;

 private:
  struct Match;  // of a request: a route, or a refusal

  Match check(const HttpRequest& request, const settings::ExternalUrl& external) const;
  Match find(std::string_view method, std::string_view path) const;

  std::vector<Route> routes_;
};

}  // namespace mtasts::web
