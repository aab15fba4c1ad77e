// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "verdict/findings/finding_collector.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>

#include "base/printable.h"
#include "verdict/findings/own_side.h"
#include "verdict/findings/verify_command.h"
#include "verdict/text.h"

namespace mtasts::verdict {
namespace {

constexpr size_t kNoLimit = std::numeric_limits<size_t>::max();
constexpr size_t kMaxFindings = 500;  // a hostile MX set must not exhaust memory

// Fixes in the table contain <domain>; a finding names the actual domain.
std::string for_domain(std::string_view fix, const std::string& domain) {
  static constexpr std::string_view kPlaceholder = "<domain>";
  std::string text(fix);
  for (size_t at = 0; (at = text.find(kPlaceholder, at)) != std::string::npos; at += domain.size())
    text.replace(at, kPlaceholder.size(), domain);
  return text;
}

}  // namespace

std::string subject_of(const std::string& host, const std::optional<IpAddress>& address) {
  if (address) return fmt::format("{} [{}]", printable(host, 253), address->text());
  return printable(host, 253);
}

std::string_view host_of_subject(std::string_view subject) {
  return subject.substr(0, subject.find(" ["));
}

Severity grade(const UngradedFinding& finding, Regime regime) {
  if (finding.unobserved) return Severity::unknown;
  return finding.severity.value_or(severity_in(*finding.row, regime));
}

FindingCollector::FindingCollector(std::string domain, const ChannelSet& channels,
                                   const Thresholds& thresholds)
    : domain_(std::move(domain)), channels_(channels), thresholds_(thresholds) {}

// The table names the channel on which the observation of each code can fail. Without an address,
// the observation may have used any address family of that channel.
bool FindingCollector::is_unobserved(const FindingRow& row, const FindingDetails& details) const {
  if (details.unobserved) return true;
  if (!row.channel || !details.may_be_local) return false;
  if (details.address)
    return !channels_.contains(channel_of(*row.channel, details.address->family()));
  return !channels_.contains(channel_of(*row.channel, AddressFamily::ipv4)) &&
         !channels_.contains(channel_of(*row.channel, AddressFamily::ipv6));
}

// What was not observed because of the agent's own network is fixed there, not at the domain.
std::string FindingCollector::fix_of(const FindingRow& row, const FindingDetails& details,
                                     bool unobserved) const {
  if (!unobserved || !row.channel) return for_domain(row.fix, domain_);
  std::optional<AddressFamily> family;
  if (details.address) family = details.address->family();
  FindingDetails plain = details;
  plain.unobserved = false;
  // A local failure of DNS is the resolver's, even where it answers others.
  if (*row.channel == ChannelKind::dns || is_unobserved(row, plain))
    return channel_fix(*row.channel, family, thresholds_.vantage);
  return unfinished_fix();
}

void FindingCollector::add(FindingCode code, FindingDetails details) {
  const FindingRow& row = row_of(code);
  UngradedFinding finding;
  finding.row = &row;
  finding.severity = details.severity;
  finding.unobserved = is_unobserved(row, details);
  auto address = details.address_in_subject ? details.address : std::nullopt;
  finding.subject = subject_of(details.host, address);
  finding.of_one_address = address.has_value();
  finding.verify = verify_command(row, thresholds_.vantage,
                                  {domain_, details.host, details.address, details.tlsa});
  std::string fix = sentence(details.fix.empty() ? fix_of(row, details, finding.unobserved)
                                                 : std::move(details.fix));
  // Rules escape what they quote; here once more, so that none can forget it. What is printable
  // stays as it is.
  finding.fix = printable(fix, kNoLimit);
  finding.message = printable(details.message, kNoLimit);
  add(std::move(finding));
}

void FindingCollector::add(UngradedFinding finding) {
  for (size_t i = 0; i < findings_.size(); ++i) {
    UngradedFinding& known = findings_[i];
    if (known.row != finding.row || known.subject != finding.subject) continue;
    ++repeats_[i];
    // The worse of the two. Without an override the table's severity applies, which is the worst.
    known.severity = known.severity && finding.severity ? std::min(known.severity, finding.severity)
                                                        : std::nullopt;
    known.unobserved &= finding.unobserved;
    return;
  }
  if (findings_.size() >= kMaxFindings) return;
  findings_.push_back(std::move(finding));
  repeats_.push_back(0);
}

std::vector<UngradedFinding> FindingCollector::split_off(size_t count) {
  auto first = findings_.begin() + static_cast<std::ptrdiff_t>(count);
  std::vector<UngradedFinding> part(std::make_move_iterator(first),
                                    std::make_move_iterator(findings_.end()));
  findings_.resize(count);
  repeats_.resize(count);
  return part;
}

std::vector<UngradedFinding> FindingCollector::take() {
  for (size_t i = 0; i < findings_.size(); ++i)
    if (repeats_[i] > 0)
      findings_[i].message += fmt::format(" (and {} more of this kind)", repeats_[i]);
  repeats_.clear();
  return std::move(findings_);
}

}  // namespace mtasts::verdict
