// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "intake/report_mail.h"

#include <gmock/gmock.h>

#include <thread>

#include "intake/mail_shape.h"
#include "intake/unpack.h"

namespace mtasts::intake {
namespace {

using reports::Authenticity;
using reports::Rejection;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

UnpackOptions trusting() {
  UnpackOptions options;
  options.authserv_id = "mx.us.example";
  options.trusted_mail = true;
  return options;
}

UnpackedReport only_report(const std::string& mail, const UnpackOptions& options = {}) {
  Unpacked unpacked = unpack(mail, options);
  EXPECT_EQ(unpacked.reports.size(), 1u) << unpacked.reason << "\n" << mail.substr(0, 2000);
  EXPECT_FALSE(unpacked.rejection) << unpacked.reason;
  if (unpacked.reports.empty()) return {};
  EXPECT_EQ(unpacked.reports[0].json, kReportJson);
  return unpacked.reports[0];
}

std::string reason_of(const std::string& mail, Rejection rejection = Rejection::malformed) {
  Unpacked unpacked = unpack(mail, {});
  EXPECT_EQ(unpacked.rejection, rejection);
  return unpacked.reason;
}

TEST(ReportMail, ByTheRfc) {
  UnpackedReport report = only_report(ReportMail().text());
  EXPECT_THAT(report.remarks, IsEmpty());
  EXPECT_TRUE(report.envelope.is_mail);
  EXPECT_EQ(report.envelope.report_domain, "example.org");
  EXPECT_EQ(report.envelope.report_submitter, "google.com");
  EXPECT_EQ(report.envelope.file_name, kFileName);
  EXPECT_EQ(report.envelope.from_domain, "google.com");
  EXPECT_EQ(report.envelope.authenticity, Authenticity::unknown);
}

TEST(ReportMail, LineEndsAndSeparatorsDoNotMatter) {
  std::string mail = ReportMail().text();
  std::erase(mail, '\r');
  EXPECT_THAT(only_report(mail).remarks, IsEmpty());
  only_report("From a@b Thu Nov 20 00:04:11 2026\n" + mail);
  only_report(">From a@b Thu Nov 20 00:04:11 2026\n" + mail);
  only_report("\r\n" + mail);
}

TEST(ReportMail, JsonPart) {
  ReportMail mail;
  mail.part_header = "Content-Type: application/tlsrpt+json\r\n";
  mail.body = kReportJson;
  EXPECT_THAT(only_report(mail.text()).remarks, ElementsAre("the part has no file name"));
  mail.part_header += "Content-Transfer-Encoding: quoted-printable\r\n";
  mail.body = "{\"organization-name\"=3A\"Google I=\r\nnc.\"" + kReportJson.substr(34);
  only_report(mail.text());
}

struct Shape {
  const char* name;
  std::string top;
  std::string part_header;
  std::string body;
  const char* remark;
};

TEST(ReportMail, WrongTypesAreRemarks) {
  const std::string zipped = base64(fakes::gzip(kReportJson));
  const std::string b64 = "Content-Transfer-Encoding: base64\r\n";
  const std::string named = "Content-Disposition: attachment; filename=" + kFileName + "\r\n";
  const std::string right = "multipart/report; report-type=tlsrpt";
  const Shape kShapes[] = {
      {"related", "multipart/related", "Content-Type: application/tlsrpt+gzip\r\n" + b64, zipped,
       "the mail has the type \"multipart/related\" instead of multipart/report"},
      {"report of another kind", "multipart/report; report-type=delivery-status",
       "Content-Type: application/tlsrpt+gzip\r\n" + b64, zipped, "\"multipart/report\" instead"},
      {"octet-stream", right, "Content-Type: application/octet-stream\r\n" + b64 + named, zipped,
       "the part has the type \"application/octet-stream\" instead of application/tlsrpt+gzip"},
      {"octet-stream without a name", right, "Content-Type: application/octet-stream\r\n" + b64,
       zipped, "\"application/octet-stream\""},
      {"gzip", right, "Content-Type: application/gzip\r\n" + b64 + named, zipped,
       "\"application/gzip\""},
      {"json type with gzip", right, "Content-Type: application/tlsrpt+json\r\n" + b64, zipped,
       "\"application/tlsrpt+json\" instead of application/tlsrpt+gzip"},
      {"gzip type with json", right, "Content-Type: application/tlsrpt+gzip\r\n", kReportJson,
       "\"application/tlsrpt+gzip\" instead of application/tlsrpt+json"},
      {"text", right, "Content-Type: text/plain; name=report.json\r\n", kReportJson,
       "\"text/plain\""},
      {"no type", right, "", kReportJson, "\"text/plain\""},
      {"image", right, "Content-Type: image/png\r\n" + b64, zipped, "\"image/png\""},
      {"broken type", right, "Content-Type: ;;;\r\n" + b64 + named, zipped, "instead of"},
  };
  for (const Shape& shape : kShapes) {
    SCOPED_TRACE(shape.name);
    ReportMail mail;
    mail.top = shape.top;
    mail.part_header = shape.part_header;
    mail.body = shape.body;
    EXPECT_THAT(only_report(mail.text()).remarks, Contains(HasSubstr(shape.remark)));
  }
}

TEST(ReportMail, OtherStructures) {
  ReportMail mail;
  mail.first_part = "Content-Type: text/html\r\n\r\n<p>{\"policies\"</p>\r\n";  // Microsoft
  EXPECT_THAT(only_report(mail.text()).remarks, IsEmpty());
  EXPECT_THAT(only_report(ReportMail().single()).remarks,
              Contains(HasSubstr("\"application/tlsrpt+gzip\" instead of multipart/report")));
  // The report in a multipart within the multipart, and twice, as JSON and gzip.
  mail.first_part =
      "Content-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n" + mail.part() + "\r\n--c--\r\n";
  mail.part_header = "Content-Type: application/tlsrpt+json\r\n";
  mail.body = kReportJson;
  only_report(mail.text());
  // The end of the mail is missing.
  std::string cut = ReportMail().text();
  cut.resize(cut.rfind("--b--"));
  only_report(cut);
}

TEST(ReportMail, SeveralReports) {
  ReportMail mail;
  mail.first_part = "Content-Type: application/tlsrpt+json\r\n\r\n{\"policies\":[1]}\r\n";
  Unpacked unpacked = unpack(mail.text(), {});
  ASSERT_EQ(unpacked.reports.size(), 2u);
  EXPECT_FALSE(unpacked.rejection);
  // One of them is broken: the other one is kept, and the rejection tells.
  mail.first_part = "Content-Type: application/tlsrpt+gzip\r\n\r\nno gzip\r\n";
  unpacked = unpack(mail.text(), {});
  EXPECT_EQ(unpacked.reports.size(), 1u);
  EXPECT_EQ(unpacked.rejection, Rejection::malformed);
  EXPECT_THAT(unpacked.reason, HasSubstr("it begins with \"no gzip\""));
}

TEST(ReportMail, FileNames) {
  const char* kDispositions[] = {
      "attachment; filename=google.com!example.org!1663200000!1663286399!001.json.gz",  // unquoted
      "attachment; filename=\"google.com!example.org!1663200000!1663286399!001.json.gz\"",
      "attachment; "
      "filename*=utf-8''google.com%21example.org%211663200000%211663286399%21001.json.gz",
      "attachment; filename*0=\"google.com!example.org!\";\r\n"
      " filename*1=\"1663200000!1663286399!001.json.gz\"",
      "attachment; filename*0*=utf-8''google.com%21example.org%21;\r\n"
      " filename*1*=1663200000%211663286399%21001.json.gz",
      "attachment;\r\n\tfilename=\"=?utf-8?Q?google.com!example.org!1663200000!?=\r\n"
      " =?utf-8?Q?1663286399!001.json.gz?=\"",
  };
  for (const char* disposition : kDispositions) {
    ReportMail mail;
    mail.part_header = "Content-Type: application/tlsrpt+gzip\r\nContent-Disposition: " +
                       std::string(disposition) + "\r\nContent-Transfer-Encoding: base64\r\n";
    EXPECT_EQ(only_report(mail.text()).envelope.file_name, kFileName) << disposition;
  }
  ReportMail mail;
  mail.part_header = "Content-Type: application/tlsrpt+gzip; name=" + kFileName +
                     "\r\nContent-Transfer-Encoding: base64\r\n";
  EXPECT_EQ(only_report(mail.text()).envelope.file_name, kFileName);
}

TEST(ReportMail, Base64OfEveryKind) {
  const std::string octets = fakes::gzip(kReportJson);
  std::string unpadded = base64(octets);
  std::erase(unpadded, '=');
  std::string spaced;
  for (char c : base64(octets)) spaced += c == '\n' ? std::string("\n \t") : std::string(1, c);
  const std::string pieces =
      base64(octets.substr(0, 10)) + base64(octets.substr(10));  // "==" within
  const std::string kBodies[] = {unpadded,
                                 spaced,
                                 pieces,
                                 base64(octets, 1000000),
                                 base64(octets, 7),
                                 base64(octets) + "\r\n-- \r\nA footer of a mailing list!\r\n"};
  for (const std::string& body : kBodies) {
    ReportMail mail;
    mail.body = body;
    only_report(mail.text());
  }
}

TEST(ReportMail, WrongTransferEncodings) {
  ReportMail mail;
  mail.part_header = "Content-Type: application/tlsrpt+gzip\r\n";
  EXPECT_THAT(only_report(mail.text()).remarks, Contains("the part is base64 without saying so"));
  mail.part_header =
      "Content-Type: application/tlsrpt+json\r\nContent-Transfer-Encoding: base64\r\n";
  mail.body = kReportJson;
  EXPECT_THAT(only_report(mail.text()).remarks,
              Contains("the content transfer encoding of the part is wrong"));
  mail.part_header =
      "Content-Type: application/tlsrpt+gzip\r\nContent-Transfer-Encoding: binary\r\n";
  mail.body = fakes::gzip(kReportJson);
  only_report(mail.text());
}

TEST(ReportMail, HeaderFields) {
  ReportMail mail;
  mail.header = "Subject: hello\r\n";
  UnpackedReport report = only_report(mail.text());
  EXPECT_THAT(report.remarks, Contains("the mail has no TLS-Report-Domain"));
  EXPECT_THAT(report.remarks, Contains("the mail has no TLS-Report-Submitter"));
  EXPECT_THAT(report.remarks, Contains("the mail has no author's address in From"));
  EXPECT_THAT(report.remarks, Contains("the mail has no Date"));
  mail.header =
      "from: \"Reports, daily\" <a@Mail.B\xC3\xBC"
      "cher.example>\r\ntls-report-DOMAIN:\r\n example.org \r\n"
      "TLS-Report-Submitter: one.example\r\nTLS-Report-Submitter: two.example\r\n";
  report = only_report(mail.text());
  EXPECT_EQ(report.envelope.from_domain, "mail.xn--bcher-kva.example");
  EXPECT_EQ(report.envelope.report_domain, "example.org");
  EXPECT_EQ(report.envelope.report_submitter, "one.example");
  mail.header = "TLS-Report-Domain: " + std::string(10000, 'x') + "\r\n";
  EXPECT_LE(only_report(mail.text()).envelope.report_domain.size(), 2048u);
}

TEST(ReportMail, Subjects) {
  const std::string kFields[] = {
      "Subject: Report Domain: example.org Submitter: google.com Report-ID: <1.a@google.com>",
      "Subject: Report Domain: example.org\r\n Submitter: google.com\r\n\tReport-ID: "
      "<1.a@google.com>",
      "subject:Report Domain: example.org Submitter: google.com Report-ID:\r\n <1.a@google.com>",
      // Encoded words cut within a word, as Stalwart does.
      "Subject: =?utf-8?Q?Report_Domain:_example.org_Submi?=\r\n =?utf-8?Q?tter:_google.com_Repo?="
      "\r\n =?utf-8?B?cnQtSUQ6IDwxLmFAZ29vZ2xlLmNvbT4=?=",
      "Subject: Report Domain: example.org Submitter: google.com =?us-ascii?q?Report-ID:?=\r\n"
      " <1.a@google.com>",
  };
  for (const std::string& field : kFields) {
    ReportMail mail;
    mail.header = "From: a@google.com\r\nDate: Fri, 16 Sep 2022 08:16:07 -0700\r\n" + field +
                  "\r\nTLS-Report-Domain: example.org\r\nTLS-Report-Submitter: google.com\r\n";
    UnpackedReport report = only_report(mail.text());
    EXPECT_EQ(report.envelope.subject_domain, "example.org") << field;
    EXPECT_EQ(report.envelope.subject_submitter, "google.com") << field;
    EXPECT_EQ(report.envelope.subject_report_id, "1.a@google.com") << field;
    EXPECT_THAT(report.remarks, IsEmpty()) << field;
  }
  ReportMail mail;
  mail.header =
      "Subject: Report Domain: example.org Submitter: microsoft.com Report-ID: "
      "133198585438131172+example.org\r\n";  // Microsoft
  UnpackedReport report = only_report(mail.text());
  EXPECT_EQ(report.envelope.subject_report_id, "133198585438131172+example.org");
  EXPECT_THAT(report.remarks, Contains(HasSubstr("has not the form of RFC 8460 section 5.3")));
  mail.header = "Subject: Fwd: hello\r\n";
  EXPECT_THAT(only_report(mail.text()).remarks, Contains(HasSubstr("the Subject \"Fwd: hello\"")));
}

TEST(ReportMail, NoReport) {
  EXPECT_EQ(reason_of("From: a@b.example\r\nSubject: hi\r\n\r\nHello.\r\n"),
            "the mail has no part that holds a TLS report");
  EXPECT_TRUE(unpack("From: a@b.example\r\nSubject: hi\r\n\r\nHello.\r\n", {}).unrelated);
  ReportMail mail;
  mail.body = base64("no gzip");
  EXPECT_FALSE(unpack(mail.text(), {}).unrelated);
  EXPECT_EQ(reason_of(mail.text()),
            "the part \"" + kFileName + "\" is neither JSON nor gzip; it begins with \"no gzip\"");
  mail.body = "";
  EXPECT_EQ(reason_of(mail.text()), "the part \"" + kFileName + "\" is empty");
  // An aggregate report of DMARC.
  mail.part_header = "Content-Type: application/gzip\r\nContent-Transfer-Encoding: base64\r\n";
  mail.body = base64(fakes::gzip("<?xml version=\"1.0\"?><feedback/>"));
  EXPECT_THAT(reason_of(mail.text()), HasSubstr("aggregate report of DMARC"));
  // JSON of something else.
  mail.part_header = "Content-Type: application/json\r\n";
  mail.body = "{\"a\": 1}";
  EXPECT_EQ(reason_of(mail.text()), "the mail has no part that holds a TLS report");
  EXPECT_EQ(reason_of("A: b"), "the mail has no part that holds a TLS report");
}

TEST(ReportMail, AttachedMails) {
  const std::string inner = ReportMail().text();
  ReportMail outer;
  outer.header =
      "From: admin@us.example\r\nDate: Fri, 16 Sep 2022 08:16:07 -0700\r\n"
      "Authentication-Results: mx.us.example; dkim=fail header.d=us.example\r\n";
  outer.top = "multipart/mixed";
  outer.part_header = "Content-Type: message/rfc822\r\n";
  outer.body = inner;
  UnpackedReport report = only_report(outer.text(), trusting());
  EXPECT_EQ(report.envelope.report_submitter, "google.com");
  EXPECT_EQ(report.envelope.from_domain, "google.com");
  EXPECT_EQ(report.envelope.authenticity, Authenticity::unknown);
  EXPECT_THAT(report.remarks, Contains("the report is in a mail attached to this one"));
  // A field of the attached mail is anybody's.
  outer.body = "Authentication-Results: mx.us.example; dkim=pass header.d=google.com\r\n" + inner;
  EXPECT_EQ(only_report(outer.text(), trusting()).envelope.authenticity, Authenticity::unknown);
  outer.part_header =
      "Content-Type: application/octet-stream; name=\"report.eml\"\r\n"
      "Content-Transfer-Encoding: base64\r\n";
  outer.body = base64(inner);
  EXPECT_EQ(only_report(outer.text()).envelope.report_submitter, "google.com");
}

TEST(ReportMail, Authenticity) {
  ReportMail mail;
  const std::string plain = mail.header;
  mail.header =
      "Authentication-Results: mx.us.example;\r\n dkim=pass header.d=google.com\r\n" + plain;
  UnpackedReport report = only_report(mail.text(), trusting());
  EXPECT_EQ(report.envelope.authenticity, Authenticity::authenticated);
  EXPECT_EQ(report.envelope.signing_domain, "google.com");
  // Not through our server, or nobody is believed.
  UnpackOptions options = trusting();
  options.trusted_mail = false;
  EXPECT_EQ(only_report(mail.text(), options).envelope.authenticity, Authenticity::unknown);
  options = trusting();
  options.authserv_id = "";
  EXPECT_EQ(only_report(mail.text(), options).envelope.authenticity, Authenticity::unknown);
  // Signed by the author, who is not the submitter that he names.
  mail.header =
      "Authentication-Results: mx.us.example; dkim=pass header.d=evil.example\r\n"
      "From: a@evil.example\r\nTLS-Report-Submitter: google.com\r\n";
  report = only_report(mail.text(), trusting());
  EXPECT_EQ(report.envelope.authenticity, Authenticity::unknown);
  EXPECT_EQ(report.envelope.signing_domain, "evil.example");
  mail.header = "Authentication-Results: mx.us.example; dkim=none\r\n" + plain;
  EXPECT_EQ(only_report(mail.text(), trusting()).envelope.authenticity, Authenticity::failed);
  mail.header =
      "Authentication-Results: mx.us.example; dkim=pass header.i=@google.com\r\n"
      "From: a@google.com\r\n";
  EXPECT_EQ(only_report(mail.text(), trusting()).envelope.authenticity,
            Authenticity::authenticated);
}

TEST(ReportMail, SignatureOfAPart) {
  ReportMail mail;
  const std::string results =
      "Authentication-Results: mx.us.example; dkim=pass header.d=google.com\r\n";
  const std::string plain = mail.header;
  mail.header = results + "DKIM-Signature: v=1; d=Google.com; l = 1\r\n 0; b=x\r\n" + plain;
  UnpackedReport report = only_report(mail.text(), trusting());
  EXPECT_EQ(report.envelope.authenticity, Authenticity::unknown);
  EXPECT_THAT(report.remarks, Contains(HasSubstr("covers only a part of the body")));
  mail.header += "DKIM-Signature: v=1; d=google.com; b=x\r\n";
  EXPECT_EQ(only_report(mail.text(), trusting()).envelope.authenticity,
            Authenticity::authenticated);
}

std::string repeated(const std::string& text, size_t times) {
  std::string all;
  for (size_t i = 0; i < times; ++i) all += text;
  return all;
}

TEST(ReportMail, IsBounded) {
  const std::string head = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
  const std::string kExcessive[] = {
      head + repeated("--b\n\n", 100000),
      repeated("Content-Type: message/rfc822\n\n", 100000),
      repeated("Content-Type: multipart/mixed; boundary=b\n\n--b\n", 100000),
      repeated("a:\n", 1000000) + "\n",
      head + "--b\n" + repeated("a:\n", 1000000),
      "A: " + std::string(2 << 20, 'x') + "\n\n",
      "Content-Type: multipart/digest; boundary=b\n\n--b\n\n" + repeated("a:\n", 1000000),
      "Content-Type: message/\n rfc822\n\n" + repeated("a:\n", 1000000),
      head + repeated("--b\n\nx\n", 150),
      "A: b\n\n" + std::string(kMailLimit_bytes, 'x'),
  };
  for (const std::string& mail : kExcessive)
    EXPECT_NE(reason_of(mail, Rejection::oversize), "") << mail.substr(0, 100);
  // As many parts as are looked at, of which the last one is the report.
  ReportMail mail;
  mail.first_part = repeated("\r\n\r\nx\r\n--b", kMostMailParts - 1).substr(2);
  mail.first_part.resize(mail.first_part.size() - 3);
  only_report(mail.text());
}

TEST(ReportMail, NestingIsBounded) {
  auto nested = [](int levels) {
    std::string text = ReportMail().single();
    for (int i = 0; i < levels; ++i) text = "Content-Type: message/rfc822\r\n\r\n" + text;
    return text;
  };
  only_report(nested(kMailDepth));
  EXPECT_THAT(reason_of(nested(kMailDepth + 1), Rejection::oversize),
              HasSubstr("within each other"));
  // As deep as the parser is ever asked to go.
  EXPECT_THAT(reason_of(repeated("Content-Type: message/rfc822\n\n", kMostContentTypes),
                        Rejection::oversize),
              HasSubstr("within each other"));
  std::string deep;
  for (size_t i = 0; i < kMostContentTypes; ++i) {
    const std::string boundary = "b" + std::to_string(i);
    deep += "Content-Type: multipart/mixed; boundary=" + boundary + "\n\n--" + boundary + "\n";
  }
  EXPECT_THAT(reason_of(deep, Rejection::oversize), HasSubstr("within each other"));
}

TEST(ReportMail, BombsTogetherAreBounded) {
  const std::string bomb =
      base64(fakes::gzip("{\"policies\":" + std::string(40 << 20, ' ') + "[]}"));
  ReportMail mail;
  mail.first_part = mail.part_header + "\r\n" + bomb;
  mail.body = bomb;
  Unpacked unpacked = unpack(mail.text(), {});
  EXPECT_EQ(unpacked.reports.size(), 1u);
  EXPECT_EQ(unpacked.rejection, Rejection::oversize);
}

TEST(ReportMail, Threads) {
  const std::string mail = ReportMail().text();
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int j = 0; j < 50; ++j) EXPECT_EQ(unpack(mail, {}).reports.size(), 1u);
    });
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace mtasts::intake
