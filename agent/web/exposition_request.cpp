// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "web/exposition_request.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "base/domain_name.h"
#include "verdict/faults.h"

namespace mtasts::web {
namespace {

constexpr size_t kMostRanges = 32;

// A media range of Accept.
struct MediaRange {
  std::string_view type;     // "text/plain"
  std::string_view version;  // without quotes; empty: any
  double quality = 1;
};

// Takes the text before the separator; separators within quotes do not count.
std::string_view take_part(std::string_view& text, char separator) {
  bool quoted = false;
  size_t end = 0;
  for (; end < text.size(); ++end) {
    if (text[end] == '"') quoted = !quoted;
    if (text[end] == '\\' && quoted) ++end;
    if (!quoted && end < text.size() && text[end] == separator) break;
  }
  end = std::min(end, text.size());
  const std::string_view part = trim(text.substr(0, end));
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

// 0 for a weight that is none, so that the range is not chosen.
double weight_of(std::string_view text) {
  double weight = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), weight);
  const bool whole = read.ec == std::errc() && read.ptr == text.data() + text.size();
  return whole && weight >= 0 && weight <= 1 ? weight : 0;
}

MediaRange range_of(std::string_view text) {
  MediaRange range;
  range.type = take_part(text, ';');
  while (!text.empty()) {
    const std::string_view parameter = take_part(text, ';');
    const size_t equals = parameter.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view name = trim(parameter.substr(0, equals));
    std::string_view value = trim(parameter.substr(equals + 1));
    if (value.size() > 1 && value.front() == '"' && value.back() == '"')
      value = value.substr(1, value.size() - 2);
    if (equals_ignoring_case(name, "q")) range.quality = weight_of(value);
    if (equals_ignoring_case(name, "version")) range.version = value;
  }
  return range;
}

// How specific a range is for the type; nothing if it does not cover it (RFC 9110 §12.5.1).
std::optional<int> precision(const MediaRange& range, std::string_view type,
                             std::string_view version) {
  if (equals_ignoring_case(range.type, type)) {
    if (range.version.empty()) return 2;
    return range.version == version ? std::optional(3) : std::nullopt;
  }
  const std::string_view group = type.substr(0, type.find('/') + 1);
  if (range.type.size() == group.size() + 1 && range.type.ends_with('*') &&
      equals_ignoring_case(range.type.substr(0, group.size()), group))
    return 1;
  return range.type == "*/*" ? std::optional(0) : std::nullopt;
}

// Of the most specific range that covers the type; 0 if there is none.
double quality_of(const std::vector<MediaRange>& ranges, std::string_view type,
                  std::string_view version) {
  std::pair<int, double> best{-1, 0};
  for (const MediaRange& range : ranges)
    if (auto found = precision(range, type, version); found && *found >= best.first)
      best = {*found, *found == best.first ? std::max(best.second, range.quality) : range.quality};
  return best.second;
}

}  // namespace

std::vector<std::string> values_of(const RequestTarget& target, std::string_view name) {
  std::vector<std::string> values;
  for (const auto& [key, value] : target.parameters)
    if (key == name && !value.empty()) values.push_back(value);
  return values;
}

Result<ScrapedNames> scraped_names(const std::vector<std::string>& domains,
                                   const board::LatestReports& reports) {
  ScrapedNames names;
  for (const std::string& text : domains) {
    Result<DomainName> domain = DomainName::parse(text);
    if (!domain.ok()) return domain.failure();
    board::DomainEntryPtr entry = reports.find(domain->text());
    if (entry == nullptr)
      return Failure{FailureKind::invalid,
                     domain->display() + " is not among the configured domains."};
    names.domains.insert(entry->name);
    if (entry->report == nullptr) continue;
    for (const verdict::MxReport& mx : entry->report->mx)
      if (mx.facts != nullptr) names.hosts.insert(board::host_key(mx.host));
    // Of hosts that cannot be observed now.
    for (const verdict::HeldCertificate& held : entry->report->held_certificates)
      names.hosts.insert(board::host_key(held.host));
    for (const verdict::Fault& fault : verdict::faults_of(*entry->report))
      if (fault.alert->part)
        names.hosts.insert(board::host_key(verdict::host_of_subject(fault.subject)));
  }
  return names;
}

present::ExpositionFormat exposition_format(std::string_view accept) {
  std::vector<MediaRange> ranges;
  while (!accept.empty() && ranges.size() < kMostRanges)
    ranges.push_back(range_of(take_part(accept, ',')));
  constexpr std::string_view kOpen = "application/openmetrics-text";
  const bool is_named = std::any_of(ranges.begin(), ranges.end(), [&](const MediaRange& range) {
    return precision(range, kOpen, "1.0.0").value_or(0) > 1;
  });
  const double open = quality_of(ranges, kOpen, "1.0.0");
  const double text = quality_of(ranges, "text/plain", "0.0.4");
  return is_named && open > 0 && open >= text ? present::ExpositionFormat::openmetrics
                                              : present::ExpositionFormat::text;
}

}  // namespace mtasts::web
