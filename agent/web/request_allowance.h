// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// RequestAllowance: how often a client may ask, by what the request costs the agent, so that one
// client's requests do not delay the scrapes of others. What is counted for one class does not
// count for another: pages that are fetched in a loop leave the same client's scrapes alone. A peer
// with a private, loopback or link-local address is taken for a proxy where it adds
// X-Forwarded-For; then both the client it names and the proxy, with more, are limited. Any thread.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

#include "web/client_table.h"
#include "web/http_message.h"

namespace mtasts::web {

// What a request is for, and so what it costs, who may make it and how often.
enum class RequestClass : uint8_t {
  page,     // one domain, or nothing; also every request without a route
  listing,  // all domains in one response
  scrape,   // /metrics
  probe,    // a check is made
  write,    // changes something
  health,   // costs nothing, and is never refused
};
inline constexpr size_t kLimitedClasses = 5;  // all but health

class RequestAllowance {
 public:
  RequestAllowance();

  // 429 (RFC 6585 §4) with Retry-After where the client has used up what it may.
  std::optional<HttpResponse> refusal_of(const HttpRequest& request, RequestClass kind,
                                         std::chrono::steady_clock::time_point now);

 private:
  struct Tables {
    std::shared_ptr<ClientTable> clients;
    std::shared_ptr<ClientTable> proxies;
  };
  std::array<Tables, kLimitedClasses> tables_;
};

}  // namespace mtasts::web
