// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "intake/mail_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "base/ascii.h"
#include "base/domain_name.h"
#include "base/printable.h"
#include "intake/authentication_results.h"
#include "protocol/tlsrpt/report_name.h"

namespace mtasts::intake {
namespace {

constexpr size_t kMostSignatures = 20;
constexpr size_t kSignatureLimit_bytes = 16 * 1024;
constexpr size_t kShown_bytes = 100;

std::string bounded(const char* text, size_t limit) {
  if (text == nullptr) return {};
  return std::string(trim(std::string_view(text)).substr(0, limit));
}

void keep_first(std::string& kept, GMimeHeader* field) {
  if (kept.empty()) kept = bounded(g_mime_header_get_value(field), kHeaderValueLimit_bytes);
}

void keep_raw(std::vector<std::string>& kept, GMimeHeader* field, size_t most) {
  if (kept.size() < most)
    kept.push_back(bounded(g_mime_header_get_raw_value(field), kSignatureLimit_bytes));
}

std::string domain_of_address(std::string_view address) {
  const size_t at = address.rfind('@');
  if (at == std::string_view::npos) return {};
  auto domain = DomainName::parse(trim(address.substr(at + 1)));
  return domain ? domain->text() : std::string();
}

std::string author_domain(GMimeMessage* message) {
  InternetAddressList* from = g_mime_message_get_from(message);
  const int count = from == nullptr ? 0 : internet_address_list_length(from);
  for (int i = 0; i < count; ++i) {
    InternetAddress* address = internet_address_list_get_address(from, i);
    if (!INTERNET_ADDRESS_IS_MAILBOX(address)) continue;
    const char* text = internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(address));
    std::string domain = domain_of_address(text == nullptr ? "" : text);
    if (!domain.empty()) return domain;
  }
  return {};
}

// The value of one tag of a DKIM-Signature (RFC 6376 §3.2), blanks removed; empty: absent.
std::string dkim_tag(std::string_view signature, std::string_view tag) {
  while (!signature.empty()) {
    const size_t end = signature.find(';');
    const std::string_view field = signature.substr(0, end);
    signature.remove_prefix(end == std::string_view::npos ? signature.size() : end + 1);
    const size_t equals = field.find('=');
    if (equals == std::string_view::npos || trim(field.substr(0, equals)) != tag) continue;
    std::string value(field.substr(equals + 1));
    std::erase_if(value, [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; });
    return value;
  }
  return {};
}

// RFC 8460 §3: a signature of a report must not have the tag l, because more could be appended.
bool signs_only_a_part(const MailHeader& header, const std::string& domain) {
  bool partial = false;
  for (const std::string& signature : header.dkim_signatures) {
    if (ascii_lower(dkim_tag(signature, "d")) != domain) continue;
    if (dkim_tag(signature, "l").empty()) return false;
    partial = true;
  }
  return partial;
}

void read_subject(const std::string& subject, reports::ReportEnvelope& envelope,
                  std::vector<std::string>& remarks) {
  auto parsed = protocol::parse_report_subject(subject);
  if (!parsed || !parsed->strict)
    remarks.push_back(fmt::format("the Subject {} has not the form of RFC 8460 section 5.3",
                                  quoted(subject, kShown_bytes)));
  if (!parsed) return;
  envelope.subject_domain = parsed->domain;
  envelope.subject_submitter = parsed->submitter;
  envelope.subject_report_id = parsed->report_id;
}

}  // namespace

MailHeader read_mail_header(GMimeMessage* message) {
  MailHeader header;
  GMimeHeaderList* fields = g_mime_object_get_header_list(GMIME_OBJECT(message));
  const int count = g_mime_header_list_get_count(fields);
  for (int i = 0; i < count; ++i) {
    GMimeHeader* field = g_mime_header_list_get_header_at(fields, i);
    const std::string name = ascii_lower(bounded(g_mime_header_get_name(field), 100));
    if (name == "tls-report-domain") keep_first(header.report_domain, field);
    if (name == "tls-report-submitter") keep_first(header.report_submitter, field);
    if (name == "subject") keep_first(header.subject, field);
    if (name == "date") header.has_date = true;
    if (name == "authentication-results")
      keep_raw(header.authentication_results, field, kMostAuthenticationFields);
    if (name == "dkim-signature") keep_raw(header.dkim_signatures, field, kMostSignatures);
  }
  header.from_domain = author_domain(message);
  return header;
}

reports::ReportEnvelope envelope_of(const MailHeader& header, std::vector<std::string>& remarks) {
  reports::ReportEnvelope envelope;
  envelope.is_mail = true;
  envelope.report_domain = header.report_domain;
  envelope.report_submitter = header.report_submitter;
  envelope.from_domain = header.from_domain;
  if (header.report_domain.empty()) remarks.emplace_back("the mail has no TLS-Report-Domain");
  if (header.report_submitter.empty()) remarks.emplace_back("the mail has no TLS-Report-Submitter");
  if (header.from_domain.empty()) remarks.emplace_back("the mail has no author's address in From");
  read_subject(header.subject, envelope, remarks);
  if (!header.has_date) remarks.emplace_back("the mail has no Date");
  return envelope;
}

void judge_authenticity(const MailHeader& delivered, const UnpackOptions& options, bool attached,
                        reports::ReportEnvelope& envelope, std::vector<std::string>& remarks) {
  if (!options.trusted_mail || options.authserv_id.empty()) return;
  // The author stands for the submitter only where the mail names none: otherwise anybody who
  // signs his own mail could name another.
  const std::string& submitter =
      envelope.report_submitter.empty() ? envelope.from_domain : envelope.report_submitter;
  SignatureVerdict verdict =
      judge_signatures(delivered.authentication_results, options.authserv_id, submitter);
  if (attached && verdict.authenticity == reports::Authenticity::failed)
    verdict.authenticity = reports::Authenticity::unknown;
  if (!verdict.signing_domain.empty() && signs_only_a_part(delivered, verdict.signing_domain)) {
    remarks.push_back(fmt::format("the signature of {} covers only a part of the body (tag l)",
                                  quoted(verdict.signing_domain, kShown_bytes)));
    return;
  }
  envelope.authenticity = verdict.authenticity;
  envelope.signing_domain = verdict.signing_domain;
}

}  // namespace mtasts::intake
