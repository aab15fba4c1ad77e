// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Properties of what is read from the state file that hold for any octets, because the file may be
// damaged or doctored; see grammar_targets.h. What was read can be written, and is read again as
// it was.
#pragma once

#include <string>
#include <string_view>

#include "base/ascii.h"
#include "fuzz/promises.h"
#include "state/name_list.h"
#include "state/pass_text.h"
#include "state/phase_text.h"
#include "state/report_codec.h"
#include "state/stage_text.h"

namespace mtasts::fuzz {

inline std::string broken_report_codec_promise(std::string_view octets) {
  Promises promises;
  if (auto decoded = state::decode_report(octets)) {
    promises.keep(decoded->fact_hosts.size() == decoded->report.mx.size(),
                  "MX hosts and their facts differ in number");
    for (const verdict::Finding& finding : decoded->report.findings)
      promises.keep(finding.row != nullptr, "a finding without a row");
    const std::string written = state::encode_report(decoded->report);
    const auto again = state::decode_report(written);
    promises.keep(again && state::encode_report(again->report) == written,
                  "a report that does not survive writing and reading");
  }
  if (auto facts = state::decode_facts(octets)) {
    const std::string written = state::encode_facts(*facts);
    const auto again = state::decode_facts(written);
    promises.keep(again && state::encode_facts(*again) == written,
                  "facts that do not survive writing and reading");
  }
  return promises.broken();
}

inline std::string broken_state_text_promise(std::string_view line) {
  Promises promises;
  const std::vector<std::string> names = state::split_names(line);
  const std::string written = state::join_names(names);
  promises.keep(written.empty() || is_showable(written) || written.size() >= 4096,
                "a line that is no line");
  promises.keep(state::split_names(written) == names, "names that are read differently again");
  const auto times = state::split_times(line);
  promises.keep(state::split_times(state::join_times(times)) == times,
                "times that are read differently again");
  const auto passes = state::parse_pass_text(line);
  promises.keep(passes.size() <= verdict::kMostRemembered, "more passes than remembered");
  promises.keep(state::parse_pass_text(state::pass_text(passes)) == passes,
                "passes that are read differently again");
  const auto phase = state::parse_phase_text(line);
  if (phase.since != kNever)
    promises.keep(state::parse_phase_text(state::phase_text(phase)) == phase,
                  "a phase that is read differently again");
  const std::string stages = state::stage_text(state::parse_stage_text(line));
  promises.keep(state::stage_text(state::parse_stage_text(stages)) == stages,
                "results that are read differently again");
  return promises.broken();
}

}  // namespace mtasts::fuzz
