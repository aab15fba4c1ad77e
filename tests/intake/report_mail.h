// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Mails with a TLS report as senders build them, for tests.
#pragma once

#include <string>

#include "fakes/gzip.h"

namespace mtasts::intake {

inline std::string base64(const std::string& octets, size_t line = 76) {
  static constexpr char kDigits[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (size_t i = 0; i < octets.size(); i += 3) {
    unsigned group = 0;
    for (size_t j = 0; j < 3; ++j)
      group = group << 8 | (i + j < octets.size() ? static_cast<unsigned char>(octets[i + j]) : 0u);
    for (size_t j = 0; j < 4; ++j)
      text += i + j > octets.size() ? '=' : kDigits[group >> (18 - 6 * j) & 63];
  }
  std::string wrapped;
  for (size_t i = 0; i < text.size(); i += line) wrapped += text.substr(i, line) + "\r\n";
  return wrapped;
}

inline const std::string kReportJson =
    R"({"organization-name":"Google Inc.","policies":[{"policy":{"policy-type":"sts"}}]})";
inline const std::string kFileName = "google.com!example.org!1663200000!1663286399!001.json.gz";

// A mail of which a test changes what it is about.
struct ReportMail {
  std::string header =
      "From: noreply-smtp-tls-reporting@google.com\r\n"
      "Date: Fri, 16 Sep 2022 08:16:07 -0700\r\n"
      "Subject: Report Domain: example.org Submitter: google.com Report-ID: <1@google.com>\r\n"
      "TLS-Report-Domain: example.org\r\nTLS-Report-Submitter: google.com\r\n";
  std::string top = "multipart/report; report-type=\"tlsrpt\"";
  std::string first_part = "Content-Type: text/plain\r\n\r\nA report.\r\n";
  std::string part_header = "Content-Type: application/tlsrpt+gzip; name=\"" + kFileName +
                            "\"\r\nContent-Disposition: attachment; filename=\"" + kFileName +
                            "\"\r\nContent-Transfer-Encoding: base64\r\n";
  std::string body = base64(fakes::gzip(kReportJson));

  std::string part() const { return part_header + "\r\n" + body; }
  std::string text() const {
    return header + "MIME-Version: 1.0\r\nContent-Type: " + top +
           "; boundary=\"b\"\r\n\r\n--b\r\n" + first_part + "\r\n--b\r\n" + part() +
           "\r\n--b--\r\n";
  }
  std::string single() const { return header + "MIME-Version: 1.0\r\n" + part(); }
};

}  // namespace mtasts::intake
