// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "board/host_board.h"

#include <algorithm>

#include "base/printable.h"

namespace mtasts::board {
namespace {

using verdict::Severity;

// RFC 1035 §2.3.4: 255 octets, each at most four characters when escaped.
constexpr size_t kLongestHost_bytes = 1024;

size_t sum(const std::array<size_t, 2>& counts) { return counts[0] + counts[1]; }

size_t index_of(Severity severity) { return severity == Severity::critical ? 0 : 1; }

}  // namespace

std::string host_key(std::string_view host) { return printable(host, kLongestHost_bytes); }

// What a report says of one host.
struct HostBoard::Part {
  std::shared_ptr<const verdict::MxHostReport> facts;
  const verdict::HeldCertificate* certificate = nullptr;
  std::vector<verdict::Fault> faults;
  bool is_enforced = false;
};

std::map<std::string, HostBoard::Part> HostBoard::parts_of(const verdict::Report* report) {
  std::map<std::string, Part> parts;
  if (report == nullptr) return parts;
  for (const verdict::MxReport& mx : report->mx)
    if (mx.facts != nullptr) parts[host_key(mx.host)].facts = mx.facts;
  for (const verdict::HeldCertificate& held : report->held_certificates)
    if (!held.host.empty()) parts[host_key(held.host)].certificate = &held;
  for (const verdict::Fault& fault : verdict::faults_of(*report))
    if (fault.alert->part)
      parts[host_key(verdict::host_of_subject(fault.subject))].faults.push_back(fault);
  const bool is_enforced = !parts.empty() && verdict::is_enforced(*report);
  for (auto& [name, part] : parts) part.is_enforced = is_enforced;
  return parts;
}

void HostBoard::count(Host& host, const Part& part, bool added) {
  auto step = [added](size_t& number) { added ? ++number : --number; };
  step(part.facts != nullptr ? host.users : host.others);
  if (part.certificate != nullptr) step(host.holders);
  if (part.is_enforced) step(host.enforcing);
  for (const verdict::Fault& fault : part.faults) {
    auto place = host.faults.try_emplace({fault.row, std::string(fault.subject)}).first;
    FaultUse& use = place->second;
    auto& counts = fault.is_over ? use.over : fault.is_seen_now ? use.now : use.earlier;
    step(counts[index_of(fault.severity)]);
    if (sum(use.now) + sum(use.earlier) + sum(use.over) == 0) host.faults.erase(place);
  }
  if (!added) return;
  if (part.facts != nullptr &&
      (host.facts == nullptr || host.facts->probed_at <= part.facts->probed_at))
    host.facts = part.facts;
  if (part.certificate != nullptr &&
      (!host.certificate || host.certificate->seen_at <= part.certificate->seen_at))
    host.certificate = *part.certificate;
}

HostEntry HostBoard::entry_of(const std::string& name, const Host& host) {
  HostEntry entry{name, host.users > 0 ? host.facts : nullptr, host.enforcing > 0};
  for (const auto& [key, use] : host.faults) {
    HostFault fault{key.first, verdict::alert_of(key.first->code), key.second};
    fault.is_seen_now = sum(use.now) > 0;
    fault.is_over = sum(use.now) + sum(use.earlier) == 0;
    const size_t critical = fault.is_over ? use.over[0] : use.now[0] + use.earlier[0];
    if (critical > 0) fault.severity = Severity::critical;
    entry.faults.push_back(std::move(fault));
  }
  if (entry.facts != nullptr) entry.certificate = verdict::dates_of(*entry.facts);
  if (!entry.certificate && host.certificate)
    entry.certificate = {host.certificate->expiry, host.certificate->not_before};
  return entry;
}

void HostBoard::replace(const verdict::Report* before, const verdict::Report* after,
                        HostChanges& changes) {
  const std::map<std::string, Part> old_parts = parts_of(before);
  const std::map<std::string, Part> new_parts = parts_of(after);
  std::map<std::string, Part> touched = new_parts;
  touched.insert(old_parts.begin(), old_parts.end());
  // Counted up before down, so that a host that both reports use is not removed in between.
  for (const auto& [name, part] : new_parts) count(hosts_[name], part, true);
  for (const auto& [name, part] : old_parts) count(hosts_[name], part, false);
  for (const auto& [name, part] : touched) {
    Host& host = hosts_[name];
    if (host.users + host.others == 0) {
      hosts_.erase(name);
      changes.removed.push_back(name);
      continue;
    }
    if (host.holders == 0) host.certificate.reset();
    HostEntry entry = entry_of(name, host);
    if (host.entry != nullptr && *host.entry == entry) continue;
    host.entry = std::make_shared<const HostEntry>(std::move(entry));
    changes.changed.push_back(host.entry);
  }
}

std::vector<HostEntryPtr> HostBoard::entries() const {
  std::vector<HostEntryPtr> entries;
  entries.reserve(hosts_.size());
  for (const auto& [name, host] : hosts_) entries.push_back(host.entry);
  return entries;
}

}  // namespace mtasts::board
