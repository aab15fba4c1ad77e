// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "reports/result_guide.h"

#include <gtest/gtest.h>

namespace mtasts::reports {
namespace {

using protocol::ResultType;

FailureRow row(ResultType type, std::string reason = {}) {
  FailureRow made;
  made.type = type;
  made.receiving_mx = "mx.example.org";
  made.reason = std::move(reason);
  return made;
}

TEST(ResultGuide, EveryTypeHasTextsWithoutPlaceholders) {
  for (ResultType type : protocol::kResultTypes)
    for (const char* reason : {"", "anything"}) {
      ResultGuide guide = result_guide(row(type, reason), "example.org");
      for (const std::string& text : {guide.cause, guide.fix, guide.verify}) {
        EXPECT_GT(text.size(), 10u) << name_of(type);
        EXPECT_EQ(text.find_first_of("{}"), std::string::npos) << text;
      }
    }
}

TEST(ResultGuide, ReasonsTellMoreThanTypes) {
  auto cause = [](ResultType type, const char* reason) {
    return result_guide(row(type, reason), "example.org").cause;
  };
  EXPECT_EQ(cause(ResultType::validation_failure, "mtasts-policy-mx-mismatch"),
            "the sender's copy of the MTA-STS policy of example.org does not list mx.example.org");
  EXPECT_EQ(cause(ResultType::validation_failure, "tls-remote-alert-70"),
            "mx.example.org and the sender have no version of TLS in common");
  EXPECT_EQ(cause(ResultType::validation_failure, "X509_V_ERR_CERT_HAS_EXPIRED"),
            "the certificate that mx.example.org presented has expired");
  EXPECT_EQ(cause(ResultType::sts_policy_fetch_error, "bad https response code: 404"),
            "the web server of mta-sts.example.org answered the sender with another HTTP status "
            "than 200");
  EXPECT_NE(cause(ResultType::tlsa_invalid, "all-unusable-records+ignored"),
            cause(ResultType::tlsa_invalid, ""));
}

// A certificate of a public CA with a new key would break DANE where it works for others.
TEST(ResultGuide, UnderDaneTheTlsaRecordsComeFirst) {
  for (ResultType type : {ResultType::certificate_host_mismatch, ResultType::certificate_expired,
                          ResultType::certificate_not_trusted}) {
    FailureRow failure = row(type);
    failure.policy_type = protocol::ReportPolicyType::tlsa;
    ResultGuide guide = result_guide(failure, "example.org");
    EXPECT_NE(guide.fix.find("TLSA"), std::string::npos) << guide.fix;
    EXPECT_EQ(guide.fix.find("public certification authority"), std::string::npos) << guide.fix;
    failure.policy_type = protocol::ReportPolicyType::sts;
    EXPECT_EQ(result_guide(failure, "example.org").fix.find("TLSA"), std::string::npos);
  }
  FailureRow named = row(ResultType::validation_failure, "X509_V_ERR_CERT_HAS_EXPIRED");
  named.policy_type = protocol::ReportPolicyType::tlsa;
  EXPECT_NE(result_guide(named, "example.org").fix.find("TLSA"), std::string::npos);
}

TEST(ResultGuide, NothingIsChangedAtAForeignHost) {
  EXPECT_EQ(owner_of("mx.example.org", {}), HostOwner::unknown);
  EXPECT_EQ(owner_of("", {"mx.example.org"}), HostOwner::unknown);
  EXPECT_EQ(owner_of("mx.example.org", {"mx.example.org"}), HostOwner::own);
  EXPECT_EQ(owner_of("mx.example.org", {"mx2.example.org"}), HostOwner::foreign);
  FailureRow failure = row(ResultType::certificate_expired);
  ResultGuide own = result_guide(failure, "example.org", HostOwner::own);
  EXPECT_EQ(own.fix, result_guide(failure, "example.org").fix);
  ResultGuide foreign = result_guide(failure, "example.org", HostOwner::foreign);
  EXPECT_EQ(foreign.fix.find("renew"), std::string::npos) << foreign.fix;
  EXPECT_EQ(foreign.verify, "dig +noall +answer +comments MX example.org");
  // About the policy host, whoever the mail went to.
  FailureRow fetch = row(ResultType::sts_policy_fetch_error);
  EXPECT_EQ(result_guide(fetch, "example.org", HostOwner::foreign).fix,
            result_guide(fetch, "example.org").fix);
}

TEST(ResultGuide, ASummaryIsGuidedByThePolicyTypeWithMostSessions) {
  FailureSummary summary;
  summary.type = ResultType::certificate_expired;
  summary.receiving_mx = "mx.example.org";
  summary.sessions = {{{0, 3}, {0, 9}, {0, 1}}};
  EXPECT_EQ(result_guide(summary, "example.org").fix,
            result_guide(summary, protocol::ReportPolicyType::sts, "example.org").fix);
  summary.sessions[static_cast<size_t>(protocol::ReportPolicyType::tlsa)].failed = 10;
  EXPECT_EQ(result_guide(summary, "example.org").fix,
            result_guide(summary, protocol::ReportPolicyType::tlsa, "example.org").fix);
  summary.type = ResultType::other;
  summary.type_text = "203";
  EXPECT_NE(result_guide(summary, "example.org").fix.find("TLSA"), std::string::npos);
}

TEST(ResultGuide, NumbersOfLibtlsrptAreTypes) {
  EXPECT_EQ(result_type_of_code("202"), ResultType::certificate_host_mismatch);
  EXPECT_EQ(result_type_of_code("204"), ResultType::certificate_expired);
  EXPECT_EQ(result_type_of_code("301"), ResultType::sts_policy_fetch_error);
  EXPECT_EQ(result_type_of_code("303"), ResultType::sts_webpki_invalid);
  EXPECT_EQ(result_type_of_code("305"), ResultType::dnssec_invalid);
  EXPECT_FALSE(result_type_of_code("206"));
  FailureRow numbered = row(ResultType::other);
  numbered.type_text = "204";
  EXPECT_EQ(result_guide(numbered, "example.org").cause,
            "the certificate that mx.example.org presented has expired");
}

TEST(ResultGuide, CommandsAreSafeAndComplete) {
  FailureRow failure = row(ResultType::certificate_expired);
  EXPECT_EQ(result_guide(failure, "example.org").verify,
            "openssl s_client -starttls smtp -connect mx.example.org:25 -servername "
            "mx.example.org -verify_hostname mx.example.org -showcerts </dev/null");
  for (const char* hostile : {"", "a;reboot", "$(id).example", "mx.example\n"}) {
    failure.receiving_mx = hostile;
    EXPECT_EQ(result_guide(failure, "example.org").verify, "mtasts-exporter check example.org");
  }
  failure.type = ResultType::sts_policy_fetch_error;
  EXPECT_EQ(result_guide(failure, "a'b").verify, "mtasts-exporter check DOMAIN");
}

}  // namespace
}  // namespace mtasts::reports
