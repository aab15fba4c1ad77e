// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// LatestReports: the latest report of every configured domain, the last conclusive result of each
// of its stages, and the facts of every MX host used by any report, stored once per host. Entries
// are immutable and shared; a snapshot is a list of pointers. Each change is returned, so that
// callers can update what they derive from it. Does not render or store anything. Any thread: one
// mutex.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "board/host_board.h"
#include "reports/rejected_report.h"
#include "reports/summary.h"
#include "settings/settings.h"
#include "verdict/evidence.h"
#include "verdict/report.h"

namespace mtasts::board {

// The last conclusive result of one stage. not_applicable: there is none.
struct LastResult {
  verdict::StageResult result = verdict::StageResult::not_applicable;
  Time at{};
};
using LastResults = std::array<LastResult, verdict::kStages.size()>;

// pass and fail are conclusive; unknown keeps the earlier result; not_applicable clears it.
LastResults updated_results(const LastResults& before, const verdict::Report& report);

struct DomainEntry {
  std::string name;
  std::shared_ptr<const settings::DomainEntry> configured;  // null: a probe of another domain
  verdict::ReportPtr report;                                // null: not checked yet
  LastResults stages;                                       // index: verdict::Stage
  reports::DomainSummaryPtr reported;                       // null: TLS reports are not taken in
  // The stages that the report before could not observe; none after a start.
  std::bitset<verdict::kStages.size()> unseen_before = {};
};
using DomainEntryPtr = std::shared_ptr<const DomainEntry>;

// The changes made by one call.
struct Update {
  std::vector<DomainEntryPtr> domains;  // new or replaced
  std::vector<HostEntryPtr> hosts;      // new or replaced
  std::vector<std::string> removed_domains;
  std::vector<std::string> removed_hosts;
};

struct Snapshot {
  std::vector<DomainEntryPtr> domains;  // by name
  std::vector<HostEntryPtr> hosts;      // by name
  // The channels that are not available to the agent now: why much may be unknown.
  std::vector<verdict::ChannelFault> channel_faults;
  reports::RejectedReportsPtr rejected_reports;  // null: TLS reports are not taken in
};

class LatestReports {
 public:
  // Configures a domain, or changes the labels and expected mode of a known one, which keeps its
  // report; forgets a domain, if it is known.
  Update put_domain(const settings::DomainEntry& domain);
  Update remove_domain(const std::string& domain);

  // Returns nothing, and changes nothing, if the domain is not configured: a check that ends after
  // its domain was removed does not add it again.
  std::optional<Update> publish(const verdict::ReportPtr& report);

  // Restores the result of an earlier run for a configured domain, until its first check.
  Update restore(const verdict::ReportPtr& report, const LastResults& stages);

  // Sets what TLS reports say about a configured domain; changes nothing for another one.
  Update set_reported(const std::string& domain, const reports::DomainSummaryPtr& reported);

  void set_channel_faults(std::vector<verdict::ChannelFault> faults);
  // Null: TLS reports are not taken in.
  void set_rejected_reports(reports::RejectedReportsPtr rejected);
  reports::RejectedReportsPtr rejected_reports() const;

  DomainEntryPtr find(std::string_view domain) const;  // null: not configured
  Snapshot snapshot() const;
  // True when every configured domain has a report.
  bool complete() const;

 private:
  void replace(DomainEntryPtr& place, const verdict::ReportPtr& report, const LastResults& stages,
               Update& update);
  void replace_hosts(const verdict::Report* before, const verdict::Report* after, Update& update);

  mutable std::mutex mutex_;
  std::map<std::string, DomainEntryPtr, std::less<>> domains_;
  HostBoard hosts_;
  size_t reported_ = 0;
  std::vector<verdict::ChannelFault> channel_faults_;
  reports::RejectedReportsPtr rejected_reports_;
};

}  // namespace mtasts::board
