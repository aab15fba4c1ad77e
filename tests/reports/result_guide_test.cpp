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
