// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Broken cases of stage reports.
#include "verdict/broken_cases.h"
#include "verdict/reported_scene.h"

namespace mtasts::verdict {
namespace {

Break quality(reports::Quality which) {
  return [which](Scene& scene) {
    Reported reported;
    reported.sessions("Example Inc.", 100, 0);
    reported.organization("Example Inc.").qualities = reports::bit(which);
    scene.reported = reported.take();
  };
}

}  // namespace

std::vector<BrokenCase> reports_cases() {
  using reports::Quality;
  return {
      {"rpt-dkim-missing", quality(Quality::dkim_missing)},
      {"rpt-submitter-mismatch", quality(Quality::submitter_mismatch)},
      {"rpt-oversize", quality(Quality::oversize)},
      {"rpt-date-invalid", quality(Quality::date_invalid)},
      {"rpt-duplicate", quality(Quality::same_id)},
      {"rpt-foreign-domain", quality(Quality::foreign_domain)},
      {"rpt-unknown-type", quality(Quality::unknown_type)},
      {"rpt-counts-inconsistent", quality(Quality::counts_inconsistent)},
      {"rpt-failure-ratio",
       [](Scene& s) {
         s.reported = Reported().sessions("Google", 700, 300).sessions("Microsoft", 20, 30).take();
       }},
      {"rpt-new-result-type",
       [](Scene& s) {
         Reported reported;
         reported.sessions("Google", 9000, 2);
         reported.failure(ResultType::certificate_expired, "mx1.example.com", 2, {"Google"})
             .type_seen_before = false;
         s.reported = reported.take();
       }},
      {"rpt-new-failing-mx",
       [](Scene& s) {
         Reported reported;
         reported.sessions("Google", 9000, 2);
         reported.failure(ResultType::certificate_expired, "mx1.example.com", 2, {"Google"})
             .host_seen_before = false;
         s.reported = reported.take();
       }},
      {"rpt-unseen-by-probe",
       [](Scene& s) {
         Reported reported;
         reported.sessions("Google", 9000, 2);
         reported.failure(ResultType::starttls_not_supported, "mx1.example.com", 2, {"Google"});
         s.reported = reported.take();
         s.history = watched_for(30);
       }},
      {"rpt-no-policy-found-after-publish",
       [](Scene& s) {
         s.reported = Reported().sessions("Google", 50, 0, true, kWithout).take();
         s.history = watched_for(30);
       }},
      {"rpt-reporter-silent",
       [](Scene& s) {
         Reported reported;
         reported.sessions("Google", 50, 0).sessions("Microsoft", 50, 0);
         auto& google = reported.organization("Google");
         google.days = google.days_without_failures = days_ago({5, 6, 7, 9, 10, 11});
         s.reported = reported.take();
         s.history = watched_for(30);
       }},
      {"rpt-policy-stale",
       [](Scene& s) {
         Reported reported;
         reported.sessions("Google", 50, 0);
         reports::PolicySummary policy;
         policy.policy = "mode=enforce max_age=5184000 mx=mx1.example.com,mx2.example.com";
         policy.organizations = {"Google"};
         policy.organization_count = 1;
         policy.first_day = policy.last_day = kToday - std::chrono::days(1);
         reported.summary.policies.push_back(policy);
         s.reported = reported.take();
         HistoryPtr old = watched_for(30, policy_text("enforce", kMx, "5184000"));
         for (int hours : {24 * 5, 24 * 5 - 1}) {
           Scene later;
           old = later.judged_at(kNow - std::chrono::hours(hours), old).history;
         }
         s.history = old;
       }},
  };
}

}  // namespace mtasts::verdict
