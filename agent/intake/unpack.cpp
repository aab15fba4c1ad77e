// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "intake/unpack.h"

#include <algorithm>

#include "intake/document.h"
#include "intake/mail.h"
#include "intake/mail_shape.h"
#include "protocol/tlsrpt/tls_report.h"

namespace mtasts::intake {
namespace {

// JSON and gzip data are told first: neither begins as a header does.
bool is_mail(std::string_view octets) {
  return octets.starts_with("From ") || octets.starts_with(">From ") || begins_with_header(octets);
}

}  // namespace

Unpacked unpack(std::string_view octets, const UnpackOptions& options) {
  const OctetsKind kind = kind_of_octets(octets);
  if (kind == OctetsKind::other) {
    std::string_view text = octets;
    text.remove_prefix(std::min(text.find_first_not_of("\r\n"), text.size()));
    if (is_mail(text)) return unpack_mail(text, options);
  }
  Unpacked unpacked;
  Document document = read_document(octets, protocol::kReportLimit_bytes);
  if (!document.ok) {
    unpacked.rejection =
        document.oversize ? reports::Rejection::oversize : reports::Rejection::malformed;
    unpacked.reason = "the report is " + document.fault;
    return unpacked;
  }
  UnpackedReport report;
  report.json = std::move(document.json);
  report.remarks = std::move(document.remarks);
  unpacked.reports.push_back(std::move(report));
  return unpacked;
}

}  // namespace mtasts::intake
