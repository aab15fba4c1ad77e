// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Handler: what a WebServer serves. It receives a request and produces a response, possibly later
// and from any thread. The server calls it twice: with the head alone, before reading a body, and
// with the whole request. Called on the server's loop thread, so neither function may block. One
// handler may serve several servers at once and must outlive them.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>

#include "web/http_message.h"

namespace mtasts::web {

// The decision on a request whose head has arrived.
struct Admission {
  size_t body_bytes = 0;                // a larger body gets 413
  std::optional<HttpResponse> refusal;  // set: this is the response, and the body is not read
  // Becomes HttpRequest::hold, and is released when the request is over, however it ended.
  std::shared_ptr<void> hold;
};

class Handler {
 public:
  // Call at most once, from any thread; later calls have no effect. A request without a response
  // gets 504 after WebLimits::answer.
  using Done = std::function<void(HttpResponse)>;

  virtual ~Handler() = default;

  // Whether admit() itself judges Host, also of requests that RFC 9112 §3.2 calls invalid; the
  // server refuses those otherwise.
  virtual bool judges_host() const { return false; }
  // `head` is a request without its body.
  virtual Admission admit(const HttpRequest& head) const = 0;
  // Called for admitted requests, with the body. `done` may be called before answer() returns.
  virtual void answer(const HttpRequest& request, const Done& done) const = 0;
  // The response where `done` was not called in time, or not before the server stops.
  virtual HttpResponse no_answer(bool shutting_down) const;
};

}  // namespace mtasts::web
