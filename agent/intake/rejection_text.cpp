// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "intake/rejection_text.h"

#include <initializer_list>

#include "base/printable.h"
#include "base/time.h"
#include "protocol/tlsrpt/report_name.h"

namespace mtasts::intake {

using reports::Rejection;

namespace {

// The deviation because of which rows were dropped: the first of its kind.
std::string loss_of(Rejection reason, const protocol::TlsReport& report) {
  for (const protocol::ReportDeviation& one : report.deviations) {
    const bool limit = one.kind == protocol::DeviationKind::limit;
    if (limit != (reason == Rejection::oversize)) continue;
    return (one.path.empty() ? "" : "at " + one.path + ", ") + one.message;
  }
  return std::string(name_of(reason));
}

}  // namespace

std::string rejection_text(Rejection reason, const protocol::TlsReport& report,
                           const reports::Admission& admission) {
  switch (reason) {
    case Rejection::foreign_domain: {
      std::string names;
      for (const std::string& domain : admission.foreign)
        names += (names.empty() ? "" : ", ") + printable(domain, kShownSender_bytes);
      if (names.empty()) return "names no domain, and nothing else tells which is meant";
      return "not about a configured domain: " + names;
    }
    case Rejection::out_of_range: {
      std::string begin = report.begin ? date_text(*report.begin) : "an unreadable date";
      return "about " + begin + ", which is not within the retention";
    }
    default:
      return "a part of it is not used: " + loss_of(reason, report);
  }
}

std::string sender_text(const protocol::TlsReport* report,
                        const reports::ReportEnvelope& envelope) {
  std::initializer_list<const std::string*> names = {
      report == nullptr ? nullptr : &report->organization,
      report == nullptr ? nullptr : &report->contact, &envelope.report_submitter,
      &envelope.subject_submitter, &envelope.from_domain};
  for (const std::string* name : names)
    if (name != nullptr && !name->empty()) return *name;
  auto file = protocol::parse_report_file_name(envelope.file_name);
  return file ? file->sender : std::string();
}

}  // namespace mtasts::intake
