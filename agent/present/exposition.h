// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The exposition of rendered entries, produced piece by piece. All samples of a metric follow its
// HELP and TYPE lines, so the walk is metrics × entries; only the current piece is held in memory.
// A stream is used by one thread.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "board/latest_reports.h"
#include "present/exposition_cache.h"
#include "present/exposition_format.h"
#include "verdict/report.h"

namespace mtasts::present {

// Appends the next piece to the text; false when there is no more.
using BodySource = std::function<bool(std::string&)>;

// Approximate size of a piece: large enough to be sent efficiently, small in memory.
inline constexpr size_t kPiece_bytes = 64 * 1024;

class Exposition {
 public:
  // `head` is written first, unchanged: whole families that belong to no entry, as reformatted()
  // returns them.
  Exposition(std::string head, RenderedEntries entries, ExpositionOptions options = {});

  bool next(std::string& piece);

 private:
  bool write_entry(std::string& piece);
  bool write_end(std::string& piece);
  size_t entries_in_scope() const;

  std::string head_;
  RenderedEntries entries_;
  ExpositionOptions options_;
  bool ended_ = false;
  bool hosts_ = false;  // false: walking domains; true: walking hosts
  size_t metric_ = 0;
  size_t entry_ = 0;
  bool headed_ = false;  // HELP and TYPE of the current metric are written
};

BodySource exposition_source(std::string head, RenderedEntries entries,
                             ExpositionOptions options = {});

// The response of /probe: one domain, its MX hosts, and how the probe went. `before` holds the last
// conclusive stage results of a configured domain, else null.
std::string probe_exposition(const verdict::ReportPtr& report, const board::DomainEntry* before,
                             const ExpositionOptions& options = {});

}  // namespace mtasts::present
