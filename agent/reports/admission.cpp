// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "reports/admission.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "base/ascii.h"
#include "base/digest.h"
#include "base/ip_address.h"
#include "base/public_suffix.h"
#include "protocol/sts/sts_policy.h"
#include "protocol/tlsrpt/report_name.h"
#include "reports/report_owner.h"

namespace mtasts::reports {
namespace {

using protocol::DeviationKind;
using protocol::ReportFailure;
using protocol::ReportPolicy;
using protocol::ReportPolicyType;
using protocol::TlsReport;

constexpr size_t kMostForeign = 10;
constexpr size_t kMostPolicyRows = 100;  // of one report and domain; the others lose their text
constexpr size_t kPolicyLimit_bytes = 64 * 1024;
constexpr size_t kPolicyText_bytes = 4096;
constexpr size_t kNameLimit_bytes = 255;
constexpr std::chrono::hours kClockSkew{1};

std::string cut(std::string text, size_t limit) {
  if (text.size() <= limit) return text;
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0) == 0x80) --limit;
  text.resize(limit);
  return text;
}

std::string domain_of_mail(std::string_view address) {
  size_t at = address.rfind('@');
  return at == std::string_view::npos ? std::string() : normal_name(address.substr(at + 1));
}

bool same_organisation(const std::string& one, const std::string& other) {
  return one == other || organisational_domain(one) == organisational_domain(other);
}

uint64_t added(uint64_t one, uint64_t other) {
  return std::min(one + other, protocol::kMostSessions);
}

// --- Who and when.

struct Submitter {
  std::string domain;
  bool mismatch = false;  // the mail names another one than the report
};

Submitter submitter_of(const TlsReport& report, const ReportEnvelope& envelope) {
  Submitter submitter;
  submitter.domain = domain_of_mail(report.contact);
  std::string named = normal_name(envelope.report_submitter);
  if (named.empty()) named = normal_name(envelope.subject_submitter);
  submitter.mismatch =
      !submitter.domain.empty() && !named.empty() && !same_organisation(submitter.domain, named);
  if (submitter.domain.empty()) submitter.domain = named;
  if (submitter.domain.empty()) submitter.domain = normal_name(envelope.from_domain);
  return submitter;
}

std::string organization_of(const TlsReport& report, const Submitter& submitter) {
  for (const std::string* name : {&report.organization, &report.contact, &submitter.domain})
    if (!name->empty()) return cut(*name, kNameLimit_bytes);
  return "unknown";
}

struct Range {
  Time begin{};
  Time end{};
};
// Empty: nothing tells the day.
std::optional<Range> range_of(const TlsReport& report, const ReportEnvelope& envelope) {
  constexpr std::chrono::seconds kDay{86399};
  auto file = protocol::parse_report_file_name(envelope.file_name);
  Range range;
  if (report.begin)
    range.begin = *report.begin;
  else if (report.end)  // the day that it ends
    range.begin = std::chrono::floor<std::chrono::days>(*report.end - std::chrono::seconds(1));
  else if (file)
    range.begin = file->begin;
  else
    return std::nullopt;
  range.end = report.end ? *report.end : file ? file->end : range.begin + kDay;
  if (range.end < range.begin) range.end = range.begin + kDay;
  return range;
}

// --- What.

// By meaning: senders rebuild policies in another order.
std::string policy_text(const ReportPolicy& policy) {
  if (policy.type != ReportPolicyType::sts) return {};
  std::string body;
  for (const std::string& line : policy.policy_strings) {
    if (body.size() + line.size() > kPolicyLimit_bytes - 2) return {};
    body += line + "\r\n";
  }
  protocol::StsPolicy read = protocol::parse_sts_policy(body);
  if (!read.mode) return {};
  std::sort(read.mx.begin(), read.mx.end());
  std::string text = fmt::format("mode={} max_age={} mx={}", name_of(*read.mode),
                                 read.max_age_seconds.value_or(0), fmt::join(read.mx, ","));
  return text.size() > kPolicyText_bytes ? std::string() : text;
}

std::string network_of(std::string_view text) {
  auto address = IpAddress::parse(text);
  if (!address) return {};
  std::array<uint8_t, 16> octets = address->octets();
  static constexpr std::array<uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  bool mapped = address->family() == AddressFamily::ipv6 &&
                std::equal(kMapped.begin(), kMapped.end(), octets.begin());
  if (mapped) return fmt::format("{}.{}.{}.0/24", octets[12], octets[13], octets[14]);
  if (address->family() == AddressFamily::ipv4)
    return fmt::format("{}.{}.{}.0/24", octets[0], octets[1], octets[2]);
  std::fill(octets.begin() + 6, octets.end(), uint8_t{0});
  return IpAddress::v6(octets).text() + "/48";
}

std::string address_text(std::string_view text) {
  auto address = IpAddress::parse(text);
  return address ? address->text() : std::string();
}

std::string host_text(std::string_view text) {
  std::string name = normal_name(text);
  return name.empty() ? cut(ascii_lower(text), kNameLimit_bytes) : name;
}

FailureRow failure_row(const ReportPolicy& policy, const ReportFailure& failure) {
  FailureRow row;
  row.policy_type = policy.type;
  row.type = failure.type;
  if (failure.type == protocol::ResultType::other)
    row.type_text = cut(failure.type_text, kNameLimit_bytes);
  row.receiving_mx = host_text(failure.receiving_mx_hostname);
  row.receiving_ip = address_text(failure.receiving_ip);
  row.sending_network = network_of(failure.sending_mta_ip);
  row.sessions = failure.sessions;
  row.reason = cut(failure.failure_reason_code, kNameLimit_bytes);
  return row;
}

Qualities qualities_of(const TlsReport& report) {
  Qualities qualities = 0;
  for (const protocol::ReportDeviation& deviation : report.deviations) {
    if (deviation.kind == DeviationKind::date) qualities |= bit(Quality::date_invalid);
    if (deviation.kind == DeviationKind::count) qualities |= bit(Quality::counts_inconsistent);
    if (deviation.kind == DeviationKind::result_type) qualities |= bit(Quality::unknown_type);
    if (deviation.kind == DeviationKind::policy_type) qualities |= bit(Quality::unknown_type);
    if (deviation.kind == DeviationKind::limit) qualities |= bit(Quality::oversize);
  }
  return qualities;
}

// The rows of one domain while they are collected; equal ones are added up.
class Collected {
 public:
  void add(const ReportPolicy& policy, bool by_mx_host) {
    std::string text = policy_text(policy);
    contents_.push_back(content_of(policy, text));
    has_sts_ = has_sts_ || policy.type == ReportPolicyType::sts;
    bool about_host = by_mx_host && policy.type == ReportPolicyType::no_policy_found;
    auto key = std::tuple(policy.type, about_host, std::move(text));
    if (policies_.size() >= kMostPolicyRows && !policies_.contains(key)) std::get<2>(key).clear();
    PolicyRow& row = policies_[key];
    row.type = policy.type;
    row.about_mx_host = about_host;
    row.policy = std::get<2>(key);
    row.successful = added(row.successful, policy.successful);
    row.failed = added(row.failed, policy.failed);
    for (const ReportFailure& failure : policy.failures) add(failure_row(policy, failure));
  }

  // Ends the collection.
  void move_into(StoredReport& stored) {
    for (auto& [key, row] : policies_) {
      row.about_mx_host = row.about_mx_host && has_sts_;
      stored.policies.push_back(std::move(row));
    }
    for (auto& [key, row] : failures_) stored.failures.push_back(std::move(row));
  }

  // The same whatever the order of policies in the report.
  std::string digest_text() {
    std::sort(contents_.begin(), contents_.end());
    return fmt::format("{}", fmt::join(contents_, "\n"));
  }

 private:
  void add(FailureRow row) {
    auto key = std::tuple(row.policy_type, row.type, row.type_text, row.receiving_mx,
                          row.receiving_ip, row.sending_network);
    auto [place, fresh] = failures_.try_emplace(std::move(key), row);
    if (fresh) return;
    place->second.sessions = added(place->second.sessions, row.sessions);
    if (place->second.reason.empty()) place->second.reason = std::move(row.reason);
  }

  static std::string content_of(const ReportPolicy& policy, const std::string& text) {
    Sha256 digest;
    digest.add(fmt::format("{}|{}|{}|{}|{}", name_of(policy.type), policy.domain, text,
                           policy.successful, policy.failed));
    std::vector<std::string> details;
    details.reserve(policy.failures.size());
    for (const ReportFailure& failure : policy.failures)
      details.push_back(fmt::format("{}|{}|{}|{}|{}|{}", failure.type_text, failure.sessions,
                                    failure.receiving_mx_hostname, failure.receiving_ip,
                                    failure.sending_mta_ip, failure.failure_reason_code));
    std::sort(details.begin(), details.end());
    for (const std::string& detail : details) digest.add("\n" + detail);
    return hex(digest.finish());
  }

  std::map<std::tuple<ReportPolicyType, bool, std::string>, PolicyRow> policies_;
  std::map<std::tuple<ReportPolicyType, protocol::ResultType, std::string, std::string, std::string,
                      std::string>,
           FailureRow>
      failures_;
  std::vector<std::string> contents_;
  bool has_sts_ = false;
};

// What all parts of one report have in common.
StoredReport common_part(const TlsReport& report, const ReportEnvelope& envelope,
                         const Range& range) {
  StoredReport stored;
  Submitter submitter = submitter_of(report, envelope);
  stored.organization = organization_of(report, submitter);
  stored.submitter = submitter.domain;
  stored.report_id = cut(report.report_id, kNameLimit_bytes);
  if (stored.report_id.empty())
    stored.report_id = cut(envelope.subject_report_id, kNameLimit_bytes);
  stored.begin = range.begin;
  stored.end = range.end;
  stored.day = std::chrono::floor<std::chrono::days>(range.begin);
  stored.qualities = qualities_of(report);
  stored.authenticity = envelope.authenticity;
  if (submitter.mismatch) stored.qualities |= bit(Quality::submitter_mismatch);
  if (envelope.authenticity == Authenticity::failed) stored.qualities |= bit(Quality::dkim_missing);
  // RFC 8460 §3: the signature must be that of the submitter.
  bool strange = envelope.authenticity == Authenticity::authenticated &&
                 !same_organisation(normal_name(envelope.signing_domain), submitter.domain);
  if (strange) {
    stored.authenticity = Authenticity::failed;
    stored.qualities |= bit(Quality::submitter_mismatch);
  }
  return stored;
}

// JSON first: the same report may come by mail and by POST.
std::string identity_of(const TlsReport& report, const StoredReport& stored) {
  const std::string& who = !report.contact.empty()        ? report.contact
                           : !report.organization.empty() ? report.organization
                                                          : stored.submitter;
  return sha256_hex(fmt::format("{}\n{}\n{}", ascii_lower(who), stored.report_id, stored.domain));
}

}  // namespace

Admission admit(const TlsReport& report, const ReportEnvelope& envelope, const OwnNames& own,
                std::chrono::milliseconds retention, Time now) {
  Admission admission;
  std::optional<Range> range = range_of(report, envelope);
  if (!range) {
    admission.rejections.push_back(Rejection::malformed);
    return admission;
  }
  Day oldest = std::chrono::floor<std::chrono::days>(now - retention);
  if (Time(std::chrono::floor<std::chrono::days>(range->begin)) < Time(oldest) ||
      range->begin > now + kClockSkew) {
    admission.rejections.push_back(Rejection::out_of_range);
    return admission;
  }
  ReportOwner owner(report, envelope, own);
  std::map<std::string, Collected> parts;
  bool has_foreign = false;
  for (const ReportPolicy& policy : report.policies) {
    ReportOwner::Owned owned = owner.domains_of(policy);
    for (const std::string& domain : owned.domains) parts[domain].add(policy, owned.by_mx_host);
    if (!owned.domains.empty()) continue;
    has_foreign = true;
    if (admission.foreign.size() < kMostForeign) admission.foreign.push_back(policy.domain);
  }
  if (has_foreign) admission.rejections.push_back(Rejection::foreign_domain);
  const StoredReport common = common_part(report, envelope, *range);
  for (auto& [domain, part] : parts) {
    StoredReport stored = common;
    stored.domain = domain;
    if (has_foreign) stored.qualities |= bit(Quality::foreign_domain);
    stored.identity = identity_of(report, stored);
    stored.key =
        sha256_hex(fmt::format("{}\n{}\n{}\n{}", stored.identity, unix_seconds(stored.begin),
                               unix_seconds(stored.end), part.digest_text()));
    part.move_into(stored);
    admission.stored.push_back(std::move(stored));
  }
  return admission;
}

}  // namespace mtasts::reports
