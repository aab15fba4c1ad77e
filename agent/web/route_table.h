// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// RouteTable: method, path, handler, class and body limit of every route. Everything that can be
// decided before a route's handler runs is decided from the table: 400 for an invalid target, 404,
// 405 with Allow, HEAD for GET, and 403 for a state-changing request sent by a page of another
// site. Every request passes RouteTable::match. Which role a request needs follows from its class,
// whether the client has it is AccessGuard's to say. Does not read or write sockets. A value; any
// thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "settings/external_url.h"
#include "settings/web_settings.h"
#include "web/handler.h"
#include "web/request_allowance.h"
#include "web/request_target.h"

namespace mtasts::web {

// The role that a client needs.
settings::WebRole role_for(RequestClass kind);

// A matched request, passed to the route's handler; valid during the call.
struct RoutedRequest {
  const HttpRequest& http;
  const RequestTarget& target;
  std::string_view wildcard;  // the text matched by '*' in the route's path
};

struct Route {
  std::string_view method;  // GET also matches HEAD
  std::string_view path;    // decoded; one '*' matches any text, also empty or with slashes
  std::function<void(const RoutedRequest&, const Handler::Done&)> answer;
  RequestClass kind = RequestClass::page;  // write: closed to pages of other sites
  size_t body_bytes = 0;
};

// What the table says of a request.
struct RouteMatch {
  const Route* route = nullptr;  // null: refused
  HttpResponse refusal;
  // Of the route that was found. What is refused anyway has one as well: who may not read learns
  // nothing of the routes.
  RequestClass kind = RequestClass::page;
  RequestTarget target;
  std::string wildcard;

  // What the request counts for; a refused one for no more than a page.
  RequestClass cost() const { return route == nullptr ? RequestClass::page : kind; }
  Admission admission() const;
  void answer(const HttpRequest& request, const Handler::Done& done) const;
};

class RouteTable {
 public:
  // The first matching route is used.
  explicit RouteTable(std::vector<Route> routes) : routes_(std::move(routes)) {}

  // `external` is the external URL of the routes; they are served both with its path as a prefix
  // and without. The table must outlive the result.
  RouteMatch match(const HttpRequest& request, const settings::ExternalUrl& external) const;

 private:
  RouteMatch find(std::string_view method, std::string_view path) const;

  std::vector<Route> routes_;
};

}  // namespace mtasts::web
