// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "web/policy_host.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "protocol/sts/policy_location.h"
#include "web/policy_request.h"

namespace mtasts::web {
namespace {

using present::PolicyRejection;

template <size_t count>
using Counts = std::array<std::atomic<uint64_t>, count>;

template <size_t count, typename Enum>
void count_one(Counts<count>& counts, Enum what) {
  counts.at(static_cast<size_t>(what)).fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

// Only the loop thread of a server writes; a scrape reads.
struct PolicyHost::Counters {
  Counts<present::kPolicyReaders.size()> served{};       // by PolicyReader
  Counts<present::kPolicyRejections.size()> rejected{};  // by PolicyRejection
};

class PolicyHost::Table {
 public:
  using Requests = std::shared_ptr<std::atomic<uint64_t>>;
  struct Entry {
    verdict::HostedPolicyPtr policy;
    FixedResponsePtr response;  // one for all domains with the same policy
    Requests requests;
  };

  Table() = default;
  Table(const Policies& policies, const Table& before);

  const Entry* find(const std::string& host) const {
    const auto found = by_host_.find(host);
    return found == by_host_.end() ? nullptr : &found->second;
  }
  const std::unordered_map<std::string, Entry>& by_host() const { return by_host_; }

 private:
  std::unordered_map<std::string, Entry> by_host_;  // "mta-sts.example.com"
};

PolicyHost::Table::Table(const Policies& policies, const Table& before) {
  std::map<std::string_view, FixedResponsePtr> by_id;
  by_host_.reserve(policies.size());
  for (const auto& [domain, policy] : policies) {
    FixedResponsePtr& response = by_id[policy->id];
    // RFC 8461 §3.2: the media type is text/plain. A policy is ASCII, so no charset is needed.
    if (response == nullptr)
      response = fixed_response("200 OK", "Content-Type: text/plain\r\n", policy->body);
    std::string host = protocol::policy_host_of(domain);
    const Entry* known = before.find(host);
    Requests requests =
        known != nullptr ? known->requests : std::make_shared<std::atomic<uint64_t>>(0);
    by_host_.emplace(std::move(host), Entry{policy, response, std::move(requests)});
  }
}

WebLimits policy_web_limits() {
  WebLimits limits;
  limits.handshake = std::chrono::seconds(5);
  limits.request = std::chrono::seconds(5);
  limits.idle = std::chrono::seconds(30);
  limits.write = std::chrono::seconds(10);
  limits.response = std::chrono::seconds(10);
  limits.header_bytes = 8 * 1024;
  limits.connections = 1024;
  limits.client_connections = 64;
  limits.closes_idle = true;
  return limits;
}

PolicyHost::PolicyHost()
    : counters_(std::make_unique<Counters>()), table_(std::make_shared<const Table>()) {}
PolicyHost::~PolicyHost() = default;

void PolicyHost::serve(const Policies& policies) {
  auto fresh = std::make_shared<const Table>(policies, *table());
  std::lock_guard lock(mutex_);
  table_.swap(fresh);
}

std::shared_ptr<const PolicyHost::Table> PolicyHost::table() const {
  std::lock_guard lock(mutex_);
  return table_;
}

FixedResponsePtr PolicyHost::rejected(PolicyRejection reason) const {
  static const FixedResponsePtr kBadRequest = fixed_response("400 Bad Request", "");
  static const FixedResponsePtr kNotFound = fixed_response("404 Not Found", "");
  static const FixedResponsePtr kNotAllowed =
      fixed_response("405 Method Not Allowed", "Allow: GET, HEAD\r\n");
  count_one(counters_->rejected, reason);
  if (reason == PolicyRejection::malformed) return kBadRequest;
  return reason == PolicyRejection::method ? kNotAllowed : kNotFound;
}

FixedResponsePtr PolicyHost::response_to(const HttpRequest& request) const {
  const auto wanted = policy_request_of(request);
  if (!wanted) return rejected(PolicyRejection::malformed);
  const auto own = table();
  const Table::Entry* entry = own->find(wanted->host);
  if (entry == nullptr) return rejected(PolicyRejection::host);
  if (wanted->path != protocol::kPolicyPath) return rejected(PolicyRejection::path);
  if (request.method != "GET" && request.method != "HEAD") return rejected(PolicyRejection::method);
  entry->requests->fetch_add(1, std::memory_order_relaxed);
  count_one(counters_->served, present::policy_reader_of(request.user_agent));
  return entry->response;
}

// Everything is answered from the head, so that no body is read.
Admission PolicyHost::admit(const HttpRequest& head) const {
  HttpResponse response;
  response.fixed = response_to(head);
  Admission admission;
  admission.refusal = std::move(response);
  return admission;
}

void PolicyHost::answer(const HttpRequest& request, const Done& done) const {
  HttpResponse response;
  response.fixed = response_to(request);
  done(std::move(response));
}

std::vector<present::HostedDomainFacts> PolicyHost::domains() const {
  const auto own = table();
  std::vector<present::HostedDomainFacts> facts;
  facts.reserve(own->by_host().size());
  for (const auto& [host, entry] : own->by_host())
    facts.push_back({host.substr(protocol::kPolicyHostPrefix.size()), entry.policy->id,
                     entry.requests->load(std::memory_order_relaxed)});
  std::sort(facts.begin(), facts.end(),
            [](const auto& one, const auto& other) { return one.domain < other.domain; });
  return facts;
}

present::PolicyRequestCounts PolicyHost::counts() const {
  present::PolicyRequestCounts counts;
  for (size_t i = 0; i < counts.served.size(); ++i)
    counts.served.at(i) = counters_->served.at(i).load(std::memory_order_relaxed);
  for (size_t i = 0; i < counts.rejected.size(); ++i)
    counts.rejected.at(i) = counters_->rejected.at(i).load(std::memory_order_relaxed);
  return counts;
}

}  // namespace mtasts::web
