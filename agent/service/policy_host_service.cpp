// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "service/policy_host_service.h"

#include <utility>

#include "base/log.h"

namespace mtasts::service {

Result<void> PolicyHostService::use(const settings::PolicyHostSettings& settings,
                                    check::HostedPoliciesPtr policies) {
  const Listening wanted{settings.listen, settings.cert_file, settings.key_file};
  if (wanted == listening_) {
    serve(std::move(policies));
    return {};
  }
  std::shared_ptr<web::TlsContext> tls;
  if (!wanted.listen.empty() && !wanted.cert_file.empty()) {
    auto opened = web::TlsContext::open(wanted.cert_file, wanted.key_file, "[policy_host]",
                                        "the policy host");
    if (!opened) return opened.failure();
    tls = std::move(*opened);
  }
  server_.reset();  // first: the new one may listen on the same port
  const Listening before = std::exchange(listening_, Listening());
  const std::shared_ptr<web::TlsContext> tls_before = std::exchange(tls_, nullptr);
  const check::HostedPoliciesPtr policies_before = policies_;
  auto started = start(wanted, std::move(tls), std::move(policies));
  if (started) return started;
  if (auto again = start(before, tls_before, policies_before); !again)
    log(LogLevel::error, "policies are not served any more", {{"error", again.failure().detail}});
  return started;
}

// What is served is set before anybody can ask for it.
Result<void> PolicyHostService::start(const Listening& wanted, std::shared_ptr<web::TlsContext> tls,
                                      check::HostedPoliciesPtr policies) {
  serve(std::move(policies));
  if (!wanted.listen.empty()) {
    auto server = web::WebServer::start(wanted.listen, host_, web::policy_web_limits(),
                                        "[policy_host] listen", tls);
    if (!server) return server.failure();
    server_ = std::move(*server);
    for (const settings::Endpoint& endpoint : server_->endpoints())
      log(LogLevel::info, "listening for requests of policies",
          {{"address", endpoint.text()}, {"tls", tls == nullptr ? "no" : "yes"}});
  }
  tls_ = std::move(tls);
  listening_ = wanted;
  feed_metrics();
  return {};
}

void PolicyHostService::serve(check::HostedPoliciesPtr policies) {
  host_.serve(*policies);
  policies_ = std::move(policies);
}

void PolicyHostService::stop() {
  server_.reset();
  listening_ = Listening();
}

void PolicyHostService::feed_metrics() {
  if (server_ == nullptr) {
    if (std::exchange(has_metrics_, false)) metrics_.set_policy_host(std::nullopt);
    return;
  }
  has_metrics_ = true;
  present::AgentMetrics::PolicyHostFacts facts;
  facts.requests = host_.counts();
  if (tls_ != nullptr) facts.not_after = tls_->not_after();
  metrics_.set_policy_host(facts);
}

std::vector<settings::Endpoint> PolicyHostService::endpoints() const {
  return server_ == nullptr ? std::vector<settings::Endpoint>() : server_->endpoints();
}

}  // namespace mtasts::service
