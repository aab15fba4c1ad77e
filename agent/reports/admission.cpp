// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "reports/admission.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "base/ascii.h"
#include "base/printable.h"
#include "base/public_suffix.h"
#include "protocol/tlsrpt/report_name.h"
#include "reports/no_dane_rule.h"
#include "reports/report_digest.h"
#include "reports/report_owner.h"
#include "reports/report_rows.h"

namespace mtasts::reports {
namespace {

using protocol::DeviationKind;
using protocol::ReportPolicy;
using protocol::ReportPolicyType;
using protocol::TlsReport;

constexpr size_t kMostForeign = 10;
constexpr size_t kOrganizationLimit_bytes = 255;
constexpr std::chrono::hours kClockSkew{1};

struct Range {
  Time begin;
  Time end;
};

// The range of the JSON; where an end of it is missing, of the file name.
std::optional<Range> range_of(const TlsReport& report, const ReportEnvelope& envelope, Time now) {
  using namespace std::chrono;
  auto file = protocol::parse_report_file_name(envelope.file_name);
  std::optional<Time> begin = report.begin;
  // The end may be the midnight after the day.
  if (!begin && report.end) begin = floor<days>(*report.end - seconds(1));
  if (!begin && file) begin = file->begin;
  if (!begin) return std::nullopt;
  Time end = report.end.value_or(*begin + hours(24) - seconds(1));
  // A range that ends in the future would make the last report look young for ever.
  return Range{*begin, std::max(*begin, std::min(end, now))};
}

bool is_in_range(const Range& range, std::chrono::milliseconds retention, Time now) {
  using namespace std::chrono;
  return range.begin <= now + kClockSkew &&
         floor<days>(range.begin) >= floor<days>(now - retention);
}

// "tls@sender.example", "Sender <tls@sender.example>", "mailto:tls@sender.example".
std::string domain_of_contact(std::string_view contact) {
  size_t at = contact.rfind('@');
  if (at == std::string_view::npos) return {};
  std::string_view domain = contact.substr(at + 1);
  return plain_name(domain.substr(0, domain.find_first_of("> ,;?)\t")));
}

std::string first_not_empty(std::initializer_list<std::string_view> texts) {
  for (std::string_view text : texts)
    if (!trim(text).empty()) return std::string(cut_text(trim(text), kOrganizationLimit_bytes));
  return {};
}

// The same organization by its registered domain.
bool are_related(const std::string& a, const std::string& b) {
  if (a == b) return true;
  return organisational_domain(a) == organisational_domain(b);
}

class Admitter {
 public:
  Admitter(const TlsReport& report, const ReportEnvelope& envelope, const OwnNames& own, Time now)
      : report_(report), envelope_(envelope), own_(own), owner_(report, envelope, own), now_(now) {}

  Admission admit(std::chrono::milliseconds retention) {
    auto range = range_of(report_, envelope_, now_);
    if (!range || !is_in_range(*range, retention, now_)) {
      reject(Rejection::out_of_range);
      return std::move(admission_);
    }
    range_ = *range;
    sort_by_owner();
    describe();
    for (const auto& [domain, policies] : by_domain_) store(domain, policies);
    if (!admission_.foreign.empty() || nobodys_ > 0) reject(Rejection::foreign_domain);
    if (report_.rows_dropped > 0)
      reject(deviates(DeviationKind::limit) ? Rejection::oversize : Rejection::malformed);
    return std::move(admission_);
  }

 private:
  using Policies = std::vector<const ReportPolicy*>;

  void reject(Rejection reason) {
    auto& all = admission_.rejections;
    if (std::find(all.begin(), all.end(), reason) == all.end()) all.push_back(reason);
  }

  bool deviates(DeviationKind kind) const {
    const auto& all = report_.deviations;
    return std::any_of(all.begin(), all.end(), [&](const auto& one) { return one.kind == kind; });
  }

  void sort_by_owner() {
    const bool certain = own_.knows_mx_hosts();
    for (const ReportPolicy& policy : report_.policies) {
      if (!certain && !own_.is_configured(plain_name(policy.domain)))
        admission_.is_uncertain = true;
      std::vector<std::string> owners = owner_.owners_of(policy);
      for (const std::string& domain : owners) by_domain_[domain].push_back(&policy);
      if (!owners.empty()) continue;
      ++nobodys_;
      std::string domain = first_not_empty({plain_name(policy.domain), policy.domain});
      auto& foreign = admission_.foreign;
      if (!domain.empty() && foreign.size() < kMostForeign &&
          std::find(foreign.begin(), foreign.end(), domain) == foreign.end())
        foreign.push_back(domain);
    }
  }

  // What is the same for every domain.
  void describe() {
    auto file = protocol::parse_report_file_name(envelope_.file_name);
    std::string sender = file ? plain_name(file->sender) : std::string();
    std::string contact_domain = domain_of_contact(report_.contact);
    common_.submitter = first_not_empty({contact_domain, plain_name(envelope_.report_submitter),
                                         plain_name(envelope_.subject_submitter), sender});
    common_.organization = first_not_empty({report_.organization, report_.contact,
                                            common_.submitter, envelope_.from_domain, "(unnamed)"});
    common_.report_id = first_not_empty({report_.report_id, envelope_.subject_report_id});
    common_.day = std::chrono::floor<std::chrono::days>(range_.begin);
    common_.begin = range_.begin;
    common_.end = range_.end;
    common_.received = now_;
    judge_sender(contact_domain);
    judge_content();
    policies_digest_ = policies_digest(report_);
  }

  // RFC 8460 §3 and §5.3: signed by the submitter, who is the one of contact-info.
  void judge_sender(const std::string& contact_domain) {
    std::string claimed = first_not_empty({contact_domain, plain_name(envelope_.report_submitter),
                                           plain_name(envelope_.from_domain)});
    std::string signer = plain_name(envelope_.signing_domain);
    common_.authenticity = envelope_.authenticity;
    bool foreign_signer = !signer.empty() && !claimed.empty() && !are_related(signer, claimed);
    if (common_.authenticity == Authenticity::failed) add(Quality::dkim_missing);
    // A signature of somebody else says nothing about the sender that the report names.
    if (common_.authenticity == Authenticity::authenticated) {
      if (signer.empty() || claimed.empty()) common_.authenticity = Authenticity::unknown;
      if (foreign_signer) common_.authenticity = Authenticity::failed;
    }
    // The subject and the file name are no part of what was compared with the signature.
    if (common_.authenticity == Authenticity::authenticated) common_.submitter = claimed;
    bool mismatch = foreign_signer;
    for (const std::string& name : {envelope_.report_submitter, envelope_.from_domain}) {
      std::string plain = plain_name(name);
      mismatch = mismatch ||
                 (!plain.empty() && !contact_domain.empty() && !are_related(plain, contact_domain));
    }
    if (mismatch) add(Quality::submitter_mismatch);
  }

  void judge_content() {
    if (deviates(DeviationKind::date)) add(Quality::date_invalid);
    if (deviates(DeviationKind::count)) add(Quality::counts_inconsistent);
    if (deviates(DeviationKind::result_type) || deviates(DeviationKind::policy_type))
      add(Quality::unknown_type);
    if (deviates(DeviationKind::limit)) add(Quality::oversize);
    if (nobodys_ > 0) add(Quality::foreign_domain);
  }

  void add(Quality quality) { common_.qualities |= bit(quality); }

  // The contact is what differs between senders whose organization and ids are equal. The JSON
  // comes before the mail's header: the same report may also come by POST.
  void identify(StoredReport& stored) const {
    Sha256 identity;
    add_field(identity, ascii_lower(first_not_empty(
                            {report_.contact, report_.organization, envelope_.report_submitter})));
    // Reports without an id are told apart by their day.
    add_field(identity, stored.report_id.empty() ? date_text(stored.begin) : stored.report_id);
    add_field(identity, stored.domain);
    stored.identity = hex(identity.finish());
    Sha256 key;
    key.add(stored.identity).add(policies_digest_);
    add_field(key, rfc3339(range_.begin));
    stored.key = hex(key.finish());
  }

  void store(const std::string& domain, const Policies& policies) {
    StoredReport stored = common_;
    stored.domain = domain;
    identify(stored);
    NoDaneRule no_dane(domain);
    for (const ReportPolicy* policy : policies) no_dane.add(*policy);
    RowCollector rows(stored);
    for (const ReportPolicy* policy : policies) {
      // Most entries are of type sts: the hosts are looked up for the others alone.
      bool about_mx_host = false;
      if (policy->type == ReportPolicyType::no_policy_found) {
        std::string name = plain_name(policy->domain);
        about_mx_host = no_dane.applies_to(*policy, name, owner_.is_mx_host_of(name, domain));
      }
      rows.add(*policy, about_mx_host);
    }
    if (rows.over_limit()) stored.qualities |= bit(Quality::oversize);
    admission_.stored.push_back(std::move(stored));
  }

  const TlsReport& report_;
  const ReportEnvelope& envelope_;
  const OwnNames& own_;
  ReportOwner owner_;
  Time now_;
  Range range_{};
  std::map<std::string, Policies> by_domain_;
  size_t nobodys_ = 0;
  StoredReport common_;
  std::string policies_digest_;
  Admission admission_;
};

}  // namespace

Admission admit(const TlsReport& report, const ReportEnvelope& envelope, const OwnNames& own,
                std::chrono::milliseconds retention, Time now) {
  return Admitter(report, envelope, own, now).admit(retention);
}

}  // namespace mtasts::reports
