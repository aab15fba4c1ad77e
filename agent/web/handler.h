// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// What a WebServer serves: a request comes in, a response goes out, later and from any thread. The
// server asks twice: with the head alone, before it reads a body, and with the whole request.
// Called on the loop thread of the server, so neither function may block. One handler may serve
// several servers at once and must outlive them.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>

#include "web/http_message.h"

namespace mtasts::web {

// What becomes of a request whose head has arrived.
struct Admission {
  size_t body_bytes = 0;                // a larger body gets 413
  std::optional<HttpResponse> refusal;  // set: this is the response, and the body is not read
};

class Handler {
 public:
  // To be called at most once, from any thread; later calls do nothing. A request that never gets a
  // response gets 504 after WebLimits::answer.
  using Done = std::function<void(HttpResponse)>;

  virtual ~Handler() = default;

  // `head` is a request without its body.
  virtual Admission admit(const HttpRequest& head) const = 0;
  // Called for what was admitted, with the body. `done` may be called before answer() returns.
  virtual void answer(const HttpRequest& request, const Done& done) const = 0;
};

}  // namespace mtasts::web
