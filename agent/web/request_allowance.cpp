// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "web/request_allowance.h"

#include <fmt/format.h>

#include <cmath>

namespace mtasts::web {
namespace {

constexpr size_t kRememberedClients = 4096;
constexpr double kClientsOfProxy = 10;  // that use what they may at once

struct Allowance {
  double at_once;     // requests
  double per_second;  // afterwards
};

// By RequestClass. Scripts ask for each of thousands of domains; a listing of thousands takes
// milliseconds, and Prometheus scrapes once in seconds; 20 checks a second are what 64 probes at a
// time can do; a reload follows a deployment.
constexpr std::array<Allowance, kLimitedClasses> kAllowances = {
    {{2000, 200}, {300, 20}, {2000, 50}, {1000, 20}, {30, 0.5}}};

std::shared_ptr<ClientTable> table_of(const Allowance& allowance, double factor) {
  ClientLimits limits;
  limits.requests = allowance.at_once * factor;
  limits.refill = std::chrono::milliseconds(
      static_cast<int64_t>(1000 * allowance.at_once / allowance.per_second));
  limits.clients = kRememberedClients;
  return std::make_shared<ClientTable>(limits);
}

HttpResponse too_many(const Allowance& allowance) {
  const int seconds = static_cast<int>(std::ceil(1 / allowance.per_second));
  return retry_response(
      429,
      fmt::format("Too many requests; try again in {} second{}.", seconds, seconds == 1 ? "" : "s"),
      std::chrono::seconds(seconds));
}

}  // namespace

RequestAllowance::RequestAllowance() {
  for (size_t i = 0; i < kLimitedClasses; ++i)
    tables_.at(i) = {table_of(kAllowances.at(i), 1), table_of(kAllowances.at(i), kClientsOfProxy)};
}

std::optional<HttpResponse> RequestAllowance::refusal_of(
    const HttpRequest& request, RequestClass kind, std::chrono::steady_clock::time_point now) {
  if (kind == RequestClass::health) return std::nullopt;
  const auto index = static_cast<size_t>(kind);
  const Tables& own = tables_.at(index);
  const std::string client = client_of(request);
  const std::string peer = network_of(request.peer);
  if (peer != client && !own.proxies->spend(peer, now)) return too_many(kAllowances.at(index));
  if (!own.clients->spend(client, now)) return too_many(kAllowances.at(index));
  return std::nullopt;
}

}  // namespace mtasts::web
