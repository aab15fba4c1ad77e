// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// PolicyHostService: the listener that serves the policies of the settings. It lives as long as the
// agent; settings change what it listens on and what it serves. Created, used and destroyed on the
// loop thread; metrics_text(): any thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "check/hosted_policies.h"
#include "present/agent_metrics.h"
#include "settings/settings.h"
#include "web/policy_host.h"
#include "web/tls_context.h"
#include "web/web_server.h"

namespace mtasts::service {

class PolicyHostService {
 public:
  // `metrics` must outlive this.
  explicit PolicyHostService(present::AgentMetrics& metrics) : metrics_(metrics) {}
  ~PolicyHostService() { stop(); }
  PolicyHostService(const PolicyHostService&) = delete;
  PolicyHostService& operator=(const PolicyHostService&) = delete;

  // Listens as the settings say and serves these policies, made of the same settings, from now on.
  // A listener that stays the same is not touched. After a failure, which is one sentence,
  // everything is as before.
  Result<void> use(const settings::PolicyHostSettings& settings, check::HostedPoliciesPtr policies);
  void stop();

  const check::HostedPoliciesPtr& policies() const { return policies_; }
  // Brings the metrics of the agent up to date.
  void feed_metrics();
  // The metrics of the hosted domains, in the text format.
  std::string metrics_text() const { return present::hosted_metrics_text(host_.domains()); }
  // For tests, which let the system choose the port.
  std::vector<settings::Endpoint> endpoints() const;

 private:
  // What a listener is made of.
  struct Listening {
    std::vector<settings::Endpoint> listen;
    std::string cert_file;
    std::string key_file;
    bool operator==(const Listening&) const = default;
  };
  Result<void> start(const Listening& wanted, std::shared_ptr<web::TlsContext> tls,
                     check::HostedPoliciesPtr policies);
  void serve(check::HostedPoliciesPtr policies);

  present::AgentMetrics& metrics_;
  check::HostedPoliciesPtr policies_ = std::make_shared<const check::HostedPolicies>();
  web::PolicyHost host_;
  Listening listening_;
  bool has_metrics_ = false;
  std::shared_ptr<web::TlsContext> tls_;    // null: plain HTTP
  std::unique_ptr<web::WebServer> server_;  // after the host, so that it ends before it
};

}  // namespace mtasts::service
