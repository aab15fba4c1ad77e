// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// What the header of a mail says about the TLS report in it (RFC 8460 §5.3), and whether our own
// mail server found the submitter's signature valid. Any thread.
#pragma once

#include <gmime/gmime.h>

#include <cstddef>
#include <string>
#include <vector>

#include "intake/unpack.h"
#include "reports/admission.h"

namespace mtasts::intake {

inline constexpr size_t kHeaderValueLimit_bytes = 2048;  // longer values are cut

// The fields that matter, unfolded and decoded (RFC 2047), the first of each name; empty: absent.
struct MailHeader {
  std::string report_domain;     // TLS-Report-Domain
  std::string report_submitter;  // TLS-Report-Submitter
  std::string subject;
  std::string from_domain;  // of the first author, A-labels, lower case
  bool has_date = false;
  std::vector<std::string> authentication_results;  // as sent, in order, the newest first
  std::vector<std::string> dkim_signatures;         // as sent
};

MailHeader read_mail_header(GMimeMessage* message);

// Fills all of the envelope but the file name. What deviates from RFC 8460 §5.3 goes into
// `remarks`.
reports::ReportEnvelope envelope_of(const MailHeader& header, std::vector<std::string>& remarks);

// By the header of the mail as it was delivered; `envelope` may be that of a mail attached to it,
// which a missing signature of the outer mail says nothing about.
void judge_authenticity(const MailHeader& delivered, const UnpackOptions& options, bool attached,
                        reports::ReportEnvelope& envelope, std::vector<std::string>& remarks);

}  // namespace mtasts::intake
