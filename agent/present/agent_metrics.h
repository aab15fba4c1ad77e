// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// AgentMetrics: the agent's own metrics (checks, durations, channel availability, configuration
// reloads), held in a prometheus-cpp Registry, and process_*, read at each scrape. Holds nothing
// about individual domains or MX hosts. Label values are closed sets; any other value counts as
// "other". Any thread; each method is a few atomic operations.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/channel.h"
#include "base/check_metrics.h"
#include "base/time.h"
#include "present/hosted_metrics.h"
#include "reports/admission.h"

namespace mtasts::present {

struct BuildInfo {
  std::string version;
  std::string revision;  // empty: unknown, the label is omitted
  std::string compiler;
};

// What the polling of the mailbox for TLS reports did since the start.
struct MailboxFacts {
  Time last_success = kNever;
  uint64_t messages = 0;  // taken from it
  uint64_t failures = 0;  // polls that failed
};

// Of the endpoint for TLS reports, or of the web port.
struct EndpointCertificate {
  Time not_before{};
  Time not_after{};
  bool is_current = true;  // false: the files were changed since, and cannot be used
};

// Requests to the web port with a user name and a password, since the start.
struct WebLogins {
  uint64_t accepted = 0;
  uint64_t rejected = 0;
  uint64_t throttled = 0;  // refused without a comparison
};

class AgentMetrics : public CheckMetrics {
 public:
  explicit AgentMetrics(const BuildInfo& build);
  ~AgentMetrics() override;
  AgentMetrics(const AgentMetrics&) = delete;
  AgentMetrics& operator=(const AgentMetrics&) = delete;

  void count_check(bool inconclusive);
  void set_checks_in_flight(size_t count);
  void set_queue(size_t length, std::chrono::duration<double> lag);
  // How late the checks' loop came to a handler that was due.
  void observe_loop_lag(std::chrono::duration<double> lag);
  void observe_phase(Phase phase, std::chrono::duration<double> duration) override;
  void count_dns_query(std::string_view type) override;
  void count_dns_failure(std::string_view reason) override;
  // Empty: nothing has proved or disproved it, and there is no series.
  void set_channel_alive(ChannelKind channel, std::optional<bool> alive);
  void set_channel_outage(ChannelKind channel, bool suspected);
  // Empty: not known, and there is no series.
  void set_dns_validating(std::optional<bool> validating);

  // Settings were loaded and became active at `at`.
  void config_loaded(Time at, std::string_view hash);
  // A load failed; the active settings stay active.
  void config_refused();
  void set_shard(int index, int total);
  void set_state_writable(bool writable);

  // TLS reports are taken in. Without this call there is no series about them; from then on every
  // reason of a rejection has one, 0 at first.
  void enable_reports();
  void count_rejected_report(reports::Rejection reason);
  // Empty: no mailbox is polled, and there is no series. Counts that fall start a new counter.
  void set_mailbox(const std::optional<MailboxFacts>& facts);
  // Empty: the endpoint for TLS reports has no certificate of its own, and there is no series.
  void set_endpoint_certificate(const std::optional<EndpointCertificate>& certificate);
  void set_web_certificate(const EndpointCertificate& certificate);
  // Empty: nobody needs a password, and there is no series. One thread.
  void set_web_logins(const std::optional<WebLogins>& logins);
  void set_spool_entries(size_t count);

  // The policy host and notAfter of its certificate. Empty: the agent serves no policies, and there
  // is no series.
  struct PolicyHostFacts {
    PolicyRequestCounts requests;
    std::optional<Time> not_after;  // empty: it has no certificate of its own
  };
  void set_policy_host(const std::optional<PolicyHostFacts>& facts);

  // The exposition of all these metrics, process_* included.
  std::string text() const;

 private:
  struct Families;
  std::unique_ptr<Families> families_;
};

// When the process started, as Unix seconds; empty: /proc does not say.
std::optional<double> process_start_time_seconds();

// process_* in the text format, from /proc/self; values that cannot be read are omitted.
std::string process_metrics_text();

}  // namespace mtasts::present
