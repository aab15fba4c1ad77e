// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Properties of unpacking that hold for any input. Each function returns the first property that
// `octets` violates, empty when all hold; the fuzzers abort on it, the corpus test reports it.
#pragma once

#include <sstream>
#include <string>
#include <string_view>

#include "base/ascii.h"
#include "fuzz/grammar_targets.h"
#include "intake/authentication_results.h"
#include "intake/document.h"
#include "intake/mbox.h"
#include "intake/unpack.h"
#include "protocol/http/content_coding.h"
#include "protocol/tlsrpt/tls_report.h"

namespace mtasts::fuzz {

inline std::string broken_gzip_promise(std::string_view octets) {
  constexpr size_t kLimit = 64 * 1024;
  protocol::GzipReading reading = protocol::read_gzip(octets, kLimit);
  if (reading.text.size() > kLimit) return "more octets than allowed";
  if (reading.valid && (reading.over_limit || reading.truncated || reading.trailing_bytes != 0))
    return "valid and faulty at once";
  if (reading.trailing_bytes > octets.size()) return "more garbage than octets";
  intake::Document document = intake::read_document(octets, kLimit);
  if (document.json.size() > kLimit) return "a document over the limit";
  if (document.ok && intake::kind_of_octets(document.json) != intake::OctetsKind::json)
    return "a document that does not begin as JSON";
  if (!document.ok && !is_showable(document.fault)) return "a fault not fit to show";
  if (reading.trailing_bytes == 0 || !document.ok) return {};
  // Without the garbage it is valid.
  octets.remove_suffix(reading.trailing_bytes);
  return protocol::read_gzip(octets, kLimit).valid ? "" : "what is not garbage is not valid";
}

inline std::string broken_authentication_promise(std::string_view text) {
  auto parsed = intake::parse_authentication_results(text);
  if (!parsed) return {};
  if (parsed->results.size() > intake::kMostMethodResults) return "more results than allowed";
  for (const intake::MethodResult& result : parsed->results) {
    if (result.method != ascii_lower(result.method)) return "a method not in lower case";
    if (result.properties.size() > intake::kMostResultProperties)
      return "more properties than allowed";
  }
  // Nobody is authenticated by the field of another server.
  intake::SignatureVerdict other =
      intake::judge_signatures({std::string(text)}, parsed->authserv_id + "x", "google.com");
  if (other.authenticity != reports::Authenticity::unknown) return "another server is believed";
  return {};
}

inline std::string broken_unpacked_promise(const intake::Unpacked& unpacked) {
  if (unpacked.reports.empty() && !unpacked.rejection) return "neither a report nor a rejection";
  if (unpacked.rejection && !is_showable(unpacked.reason)) return "a reason not fit to show";
  size_t total = 0;
  for (const intake::UnpackedReport& report : unpacked.reports) {
    total += report.json.size();
    if (intake::kind_of_octets(report.json) != intake::OctetsKind::json)
      return "a report that does not begin as JSON";
    if (report.remarks.size() > intake::kMostRemarks) return "more remarks than allowed";
    for (const std::string& remark : report.remarks)
      if (!is_showable(remark)) return "a remark not fit to show";
    if (!report.envelope.is_mail && report.envelope.authenticity != reports::Authenticity::unknown)
      return "a report that came in no mail is authenticated";
  }
  return total > protocol::kReportLimit_bytes ? "more JSON than allowed" : "";
}

inline std::string broken_report_mail_promise(std::string_view octets) {
  intake::UnpackOptions options;
  options.authserv_id = "mx.us.example";
  options.trusted_mail = true;
  intake::Unpacked unpacked = intake::unpack(octets, options);
  if (auto broken = broken_unpacked_promise(unpacked); !broken.empty()) return broken;
  options.trusted_mail = false;
  for (const intake::UnpackedReport& report : intake::unpack(octets, options).reports)
    if (report.envelope.authenticity != reports::Authenticity::unknown)
      return "a mail that did not come through our server is judged";
  if (auto broken = broken_authentication_promise(octets); !broken.empty()) return broken;
  std::istringstream in{std::string(octets)};
  intake::MboxReader reader(in, 1000);
  size_t total = 0;
  while (auto message = reader.next()) {
    if (message->octets.empty() || message->octets.size() > 1000) return "a message of wrong size";
    total += message->octets.size();
  }
  return total > octets.size() ? "a mailbox larger than its file" : "";
}

}  // namespace mtasts::fuzz
