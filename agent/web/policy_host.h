// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// PolicyHost: answers GET and HEAD of https://mta-sts.DOMAIN/.well-known/mta-sts.txt (RFC 8461
// §3.3) with the policy of the domain, octet for octet, and everything else with an empty body. The
// path is compared as it was sent, a query is ignored. Which name the certificate has is not its
// business.
// Threads: admit() and answer() on the loop thread of a WebServer; everything else from any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "present/hosted_metrics.h"
#include "verdict/hosted_policy.h"
#include "web/handler.h"
#include "web/web_limits.h"

namespace mtasts::web {

// For WebServer::start of a policy host.
WebLimits policy_web_limits();

class PolicyHost : public Handler {
 public:
  using Policies = std::unordered_map<std::string, verdict::HostedPolicyPtr>;

  PolicyHost();
  ~PolicyHost() override;

  // The policies by domain (lower-case A-labels), for requests from now on: all of them at once. A
  // domain that stays keeps its count of requests.
  void serve(const Policies& policies);

  bool judges_host() const override { return true; }
  Admission admit(const HttpRequest& head) const override;
  void answer(const HttpRequest& request, const Done& done) const override;

  // By domain.
  std::vector<present::HostedDomainFacts> domains() const;
  present::PolicyRequestCounts counts() const;

 private:
  class Table;
  std::shared_ptr<const Table> table() const;
  FixedResponsePtr response_to(const HttpRequest& request) const;
  FixedResponsePtr rejected(present::PolicyRejection reason) const;

  struct Counters;
  const std::unique_ptr<Counters> counters_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Table> table_;  // under mutex_; a Table never changes
};

}  // namespace mtasts::web
