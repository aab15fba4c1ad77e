// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "intake/plain_report.h"

#include "base/octet_source.h"
#include "intake/document.h"
#include "protocol/http/content_coding.h"

namespace mtasts::intake {

std::optional<Result<protocol::TlsReport>> read_plain_report(std::string_view octets) {
  switch (kind_of_octets(octets)) {
    case OctetsKind::json: {
      TextSource source(octets);
      return protocol::read_tls_report(source);
    }
    case OctetsKind::gzip: {
      protocol::GzipSource source(octets, protocol::kReportLimit_bytes);
      auto report = protocol::read_tls_report(source);
      const bool believed = report && (!report->ok() || source.reading().valid);
      return believed ? std::move(report) : std::nullopt;
    }
    default:
      return std::nullopt;
  }
}

}  // namespace mtasts::intake
