// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "present/agent_metrics.h"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <map>
#include <mutex>

#include "base/digest.h"
#include "present/metrics_table.h"

namespace mtasts::present {
namespace {

using prometheus::Counter;
using prometheus::Family;
using prometheus::Gauge;
using prometheus::Histogram;

// Buckets from one DNS answer on loopback to the longest check that the default settings allow.
const Histogram::BucketBoundaries kPhaseBuckets = {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
                                                   1,     2.5,  5,     10,   30,  60,   120};
// From what an idle machine shows to what makes the liveness probe fail; 50 ms is the longest that
// a handler may take.
const Histogram::BucketBoundaries kLagBuckets = {0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                                                 0.5,   1,     2.5,  5,     10,   30};
// There are fewer record types and DNS statuses than this; arbitrary text from a caller does no
// harm.
constexpr size_t kMostLabelValues = 32;

template <typename Builder>
auto& family_of(Builder builder, prometheus::Registry& registry, std::string_view name) {
  return builder.Name(std::string(name))
      .Help(help_text(metric_named(name).help))
      .Register(registry);
}

Family<Gauge>& gauges(prometheus::Registry& registry, std::string_view name) {
  return family_of(prometheus::BuildGauge(), registry, name);
}

Family<Counter>& counters(prometheus::Registry& registry, std::string_view name) {
  return family_of(prometheus::BuildCounter(), registry, name);
}

// Indexed by Phase.
std::array<Histogram*, kPhases.size()> phase_histograms(prometheus::Registry& registry) {
  auto& family = family_of(prometheus::BuildHistogram(), registry, "mtasts_phase_duration_seconds");
  std::array<Histogram*, kPhases.size()> histograms{};
  for (Phase phase : kPhases)
    histograms.at(static_cast<size_t>(phase)) =
        &family.Add({{"phase", std::string(name_of(phase))}}, kPhaseBuckets);
  return histograms;
}

// A counter with one label that has few values.
class CounterByLabel {
 public:
  CounterByLabel(Family<Counter>& family, std::string label)
      : family_(family), label_(std::move(label)) {}

  void increment(std::string_view value) {
    std::lock_guard lock(mutex_);
    auto known = counters_.find(value);
    if (known == counters_.end()) {
      std::string name = counters_.size() < kMostLabelValues ? std::string(value) : "other";
      known = counters_.try_emplace(name, &family_.Add({{label_, name}})).first;
    }
    known->second->Increment();
  }

 private:
  Family<Counter>& family_;
  const std::string label_;
  std::mutex mutex_;
  std::map<std::string, Counter*, std::less<>> counters_;
};

// The counter with this value in the family. A counter of prometheus-cpp only rises, so a lower
// value replaces it; Prometheus takes that for a restart.
void set_counter(Family<Counter>& family, uint64_t value, const prometheus::Labels& labels = {}) {
  Counter* counter = &family.Add(labels);
  const auto wanted = static_cast<double>(value);
  if (counter->Value() > wanted) {
    family.Remove(counter);
    counter = &family.Add(labels);
  }
  counter->Increment(wanted - counter->Value());
}

template <typename Metric>
void remove_all(Family<Metric>& family) {
  family.Remove(&family.Add({}));
}

// The certificate of a listener, without series until set() is called.
class CertificateFamilies {
 public:
  CertificateFamilies(prometheus::Registry& registry, const std::string& prefix)
      : not_before_(gauges(registry, prefix + "_not_before_timestamp_seconds")),
        not_after_(gauges(registry, prefix + "_not_after_timestamp_seconds")),
        current_(gauges(registry, prefix + "_current")) {}

  void set(const EndpointCertificate& certificate) {
    not_before_.Add({}).Set(unix_seconds(certificate.not_before));
    not_after_.Add({}).Set(unix_seconds(certificate.not_after));
    current_.Add({}).Set(certificate.is_current ? 1 : 0);
  }
  void clear() {
    for (Family<Gauge>* family : {&not_before_, &not_after_, &current_}) remove_all(*family);
  }

 private:
  Family<Gauge>& not_before_;
  Family<Gauge>& not_after_;
  Family<Gauge>& current_;
};

// A hash of the text that a double represents exactly (FNV-1a, 48 bits).
double number_of(std::string_view hash) { return static_cast<double>(fnv1a(hash) >> 16); }

}  // namespace

struct AgentMetrics::Families {
  prometheus::Registry registry;
  Counter& checks = counters(registry, "mtasts_checks_total").Add({});
  Counter& inconclusive = counters(registry, "mtasts_checks_inconclusive_total").Add({});
  Gauge& in_flight = gauges(registry, "mtasts_checks_in_flight").Add({});
  Gauge& queue_length = gauges(registry, "mtasts_check_queue_length").Add({});
  Gauge& lag = gauges(registry, "mtasts_check_lag_seconds").Add({});
  Histogram& loop_lag = family_of(prometheus::BuildHistogram(), registry, "mtasts_loop_lag_seconds")
                            .Add({}, kLagBuckets);
  CounterByLabel dns_queries{counters(registry, "mtasts_dns_queries_total"), "type"};
  CounterByLabel dns_failures{counters(registry, "mtasts_dns_query_failures_total"), "reason"};
  // Create the series of every phase at start: rate() misses the first event of a series that
  // appears with it.
  std::array<Histogram*, kPhases.size()> phases = phase_histograms(registry);
  Family<Gauge>& channels = gauges(registry, "mtasts_channel_alive");
  Family<Gauge>& outages = gauges(registry, "mtasts_channel_outage");
  Family<Gauge>& validating = gauges(registry, "mtasts_dns_validating");
  Family<Gauge>& build = gauges(registry, "mtasts_exporter_build_info");
  Gauge& reload_successful =
      gauges(registry, "mtasts_exporter_config_last_reload_successful").Add({});
  Gauge& reload_time =
      gauges(registry, "mtasts_exporter_config_last_reload_success_timestamp_seconds").Add({});
  Gauge& config_hash = gauges(registry, "mtasts_exporter_config_hash").Add({});
  Gauge& shard_ordinal = gauges(registry, "mtasts_shard_ordinal").Add({});
  Gauge& shards = gauges(registry, "mtasts_shards").Add({});
  Gauge& state_writable = gauges(registry, "mtasts_state_writable").Add({});
  // A family without series is not written.
  Family<Counter>& rejected = counters(registry, "tlsrpt_reports_rejected_total");
  Family<Gauge>& mailbox_success =
      gauges(registry, "tlsrpt_mailbox_last_success_timestamp_seconds");
  Family<Counter>& mailbox_messages = counters(registry, "tlsrpt_mailbox_messages_total");
  Family<Counter>& mailbox_failures = counters(registry, "tlsrpt_mailbox_failures_total");
  CertificateFamilies endpoint_certificate{registry, "tlsrpt_endpoint_certificate"};
  Family<Gauge>& spool_entries = gauges(registry, "tlsrpt_spool_entries");
  CertificateFamilies web_certificate{registry, "mtasts_exporter_web_certificate"};
  Family<Counter>& web_logins = counters(registry, "mtasts_exporter_web_authentications_total");
  Family<Counter>& policies_by_agent =
      counters(registry, "mtasts_hosted_policy_requests_by_agent_total");
  Family<Counter>& policy_rejections =
      counters(registry, "mtasts_hosted_policy_rejected_requests_total");
  Family<Gauge>& policy_host_not_after =
      gauges(registry, "mtasts_hosted_policy_certificate_not_after_timestamp_seconds");
  std::mutex policy_host_mutex;
  std::mutex mailbox_mutex;  // a counter is read and then incremented
};

AgentMetrics::AgentMetrics(const BuildInfo& build) : families_(std::make_unique<Families>()) {
  prometheus::Labels labels = {{"version", label_value(build.version)},
                               {"compiler", label_value(build.compiler)}};
  if (!build.revision.empty()) labels.emplace("revision", label_value(build.revision));
  families_->build.Add(labels).Set(1);
  families_->shards.Set(1);
}

AgentMetrics::~AgentMetrics() = default;

void AgentMetrics::count_check(bool inconclusive) {
  families_->checks.Increment();
  if (inconclusive) families_->inconclusive.Increment();
}

void AgentMetrics::set_checks_in_flight(size_t count) {
  families_->in_flight.Set(static_cast<double>(count));
}

void AgentMetrics::set_queue(size_t length, std::chrono::duration<double> lag) {
  families_->queue_length.Set(static_cast<double>(length));
  families_->lag.Set(lag.count());
}

void AgentMetrics::observe_loop_lag(std::chrono::duration<double> lag) {
  families_->loop_lag.Observe(std::max(0.0, lag.count()));
}

void AgentMetrics::observe_phase(Phase phase, std::chrono::duration<double> duration) {
  families_->phases.at(static_cast<size_t>(phase))->Observe(duration.count());
}

void AgentMetrics::count_dns_query(std::string_view type) {
  families_->dns_queries.increment(type);
}

void AgentMetrics::count_dns_failure(std::string_view reason) {
  families_->dns_failures.increment(reason);
}

void AgentMetrics::set_channel_alive(ChannelKind channel, std::optional<bool> alive) {
  Gauge& gauge = families_->channels.Add({{"channel", std::string(name_of(channel))}});
  if (alive)
    gauge.Set(*alive ? 1 : 0);
  else
    families_->channels.Remove(&gauge);
}

void AgentMetrics::set_channel_outage(ChannelKind channel, bool suspected) {
  families_->outages.Add({{"channel", std::string(name_of(channel))}}).Set(suspected ? 1 : 0);
}

void AgentMetrics::set_dns_validating(std::optional<bool> validating) {
  Gauge& gauge = families_->validating.Add({});
  if (validating)
    gauge.Set(*validating ? 1 : 0);
  else
    families_->validating.Remove(&gauge);
}

void AgentMetrics::config_loaded(Time at, std::string_view hash) {
  families_->reload_successful.Set(1);
  families_->reload_time.Set(unix_seconds(at));
  families_->config_hash.Set(number_of(hash));
}

void AgentMetrics::config_refused() { families_->reload_successful.Set(0); }

void AgentMetrics::set_state_writable(bool writable) {
  families_->state_writable.Set(writable ? 1 : 0);
}

void AgentMetrics::set_shard(int index, int total) {
  families_->shard_ordinal.Set(index);
  families_->shards.Set(total);
}

void AgentMetrics::enable_reports() {
  for (reports::Rejection reason : reports::kRejections)
    families_->rejected.Add({{"reason", std::string(name_of(reason))}});
  families_->spool_entries.Add({});
}

void AgentMetrics::count_rejected_report(reports::Rejection reason) {
  families_->rejected.Add({{"reason", std::string(name_of(reason))}}).Increment();
}

void AgentMetrics::set_mailbox(const std::optional<MailboxFacts>& facts) {
  std::lock_guard lock(families_->mailbox_mutex);
  if (!facts) {
    remove_all(families_->mailbox_success);
    remove_all(families_->mailbox_messages);
    remove_all(families_->mailbox_failures);
    return;
  }
  families_->mailbox_success.Add({}).Set(
      facts->last_success == kNever ? 0 : unix_seconds(facts->last_success));
  set_counter(families_->mailbox_messages, facts->messages);
  set_counter(families_->mailbox_failures, facts->failures);
}

void AgentMetrics::set_endpoint_certificate(const std::optional<EndpointCertificate>& certificate) {
  if (certificate)
    families_->endpoint_certificate.set(*certificate);
  else
    families_->endpoint_certificate.clear();
}

void AgentMetrics::set_web_certificate(const EndpointCertificate& certificate) {
  families_->web_certificate.set(certificate);
}

void AgentMetrics::set_web_logins(const std::optional<WebLogins>& logins) {
  const std::pair<const char*, uint64_t WebLogins::*> kResults[] = {
      {"accepted", &WebLogins::accepted},
      {"rejected", &WebLogins::rejected},
      {"throttled", &WebLogins::throttled}};
  for (const auto& [result, count] : kResults) {
    const prometheus::Labels labels = {{"result", result}};
    if (logins)
      set_counter(families_->web_logins, (*logins).*count, labels);
    else
      families_->web_logins.Remove(&families_->web_logins.Add(labels));
  }
}

void AgentMetrics::set_policy_host(const std::optional<PolicyHostFacts>& facts) {
  std::lock_guard lock(families_->policy_host_mutex);
  if (!facts || !facts->not_after) remove_all(families_->policy_host_not_after);
  if (facts && facts->not_after)
    families_->policy_host_not_after.Add({}).Set(unix_seconds(*facts->not_after));
  for (PolicyReader reader : kPolicyReaders) {
    const prometheus::Labels labels = {{"agent", name_of(reader)}};
    if (facts)
      set_counter(families_->policies_by_agent,
                  facts->requests.served.at(static_cast<size_t>(reader)), labels);
    else
      families_->policies_by_agent.Remove(&families_->policies_by_agent.Add(labels));
  }
  for (PolicyRejection reason : kPolicyRejections) {
    const prometheus::Labels labels = {{"reason", std::string(name_of(reason))}};
    if (facts)
      set_counter(families_->policy_rejections,
                  facts->requests.rejected.at(static_cast<size_t>(reason)), labels);
    else
      families_->policy_rejections.Remove(&families_->policy_rejections.Add(labels));
  }
}

void AgentMetrics::set_spool_entries(size_t count) {
  families_->spool_entries.Add({}).Set(static_cast<double>(count));
}

std::string AgentMetrics::text() const {
  // All label values above are plain ASCII or already escaped by label_value().
  return prometheus::TextSerializer().Serialize(families_->registry.Collect()) +
         process_metrics_text();
}

}  // namespace mtasts::present
