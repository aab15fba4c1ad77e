// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The board: the latest report of every configured domain, the last conclusive result of each of
// its stages, and the facts of every MX host that some report uses, once however many domains share
// it. Entries are immutable and shared; a snapshot is a list of pointers. Text of an entry is
// rendered once, when the entry changes, by a function that a later room hands in.
// Any thread: one mutex. Renderers run under it and must not call the board.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "settings/settings.h"
#include "verdict/report.h"

namespace mtasts::board {

// Text in segments, one per metric family of the renderer's table, held in one allocation.
class SegmentedText {
 public:
  SegmentedText() = default;
  // `ends[i]` is where segment i ends in `text`; the ends do not fall.
  SegmentedText(std::string_view text, const std::vector<uint32_t>& ends);

  std::string_view segment(size_t index) const;  // empty when there is no such segment
  size_t size_bytes() const { return text_.size(); }

 private:
  std::string text_;
  std::vector<uint32_t> ends_;
};

// The last conclusive result of one stage. not_applicable: none (yet, or any more).
struct LastResult {
  verdict::StageResult result = verdict::StageResult::not_applicable;
  Time at{};
};
using LastResults = std::array<LastResult, verdict::kStages.size()>;

// pass and fail are conclusive; unknown keeps what was; not_applicable clears it.
LastResults updated_results(const LastResults& before, const verdict::Report& report);

struct DomainEntry {
  std::string name;
  std::shared_ptr<const settings::DomainEntry> configured;  // null: a probe of another domain
  verdict::ReportPtr report;                                // null: not checked yet
  LastResults stages;                                       // index: verdict::Stage
  SegmentedText text;
};
using DomainEntryPtr = std::shared_ptr<const DomainEntry>;

struct HostEntry {
  std::string name;  // printable, so that no two entries look the same in a label
  std::shared_ptr<const verdict::MxHostReport> facts;  // never null
  SegmentedText text;
};
using HostEntryPtr = std::shared_ptr<const HostEntry>;

// `entry.text` is still empty when these run. Both may be left empty.
struct EntryRenderers {
  std::function<SegmentedText(const DomainEntry&)> domain;
  std::function<SegmentedText(const HostEntry&)> host;
};

struct Snapshot {
  std::vector<DomainEntryPtr> domains;  // by name
  std::vector<HostEntryPtr> hosts;      // by name
};

// The name under which an MX host is kept and labelled.
std::string host_key(std::string_view host);

class LatestReports {
 public:
  explicit LatestReports(EntryRenderers renderers);

  // The domains there are from now on. What is gone takes its entries and series along; the
  // reports of the others stay. Returns the names that are new.
  std::vector<std::string> set_domains(const std::vector<settings::DomainEntry>& domains);

  // False (and nothing changes) when the domain is not configured, so a check that ends after its
  // domain was removed does not bring it back.
  bool publish(const verdict::ReportPtr& report);

  // What is known of a configured domain from an earlier run, until its first check.
  void restore(const verdict::ReportPtr& report, const LastResults& stages);

  DomainEntryPtr find(std::string_view domain) const;  // null: not configured
  Snapshot snapshot() const;
  size_t domain_count() const;
  // Every configured domain has a report.
  bool complete() const;

 private:
  struct HostUse {
    size_t users = 0;  // reports that hold facts of this host
    HostEntryPtr entry;
  };

  void replace(DomainEntryPtr& place, const verdict::ReportPtr& report, const LastResults& stages);
  DomainEntryPtr make_entry(DomainEntry entry) const;
  void take_hosts(const verdict::Report& report);
  void release_hosts(const verdict::Report& report);

  const EntryRenderers renderers_;
  mutable std::mutex mutex_;
  std::map<std::string, DomainEntryPtr, std::less<>> domains_;
  std::map<std::string, HostUse, std::less<>> hosts_;
  size_t reported_ = 0;
};

}  // namespace mtasts::board
