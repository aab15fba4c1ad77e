// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// What speaks against the next step of a rollout.
#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "base/printable.h"
#include "protocol/sts/policy_location.h"
#include "reports/statistics.h"
#include "verdict/domain/report_rules.h"
#include "verdict/history/phases.h"
#include "verdict/report.h"
#include "verdict/rollout.h"
#include "verdict/text.h"

namespace mtasts::verdict {
namespace {

using protocol::ReportPolicyType;
using reports::DomainSummary;
using reports::SessionCounts;
using std::chrono::hours;

constexpr size_t kMostFindings = 10;
constexpr size_t kFinding_bytes = 600;
// Certificates of this lifetime are issued by automatic clients; one that was renewed once will be
// again. 90 days, and what authorities add at the beginning.
constexpr hours kAutomaticLifetime{92 * 24};
// Authorities date certificates back by an hour or so.
constexpr hours kBackdated{24};
constexpr uint64_t kDay_seconds = 86400;
// One failure of a hundred is the limit, and cannot be seen in less.
constexpr uint64_t kFewSessions = 100;
constexpr int kFewDays = 7;  // with a report
// One or two failed sessions are no share.
constexpr uint64_t kFewFailures = 3;

// --- Certificates

struct HostChain {
  std::string host;
  protocol::PeerChainPtr chain;  // of the address whose chain ends first
  Time watched{};                // since then a renewal would have been seen
};

void consider(HostChain& known, const protocol::PeerChainPtr& chain) {
  if (chain != nullptr &&
      (known.chain == nullptr || chain->chain_not_after < known.chain->chain_not_after))
    known.chain = chain;
}

Time policy_watched(const History& history) {
  Time first =
      history.instances.empty() ? history.policy.since : history.instances.front().first_seen;
  return std::max(history.began, first);
}

Time host_watched(const History& history, const std::string& host) {
  Time watched = history.began;
  for (const SeenMx& mx : history.mx_hosts)
    if (mx.host == host) watched = std::max(watched, mx.added);
  return watched;
}

std::vector<HostChain> chains_of(const RolloutBasis& basis) {
  const Report& report = basis.report;
  std::vector<HostChain> all;
  HostChain policy{protocol::policy_host_of(report.domain), nullptr, kNever};
  consider(policy, report.policy.chain);
  if (basis.history != nullptr) policy.watched = policy_watched(*basis.history);
  all.push_back(std::move(policy));
  for (const MxReport& mx : report.mx) {
    if (mx.facts == nullptr) continue;
    HostChain one{mx.host, nullptr, kNever};
    for (const MxAddressReport& address : mx.facts->addresses) consider(one, address.chain);
    if (basis.history != nullptr) one.watched = host_watched(*basis.history, mx.host);
    all.push_back(std::move(one));
  }
  std::erase_if(all, [](const HostChain& one) { return one.chain == nullptr; });
  return all;
}

bool renews_itself(const HostChain& host) {
  const protocol::Certificate& leaf = host.chain->leaf;
  return host.watched != kNever && leaf.not_after - leaf.not_before <= kAutomaticLifetime &&
         leaf.not_before > host.watched + kBackdated;
}

// --- Reports

// The types whose failures concern the policy: sessions under DANE do not use it.
constexpr ReportPolicyType kTypes[] = {ReportPolicyType::sts, ReportPolicyType::no_policy_found};

bool is_failing(const SessionCounts& counts) {
  return counts.failed >= kFewFailures && reports::band_of(counts) != reports::Band::normal;
}

// Strangers must not raise it where reports are authenticated.
const SessionCounts& counts_of(const DomainSummary& reported, ReportPolicyType type) {
  auto index = static_cast<size_t>(type);
  bool authenticated = reported.authenticated_counts[index].total() > 0;
  return authenticated ? reported.authenticated_counts[index] : reported.counts[index];
}

uint64_t sessions_ever(const DomainSummary& reported) {
  uint64_t sessions = 0;
  for (ReportPolicyType type : kTypes)
    sessions = std::max(sessions, reported.totals.counts[static_cast<size_t>(type)].total());
  return sessions;
}

int days_reported(const DomainSummary& reported) {
  reports::DayBits days = 0;
  for (const reports::OrganizationSummary& one : reported.organizations) days |= one.days;
  return std::popcount(days);
}

void add_failures(RolloutScene& scene, const DomainSummary& reported) {
  for (ReportPolicyType type : kTypes) {
    const SessionCounts& counts = counts_of(reported, type);
    if (!is_failing(counts)) continue;
    auto index = static_cast<size_t>(type);
    std::vector<std::string> types;
    std::vector<std::string> organizations;
    size_t count = 0;
    for (const reports::FailureSummary& failure : reported.failures) {
      if (failure.sessions[index].failed == 0) continue;
      add_names(types, {type_text(failure)});
      add_names(organizations, failure.organizations);
      count = std::max(count, failure.organization_count);
    }
    count = std::max(count, organizations.size());
    std::string what = types.empty() ? "" : " with " + listed(types, 3);
    scene.add(ObstacleKind::failures_reported, std::string(protocol::name_of(type)),
              fmt::format("From {} on, senders reported {} of {} sessions as failed{}; {} "
                          "organization{} did.",
                          reports::day_text(reported.from), counts.failed, counts.total(), what,
                          count, count == 1 ? "" : "s"),
              fmt::format("Find the cause with mtasts-exporter reports {} before mail depends on "
                          "it.",
                          scene.basis.report.domain));
  }
}

void add_few(RolloutScene& scene, const DomainSummary& reported) {
  uint64_t sessions = sessions_ever(reported);
  int days = days_reported(reported);
  if (sessions >= kFewSessions && days >= kFewDays) return;
  // A domain with little mail cannot wait for ever: after twice the time the agent's own checks
  // have to do.
  bool blocks = true;
  std::string rest = ".";
  if (scene.basis.history != nullptr && scene.rollout.next->earliest) {
    const SeenPhase& seen = scene.basis.history->phase;
    Time enough = seen.clean_from + 2 * durations_of(scene.rollout.phase).without_errors;
    blocks = enough > scene.basis.now;
    if (blocks)
      rest = fmt::format("; without them, from {} on the agent's own checks have to do.",
                         until_text(enough, scene.basis.now));
  }
  scene.add(ObstacleKind::few_reports, "",
            fmt::format("Senders have reported {} session{} on {} day{}, too few to know how "
                        "senders fare.",
                        sessions, sessions == 1 ? "" : "s", days, days == 1 ? "" : "s"),
            fmt::format("Wait for reports of at least {} sessions on {} days{}", kFewSessions,
                        kFewDays, rest),
            blocks);
}

bool is_probed(const RolloutScene& scene) {
  return scene.basis.report.stage(Stage::smtp) != StageResult::not_applicable;
}

std::string unknown_stages(const Report& report) {
  std::vector<std::string> names;
  for (Stage stage : kStages)
    if (stage != Stage::dane && report.stage(stage) == StageResult::unknown)
      names.emplace_back(name_of(stage));
  return listed(names, 10);
}

}  // namespace

// Without a policy in use, only what would stop one counts; what is missing is the step itself.
void add_findings(RolloutScene& scene) {
  bool began = scene.rollout.phase != RolloutPhase::none ||
               scene.basis.report.record.status != TxtStatus::missing;
  size_t more = 0;
  for (const Finding& finding : scene.basis.report.findings) {
    if (!is_obstacle(finding)) continue;
    Stage stage = finding.row->stage;
    bool counts = began || stage == Stage::mx || stage == Stage::smtp ||
                  stage == Stage::mx_certificate || stage == Stage::reports;
    if (!counts) continue;
    size_t known = scene.rollout.obstacles.size();
    if (known >= kMostFindings) {
      ++more;
      continue;
    }
    std::string about = finding.subject.empty() ? "" : " (" + finding.subject + ")";
    scene.add(
        ObstacleKind::finding, std::string(finding.code()),
        fmt::format("{}{}: {}", finding.code(), about, printable(finding.message, kFinding_bytes)),
        finding.fix);
  }
  if (more > 0)
    scene.add(ObstacleKind::finding, "",
              fmt::format("{} more finding{} open.", more, more == 1 ? " is" : "s are"),
              "Run mtasts-exporter check " + scene.basis.report.domain + " to see them all.");
  const Report& report = scene.basis.report;
  bool unused = report.tlsrpt.status == TxtStatus::missing ||
                report.tlsrpt.status == TxtStatus::invalid ||
                report.tlsrpt.status == TxtStatus::multiple;
  bool told = std::any_of(report.findings.begin(), report.findings.end(), [](const Finding& one) {
    return one.row->stage == Stage::tlsrpt && is_obstacle(one);
  });
  if (began && unused && !told)
    scene.add(ObstacleKind::no_tlsrpt, "",
              "There is no usable TLSRPT record, so nobody would report failures.",
              "Publish the TLSRPT record that mtasts-exporter generate records " + report.domain +
                  " prints.");
}

void add_unseen(RolloutScene& scene) {
  const Report& report = scene.basis.report;
  const SeenPhase& seen = scene.basis.history->phase;
  if (!is_probed(scene)) {
    bool reported = scene.basis.reported != nullptr &&
                    sessions_ever(*scene.basis.reported) >= kFewSessions &&
                    days_reported(*scene.basis.reported) >= kFewDays;
    scene.add(ObstacleKind::unseen, "",
              "No MX host is probed over SMTP, so it is not known whether senders could deliver in "
              "mode enforce.",
              "Set [smtp] enabled = true where port 25 is open, or rely on TLS reports.",
              !reported);
  }
  if (scene.has(ObstacleKind::finding)) return;
  if (seen.clean_seen != kNever && scene.basis.now - seen.clean_seen <= kLongestUnseen) return;
  std::string stages = unknown_stages(report);
  std::string last =
      seen.clean_seen == kNever
          ? "no check has seen the whole domain yet"
          : fmt::format("the last check that saw the whole domain in order was on {}",
                        date_text(seen.clean_seen));
  scene.add(ObstacleKind::unseen, "",
            stages.empty() ? sentence(last) + "."
                           : fmt::format("Stage {} could not be observed, and {}.", stages, last),
            stages.empty() ? "Keep mtasts-exporter serve running."
                           : "Follow the findings of severity unknown: they say what the agent "
                             "needs in order to see this.");
}

void add_certificates(RolloutScene& scene) {
  const NextStep& next = *scene.rollout.next;
  // Every certificate ends within a year, and in mode testing mail is delivered all the same.
  if (next.mode != protocol::Mode::enforce || next.optional) return;
  Time until = scene.basis.now + std::chrono::seconds(next.max_age_seconds);
  for (const HostChain& host : chains_of(scene.basis)) {
    Time end = host.chain->chain_not_after;
    if (end >= until || renews_itself(host)) continue;
    scene.add(
        ObstacleKind::certificate, host.host,
        fmt::format("The certificate of {} ends on {}, within the {} days for which senders "
                    "may hold the next policy, and no renewal of it has been seen.",
                    printable(host.host, 253), date_text(end), next.max_age_seconds / kDay_seconds),
        "Renew it, and let it be renewed automatically.");
  }
}

void add_reported(RolloutScene& scene) {
  const DomainSummary* reported = scene.basis.reported;
  if (reported == nullptr) {
    scene.add(ObstacleKind::reports_off, "",
              "TLS reports are not taken in, so only the agent's own checks speak for the next "
              "step.",
              "Set [reports] enabled = true to know what senders see, or read the reports that "
              "arrive at the addresses of the TLSRPT record.",
              false);
    return;
  }
  add_failures(scene, *reported);
  if (!scene.rollout.next->optional) add_few(scene, *reported);
}

bool are_failures_reported(const DomainSummary* reported) {
  return reported != nullptr &&
         std::any_of(std::begin(kTypes), std::end(kTypes),
                     [&](ReportPolicyType type) { return is_failing(counts_of(*reported, type)); });
}

}  // namespace mtasts::verdict
