// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "intake/mail.h"

#include <fmt/format.h>
#include <gmime/gmime.h>

#include <algorithm>
#include <mutex>
#include <string>

#include "base/ascii.h"
#include "base/handle.h"
#include "base/printable.h"
#include "intake/mail_header.h"
#include "intake/mail_part.h"
#include "intake/mail_shape.h"
#include "protocol/tlsrpt/report_name.h"
#include "protocol/tlsrpt/tls_report.h"

namespace mtasts::intake {
namespace {

using reports::Rejection;
using MessageHandle = Handle<GMimeMessage, g_object_unref>;
using ParserHandle = Handle<GMimeParser, g_object_unref>;
using StreamHandle = Handle<GMimeStream, g_object_unref>;

constexpr size_t kShown_bytes = 200;
constexpr std::string_view kNoReport = "the mail has no part that holds a TLS report";

void initialise_gmime() {
  static std::once_flag once;
  std::call_once(once, g_mime_init);
}

MessageHandle parse_message(std::string_view mail) {
  StreamHandle stream(g_mime_stream_mem_new_with_buffer(mail.data(), mail.size()));
  ParserHandle parser(g_mime_parser_new_with_stream(stream.get()));
  g_mime_parser_set_format(parser.get(), GMIME_FORMAT_MESSAGE);
  return MessageHandle(g_mime_parser_construct_message(parser.get(), nullptr));
}

// A part whose JSON could be anything is a report only if it has what every report has.
bool reads_like_report(const std::string& json) {
  return json.find("\"policies\"") != std::string::npos;
}

// Goes through the parts of one delivered mail and of those attached to it.
class MailReader {
 public:
  MailReader(const UnpackOptions& options, Unpacked& unpacked)
      : options_(options), unpacked_(unpacked) {}

  void read(GMimeMessage* message) {
    delivered_ = read_mail_header(message);
    header_ = delivered_;
    unpacked_.from_domain = delivered_.from_domain;
    add_form_remarks(message);
    visit(g_mime_message_get_mime_part(message), 0);
    conclude();
  }

 private:
  void add_form_remarks(GMimeMessage* message) {
    GMimeObject* top = g_mime_message_get_mime_part(message);
    GMimeContentType* type = top == nullptr ? nullptr : g_mime_object_get_content_type(top);
    if (type == nullptr) return;
    const char* report_type = g_mime_content_type_get_parameter(type, "report-type");
    const bool right = g_mime_content_type_is_type(type, "multipart", "report") != 0 &&
                       report_type != nullptr && equals_ignoring_case(report_type, "tlsrpt");
    const Handle<char, g_free> text(g_mime_content_type_get_mime_type(type));
    if (!right)
      form_remarks_.push_back(
          fmt::format("the mail has the type {} instead of multipart/report with report-type "
                      "tlsrpt",
                      quoted(text.get(), kShown_bytes)));
  }

  void visit(GMimeObject* object, int depth) {
    if (object == nullptr) return;
    if (depth > kMailDepth || parts_ >= kMostMailParts) {
      limited_ = true;
    } else if (GMIME_IS_MULTIPART(object)) {
      GMimeMultipart* multipart = GMIME_MULTIPART(object);
      const int count = g_mime_multipart_get_count(multipart);
      for (int i = 0; i < count && !limited_; ++i)
        visit(g_mime_multipart_get_part(multipart, i), depth + 1);
    } else if (GMIME_IS_MESSAGE_PART(object)) {
      visit_attached(g_mime_message_part_get_message(GMIME_MESSAGE_PART(object)), depth);
    } else if (GMIME_IS_PART(object)) {
      ++parts_;
      visit_part(GMIME_PART(object), depth);
    }
  }

  void visit_attached(GMimeMessage* message, int depth) {
    if (message == nullptr) return;
    MailHeader outer = header_;
    header_ = read_mail_header(message);
    ++attached_;
    visit(g_mime_message_get_mime_part(message), depth + 1);
    --attached_;
    header_ = std::move(outer);
  }

  void visit_part(GMimePart* part, int depth) {
    const MailPart read = read_mail_part(part);
    if (ascii_lower(read.file_name).ends_with(".eml") && begins_with_header(read.octets)) {
      if (excess_of_mail(read.octets).empty())
        visit_attached(parse_message(read.octets).get(), depth);
      else
        limited_ = true;
      return;
    }
    Document document = document_of(part, read, protocol::kReportLimit_bytes - inflated_bytes_);
    const bool certain = read.claim == PartClaim::report;
    if (document.ok && (certain || reads_like_report(document.json)))
      add_report(read, std::move(document));
    else if (document.oversize)
      reject(Rejection::oversize, read, document.fault);
    else if (certain)
      reject(Rejection::malformed, read, document.fault);
    else if (read.claim == PartClaim::possible && doubtful_.empty() && !document.ok)
      doubtful_ = described(read, document.fault);
  }

  static std::string described(const MailPart& part, std::string_view fault) {
    if (part.file_name.empty())
      return fmt::format("the part of type {} is {}", quoted(part.type, kShown_bytes), fault);
    return fmt::format("the part {} is {}", quoted(part.file_name, kShown_bytes), fault);
  }

  void reject(Rejection rejection, const MailPart& part, std::string_view fault) {
    if (unpacked_.rejection && *unpacked_.rejection == Rejection::oversize) return;
    unpacked_.rejection = rejection;
    unpacked_.reason = described(part, fault);
  }

  static void add_name_remark(const std::string& name, std::vector<std::string>& remarks) {
    if (name.empty())
      remarks.emplace_back("the part has no file name");
    else if (!protocol::parse_report_file_name(name))
      remarks.push_back(fmt::format("the file name {} has not the form of RFC 8460 section 5.1",
                                    quoted(name, kShown_bytes)));
  }

  void add_report(const MailPart& part, Document document) {
    inflated_bytes_ += document.json.size();
    for (const UnpackedReport& before : unpacked_.reports)
      if (before.json == document.json) return;  // the same in two types
    UnpackedReport report;
    report.remarks = form_remarks_;
    report.envelope = envelope_of(header_, report.remarks);
    report.envelope.file_name = part.file_name;
    add_name_remark(part.file_name, report.remarks);
    judge_authenticity(delivered_, options_, attached_ > 0, report.envelope, report.remarks);
    if (attached_ > 0) report.remarks.emplace_back("the report is in a mail attached to this one");
    for (std::string& remark : document.remarks) report.remarks.push_back(std::move(remark));
    report.remarks.resize(std::min(report.remarks.size(), kMostRemarks));
    report.json = std::move(document.json);
    unpacked_.reports.push_back(std::move(report));
  }

  void conclude() {
    if (unpacked_.rejection) return;
    if (limited_) {
      unpacked_.rejection = Rejection::oversize;
      unpacked_.reason = fmt::format(
          "the mail has more than {} parts, or more than {} within each other; the rest is not "
          "read",
          kMostMailParts, kMailDepth);
    } else if (unpacked_.reports.empty()) {
      unpacked_.rejection = Rejection::malformed;
      unpacked_.unrelated = doubtful_.empty();
      unpacked_.reason = doubtful_.empty() ? std::string(kNoReport) : doubtful_;
    }
  }

  const UnpackOptions& options_;
  Unpacked& unpacked_;
  MailHeader delivered_;  // of the mail that our server took in
  MailHeader header_;     // of the mail that holds the part: the same, or an attached one
  std::vector<std::string> form_remarks_;
  std::string doubtful_;  // what a part is that could have been a report
  size_t parts_ = 0;
  size_t inflated_bytes_ = 0;
  int attached_ = 0;
  bool limited_ = false;
};

Unpacked rejected(Rejection rejection, std::string reason) {
  Unpacked unpacked;
  unpacked.rejection = rejection;
  unpacked.reason = std::move(reason);
  return unpacked;
}

// "From sender date" as in an mbox file, which some pipes put before the header.
std::string_view without_separator(std::string_view mail) {
  while (mail.starts_with("From ") || mail.starts_with(">From ")) {
    const size_t end = mail.find('\n');
    mail.remove_prefix(end == std::string_view::npos ? mail.size() : end + 1);
  }
  return mail;
}

}  // namespace

Unpacked unpack_mail(std::string_view mail, const UnpackOptions& options) {
  if (mail.size() > kMailLimit_bytes)
    return rejected(Rejection::oversize,
                    fmt::format("the mail is larger than {} bytes", kMailLimit_bytes));
  mail = without_separator(mail);
  if (std::string excess = excess_of_mail(mail); !excess.empty())
    return rejected(Rejection::oversize, std::move(excess));
  initialise_gmime();
  MessageHandle message = parse_message(mail);
  if (message == nullptr) return rejected(Rejection::malformed, "the mail cannot be read");
  Unpacked unpacked;
  MailReader(options, unpacked).read(message.get());
  return unpacked;
}

}  // namespace mtasts::intake
