// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "protocol/tlsrpt/tls_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/ascii.h"
#include "base/printable.h"
#include "base/utf8_checker.h"
#include "protocol/text/json_reader.h"
#include "protocol/tlsrpt/report_reader.h"

namespace mtasts::protocol {
namespace {

using Kind = DeviationKind;

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD
constexpr size_t kShown_bytes = 40;

// The text with U+FFFD for each octet that is no part of UTF-8.
std::string repaired(std::string_view text) {
  std::string result;
  result.reserve(text.size() + 64);
  while (!text.empty()) {
    size_t length = 1;
    while (length < std::min<size_t>(4, text.size()) && !is_utf8(text.substr(0, length))) ++length;
    bool good = is_utf8(text.substr(0, length));
    result += good ? text.substr(0, length) : kReplacement;
    text.remove_prefix(good ? length : 1);
  }
  return result;
}

// "line 3, column 14", counted in octets.
std::string place_of(std::string_view text, size_t position) {
  text = text.substr(0, position == 0 ? 0 : position - 1);
  auto line = std::count(text.begin(), text.end(), '\n') + 1;
  size_t column = text.size() - (text.rfind('\n') + 1) + 1;
  return fmt::format("line {}, column {}", line, column);
}

Failure invalid(std::string detail) { return {FailureKind::invalid, std::move(detail)}; }

Failure not_json(std::string_view text, const JsonReader& json) {
  std::string place = place_of(text, json.position());
  if (json.position() > text.size())
    return invalid(fmt::format("the JSON ends too early, at {}", place));
  return invalid(fmt::format("there is no valid JSON at {}, after {}", place,
                             quoted(json.token(), kShown_bytes)));
}

Failure too_many_values() {
  return invalid(fmt::format("the report has more than {} JSON values", kMostReportValues));
}

Failure no_policy(const TlsReport& report) {
  for (const ReportDeviation& deviation : report.deviations)
    if (deviation.kind != Kind::limit && deviation.path.starts_with("policies"))
      return invalid(fmt::format("the report has no usable policy: at {}, {}",
                                 printable(deviation.path, 200), deviation.message));
  return invalid("the report has no policies");
}

// What was read of a whole JSON text.
Result<TlsReport> report_of(ReportReader& reader) {
  if (!reader.has_report())
    return invalid(fmt::format("the JSON is {}, no object with a report",
                               reader.is_array() ? "an array without an object" : "one value"));
  if (reader.builder().report().policies.empty()) return no_policy(reader.builder().report());
  return reader.builder().take_report();
}

// Checks octets on their way, and counts them.
class CheckedSource : public OctetSource {
 public:
  explicit CheckedSource(OctetSource& source) : source_(source) {}

  std::string_view next_block() override {
    std::string_view block = source_.next_block();
    size_ += block.size();
    good_ = good_ && size_ <= kReportLimit_bytes && utf8_.add(block);
    return good_ ? block : std::string_view();
  }
  bool is_good() const { return good_ && utf8_.is_complete(); }

 private:
  OctetSource& source_;
  Utf8Checker utf8_;
  size_t size_ = 0;
  bool good_ = true;
};

}  // namespace

Result<TlsReport> parse_tls_report(std::string_view json) {
  if (json.size() > kReportLimit_bytes)
    return invalid(
        fmt::format("the report has {} bytes, more than {}", json.size(), kReportLimit_bytes));
  ReportReader reader;
  auto document = [] { return std::string(); };
  if (json.starts_with(kByteOrderMark)) {
    json.remove_prefix(kByteOrderMark.size());
    reader.builder().deviate(Kind::syntax, document, "begins with a byte order mark");
  }
  std::string copy;
  if (!is_utf8(json)) {
    copy = repaired(json);
    json = copy;
    reader.builder().deviate(Kind::syntax, document,
                             "has octets that are no UTF-8; they are replaced by U+FFFD");
  }
  TextSource octets(json);
  JsonReader events(octets);
  const ReportReader::End end = reader.read(events);
  if (end == ReportReader::End::too_many_values) return too_many_values();
  if (end == ReportReader::End::fault) {
    if (trim(json).empty()) return invalid("the report is empty");
    if (!reader.is_whole()) return not_json(json, events);
    reader.builder().deviate(Kind::syntax, document,
                             fmt::format("has more text after the report, at {}; it is ignored",
                                         place_of(json, events.position())));
  }
  return report_of(reader);
}

std::optional<Result<TlsReport>> read_tls_report(OctetSource& octets) {
  CheckedSource checked(octets);
  JsonReader events(checked);
  ReportReader reader;
  const ReportReader::End end = reader.read(events);
  if (end == ReportReader::End::too_many_values) return too_many_values();
  if (end == ReportReader::End::fault) return std::nullopt;
  while (!checked.next_block().empty()) {  // of the octets after a NUL
  }
  if (!checked.is_good()) return std::nullopt;
  Result<TlsReport> report = report_of(reader);
  if (!report) return std::nullopt;
  return report;
}

}  // namespace mtasts::protocol
