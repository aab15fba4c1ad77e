// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// ExpositionCache: the exposition text of every domain and MX host, rendered once when its entry
// changes and streamed at each scrape. It follows LatestReports through the updates passed to
// apply(). Text is rendered outside the lock. snapshot(): any thread; apply(): one thread at a
// time.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "board/latest_reports.h"

namespace mtasts::present {

// Text in segments, one per metric family of the renderer's table, held in one allocation.
class SegmentedText {
 public:
  SegmentedText() = default;
  // `ends[i]` is the end of segment i in `text`; the ends never decrease.
  SegmentedText(std::string_view text, const std::vector<uint32_t>& ends);

  std::string_view segment(size_t index) const;  // empty when there is no such segment
  size_t size_bytes() const { return text_.size(); }

 private:
  std::string text_;
  std::vector<uint32_t> ends_;
};

struct RenderedEntry {
  std::string name;  // the value of the label domain or mx
  SegmentedText text;
};
using RenderedEntryPtr = std::shared_ptr<const RenderedEntry>;

// Sorted by name.
struct RenderedEntries {
  std::vector<RenderedEntryPtr> domains;
  std::vector<RenderedEntryPtr> hosts;
};

// Segment i belongs to metrics_of(domain or host)[i] of the metrics table.
RenderedEntryPtr render_domain(const board::DomainEntry& entry);
RenderedEntryPtr render_host(const board::HostEntry& entry);

class ExpositionCache {
 public:
  void apply(const board::Update& update);
  RenderedEntries snapshot() const;
  // Of these alone; a name that is not there is left out.
  RenderedEntries snapshot_of(const std::set<std::string>& domains,
                              const std::set<std::string>& hosts) const;

 private:
  struct ByName {
    using is_transparent = void;
    static std::string_view name(const RenderedEntryPtr& entry) { return entry->name; }
    static std::string_view name(std::string_view text) { return text; }
    template <typename Left, typename Right>
    bool operator()(const Left& left, const Right& right) const {
      return name(left) < name(right);
    }
  };
  using Entries = std::set<RenderedEntryPtr, ByName>;

  static void replace(Entries& entries, RenderedEntryPtr entry);
  static void remove(Entries& entries, std::string_view name);
  static std::vector<RenderedEntryPtr> only(const Entries& entries,
                                            const std::set<std::string>& names);

  mutable std::mutex mutex_;
  Entries domains_;  // guarded by mutex_, like hosts_
  Entries hosts_;
};

}  // namespace mtasts::present
