// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// What names a TLS report outside its JSON: the file name (RFC 8460 §5.1) and the Subject of a
// report mail (§5.3). Pure, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace mtasts::protocol {

// "sender!domain!begin!end[!unique].json[.gz]"
struct ReportFileName {
  std::string sender;
  std::string domain;
  Time begin{};
  Time end{};
  std::string unique;     // empty: absent
  std::string extension;  // "json" or "json.gz", as sent
};
// Only what matches the grammar; a directory in front is no part of the name. The domains are as
// sent, and may be hostile text without "!".
std::optional<ReportFileName> parse_report_file_name(std::string_view name);

// "Report Domain: example.org Submitter: example.net Report-ID: <id@example.net>"
struct ReportSubject {
  bool strict = false;  // matches the grammar: one msg-id in angle brackets
  std::string domain;
  std::string submitter;
  std::string report_id;  // without angle brackets
};
// `subject` is the decoded header; folding and repeated blanks are accepted. Also read without
// angle brackets or a right side of the id (Microsoft), and without the report-id. Empty when there
// is no "Report Domain:".
std::optional<ReportSubject> parse_report_subject(std::string_view subject);

}  // namespace mtasts::protocol
