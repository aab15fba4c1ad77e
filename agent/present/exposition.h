// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The Prometheus text exposition of a rendered entries, made piece by piece: all samples of a
// metric stand together behind its HELP and TYPE, so the walk is metrics × entries, and nothing but
// the piece in hand is held. One stream belongs to one thread.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "board/latest_reports.h"
#include "present/exposition_cache.h"
#include "verdict/report.h"

namespace mtasts::present {

// Appends the next piece to the text; false when there is none left.
using BodySource = std::function<bool(std::string&)>;

// Pieces are about this long: large enough to be cheap to send, small enough not to be felt.
inline constexpr size_t kPiece_bytes = 64 * 1024;

inline constexpr std::string_view kExpositionType = "text/plain; version=0.0.4; charset=utf-8";

class Exposition {
 public:
  // `head` goes first as it is: whole families that belong to no entry.
  Exposition(std::string head, RenderedEntries entries);

  bool next(std::string& piece);

 private:
  bool write_entry(std::string& piece);
  size_t entries_in_scope() const;

  std::string head_;
  RenderedEntries entries_;
  bool hosts_ = false;  // the walk is over domains first, then over hosts
  size_t metric_ = 0;
  size_t entry_ = 0;
  bool headed_ = false;  // HELP and TYPE of the present metric are written
};

BodySource exposition_source(std::string head, RenderedEntries entries);

// The answer of /probe: one domain, its MX hosts, and how the probe went. `before` holds the stages
// as last seen when the domain is on the board, else null.
std::string probe_exposition(const verdict::ReportPtr& report, const board::DomainEntry* before);

}  // namespace mtasts::present
