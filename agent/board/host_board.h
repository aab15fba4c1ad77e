// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// HostBoard: the MX hosts of all reports, each once: its facts, and what follows from the reports
// of all domains that use it, which is the worst severity of each of its faults. Part of
// LatestReports, whose mutex guards it.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "verdict/faults.h"
#include "verdict/report.h"

namespace mtasts::board {

// A fault of an MX host, over all domains that use it.
struct HostFault {
  const verdict::FindingRow* row = nullptr;                 // never null
  const verdict::AlertRow* alert = nullptr;                 // never null
  std::string subject;                                      // as in verdict::Finding
  verdict::Severity severity = verdict::Severity::warning;  // the worst
  bool is_seen_now = true;                                  // by the latest check of some domain
  bool is_over = false;                                     // as in verdict::Fault, for all domains

  bool operator==(const HostFault&) const = default;
};

struct HostEntry {
  std::string name;  // printable, so that distinct entries have distinct labels
  // Null: no report has any, but one holds what was seen of the host earlier.
  std::shared_ptr<const verdict::MxHostReport> facts;
  bool is_enforced = false;  // a domain in mode enforce uses it
  std::vector<HostFault> faults = {};
  // Of `facts`, or as last seen while it cannot be observed; empty: unknown.
  std::optional<verdict::CertificateDates> certificate = {};

  bool operator==(const HostEntry&) const = default;
};
using HostEntryPtr = std::shared_ptr<const HostEntry>;

// The changes made by one call.
struct HostChanges {
  std::vector<HostEntryPtr> changed;  // new or replaced
  std::vector<std::string> removed;
};

// The name under which an MX host is kept and labelled.
std::string host_key(std::string_view host);

class HostBoard {
 public:
  // Replaces what one domain's report says of its hosts. Null: there was none, or is none now.
  void replace(const verdict::Report* before, const verdict::Report* after, HostChanges& changes);

  std::vector<HostEntryPtr> entries() const;  // by name

 private:
  // How many reports have a fault, by severity.
  struct FaultUse {
    std::array<size_t, 2> now{};
    std::array<size_t, 2> earlier{};
    std::array<size_t, 2> over{};
  };
  using FaultKey = std::pair<const verdict::FindingRow*, std::string>;
  struct Host {
    size_t users = 0;      // reports with facts of it
    size_t others = 0;     // reports without, that have a fault of it or hold something
    size_t holders = 0;    // reports that hold its certificate
    size_t enforcing = 0;  // of all these, those in mode enforce
    std::map<FaultKey, FaultUse> faults;
    std::shared_ptr<const verdict::MxHostReport> facts;
    std::optional<verdict::HeldCertificate> certificate;  // as last seen
    HostEntryPtr entry;
  };
  struct Part;  // of one report

  static std::map<std::string, Part> parts_of(const verdict::Report* report);
  static void count(Host& host, const Part& part, bool added);
  static HostEntry entry_of(const std::string& name, const Host& host);

  std::map<std::string, Host, std::less<>> hosts_;
};

}  // namespace mtasts::board
