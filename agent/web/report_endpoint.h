// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// ReportEndpoint: receives TLS reports by POST (RFC 8460 §5.4) and nothing else. Many senders count
// any complete response as delivered, whatever its status, so a report that cannot be kept now is
// answered with 503 and less body than its Content-Length announces, and the connection is closed:
// senders that can repeat do. Never redirects; what a body means is not its business. Bounds the
// requests and octets of each client, and the bodies in memory.
// Threads: admit() and answer() on the loop thread of a WebServer; the hook is called on threads of
// the endpoint, several at once, and may block; everything else from any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "web/handler.h"
#include "web/web_limits.h"

namespace mtasts::web {

// Where a body comes from.
struct Submission {
  // The network of the sender: "192.0.2.1", "2001:db8:1:2::/64". A peer with a private or loopback
  // address is taken for a proxy: the last address of its X-Forwarded-For counts, if there is one.
  std::string client;
  bool trusted = false;  // came with the token of submit_token_file
};

enum class SubmissionOutcome : uint8_t {
  kept,    // 201: survives a power failure
  known,   // 200: was kept before
  full,    // incomplete 503
  failed,  // incomplete 503
};

// Keeps the octets durably, or says why not. An exception counts as `failed`.
using KeepSubmission = std::function<SubmissionOutcome(std::string octets, const Submission&)>;

struct ReportEndpointLimits {
  size_t body_bytes = 10 * 1024 * 1024;  // more gets 413
  // Of one client. What is over is answered with an incomplete 503.
  double requests = 5000;  // at once; refilled in `refill`
  double bytes = 256.0 * 1024 * 1024;
  std::chrono::milliseconds refill = std::chrono::minutes(2);
  size_t clients = 10000;  // remembered; the longest idle is forgotten first
  // Bodies being received or kept; a body without Content-Length counts as the largest one.
  size_t bytes_in_progress = 128 * 1024 * 1024;
  size_t client_bytes_in_progress = 48 * 1024 * 1024;
  size_t queue = 512;  // bodies waiting for a thread
  size_t client_queue = 128;
  size_t threads = 4;
  std::chrono::milliseconds answer{1900};  // senders wait 10 seconds, some fewer
};

// For WebServer::start of this endpoint.
WebLimits report_web_limits();

struct ReportEndpointCounts {
  uint64_t kept = 0;
  uint64_t known = 0;
  uint64_t full = 0;     // refused by the hook
  uint64_t failed = 0;   // by the hook, or no answer in time
  uint64_t limited = 0;  // refused by a limit of the endpoint
};

class ReportEndpoint : public Handler {
 public:
  // `path` begins with "/". `submit_token_file`: whoever sends its content (without white space
  // around it) as bearer token is trusted; it is read again when it changes; empty: nobody is.
  ReportEndpoint(KeepSubmission keep, std::string path, std::string submit_token_file,
                 ReportEndpointLimits limits = {});
  ~ReportEndpoint() override;  // after the servers that use it
  ReportEndpoint(const ReportEndpoint&) = delete;
  ReportEndpoint& operator=(const ReportEndpoint&) = delete;

  // New settings, for requests from now on.
  void configure(std::string path, std::string submit_token_file);

  Admission admit(const HttpRequest& head) const override;
  void answer(const HttpRequest& request, const Done& done) const override;
  HttpResponse no_answer(bool shutting_down) const override;

  ReportEndpointCounts counts() const;

 private:
  class Desk;
  const std::unique_ptr<Desk> desk_;
};

}  // namespace mtasts::web
