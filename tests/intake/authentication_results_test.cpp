// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "intake/authentication_results.h"

#include <gmock/gmock.h>

namespace mtasts::intake {
namespace {

using reports::Authenticity;

// "id; method=result property=value …"
std::string shown(const std::string& value) {
  auto parsed = parse_authentication_results(value);
  if (!parsed) return "none";
  std::string text = parsed->authserv_id;
  for (const MethodResult& result : parsed->results) {
    text += "; " + result.method + "=" + result.result;
    for (const auto& [name, property] : result.properties) text += " " + name + "=" + property;
  }
  return text;
}

struct Reading {
  const char* value;
  const char* shown;
};

TEST(AuthenticationResults, Grammar) {
  const Reading kReadings[] = {
      {"mx.example.org; none", "mx.example.org"},  // RFC 8601 appendix B.2
      {"mx.example.org 1; none", "mx.example.org"},
      {"mx.example.org; dkim=pass header.d=google.com",
       "mx.example.org; dkim=pass header.d=google.com"},
      // Appendix B.7: comments everywhere, a version, blanks around every sign.
      {"foo.example.net (foobar) 1 (baz);\r\n dkim (Because I like it) / 1 (One yay) = (wait for "
       "it) fail\r\n policy (A dot can go here) . (like that) expired\r\n (this surprised me) = "
       "(as I wasn't expecting it) 1362471462",
       "foo.example.net; dkim=fail policy.expired=1362471462"},
      {"\"mx example\"; dkim=pass reason=\"good; (really)\" header.i=\"@google.com\"",
       "mx example; dkim=pass reason=good; (really) header.i=@google.com"},
      {"a; dkim=pass (2048-bit key; unprotected) header.d=g.example header.b=\"aBc+/d=\"; spf=fail",
       "a; dkim=pass header.d=g.example header.b=aBc+/d=; spf=fail"},
      {"a; dkim=pass header.b=aBcd= header.d=g.example",
       "a; dkim=pass header.b=aBcd= header.d=g.example"},
      {"a; dkim=pass header.i=\"a b\"@g.example", "a; dkim=pass header.i=a b@g.example"},
      {"a;\tDKIM=Pass HEADER.D=G.example;", "a; dkim=pass header.d=G.example"},
      {"a; =; dkim; dkim=; dkim=pass header.d; spf=pass", "a; dkim=pass; spf=pass"},
      {"a; (dkim=pass header.d=g.example); spf=none", "a; spf=none"},
      {"a (; dkim=pass header.d=g.example", "a"},      // a comment without an end
      {"a; x=\"; dkim=pass header.d=g.example", "a"},  // a quote without an end
      {"a \"; dkim=pass header.d=evil.example;\" ; dkim=fail", "a; dkim=fail"},
      {"a (\\); dkim=pass); spf=pass", "a; spf=pass"},  // an escaped parenthesis
      {"spf=pass (sender IP) smtp.mailfrom=a; dkim=pass header.d=a", "none"},  // no authserv-id
      {"", "none"},
      {" (only a comment) ", "none"},
      {";", "none"},
      {"a", "a"},
  };
  for (const Reading& reading : kReadings)
    EXPECT_EQ(shown(reading.value), reading.shown) << reading.value;
}

TEST(AuthenticationResults, AreBounded) {
  std::string many = "a";
  for (int i = 0; i < 1000; ++i) many += "; dkim=pass";
  EXPECT_EQ(parse_authentication_results(many)->results.size(), kMostMethodResults);
  std::string long_one = "a; dkim=pass";
  for (int i = 0; i < 1000; ++i) long_one += " header.d=x";
  EXPECT_EQ(parse_authentication_results(long_one)->results.at(0).properties.size(),
            kMostResultProperties);
  EXPECT_EQ(shown("a; " + std::string(100000, '(')), "a");
}

struct Case {
  std::vector<std::string> fields;
  const char* submitter;
  Authenticity authenticity;
  const char* domain;
};

TEST(AuthenticationResults, Verdict) {
  constexpr auto kYes = Authenticity::authenticated;
  constexpr auto kNo = Authenticity::failed;
  constexpr auto kUnknown = Authenticity::unknown;
  const Case kCases[] = {
      {{"mx.us.example; dkim=pass header.d=google.com"}, "google.com", kYes, "google.com"},
      {{"MX.US.Example; dkim=pass header.d=Google.COM"}, "GOOGLE.com.", kYes, "google.com"},
      {{"mx.us.example; dkim=pass header.i=@mail.google.com"},
       "google.com",
       kYes,
       "mail.google.com"},  // a child
      {{"mx.us.example; dkim=pass header.d=google.com"}, "tlsrpt.google.com", kYes, "google.com"},
      {{"mx.us.example; dkim=pass header.d=a.google.com"}, "b.google.com", kYes, "a.google.com"},
      {{"mx.us.example; dkim=fail header.d=google.com; dkim=pass header.d=google.com"},
       "google.com",
       kYes,
       "google.com"},
      {{"mx.us.example; dkim=pass header.d=list.example; dkim=pass header.d=google.com"},
       "google.com",
       kYes,
       "google.com"},
      {{"mx.us.example; spf=pass", "mx.us.example; dkim=pass header.d=google.com"},
       "google.com",
       kYes,
       "google.com"},
      // Somebody else's signature.
      {{"mx.us.example; dkim=pass header.d=list.example"}, "google.com", kUnknown, "list.example"},
      {{"mx.us.example; dkim=pass header.d=evilgoogle.com"},
       "google.com",
       kUnknown,
       "evilgoogle.com"},
      {{"mx.us.example; dkim=pass header.d=com"}, "google.com", kUnknown, "com"},
      {{"mx.us.example; dkim=pass header.d=a.co.uk"}, "b.co.uk", kUnknown, "a.co.uk"},
      {{"mx.us.example; dkim=pass header.d=a.github.io"}, "b.github.io", kUnknown, "a.github.io"},
      {{"mx.us.example; dkim=pass header.d=google.com"}, "", kUnknown, "google.com"},
      // header.d is the domain, whatever header.i says first.
      {{"mx.us.example; dkim=pass header.i=@google.com header.d=evil.example"},
       "google.com",
       kUnknown,
       "evil.example"},
      // Another server's field, or a sentence in a comment or in a quoted string.
      {{"mx.evil.example; dkim=pass header.d=google.com"}, "google.com", kUnknown, ""},
      {{"mx.us.example.evil.example; dkim=pass header.d=google.com"}, "google.com", kUnknown, ""},
      {{"mx.us.example; dkim=fail (dkim=pass header.d=google.com)"}, "google.com", kNo, ""},
      {{"mx.us.example; dkim=fail reason=\"; dkim=pass header.d=google.com\""},
       "google.com",
       kNo,
       ""},
      {{"mx.us.example; spf=pass smtp.mailfrom=google.com"}, "google.com", kUnknown, ""},
      {{"mx.us.example; dkim=none"}, "google.com", kNo, ""},
      {{"mx.us.example; dkim=permerror"}, "google.com", kNo, ""},
      {{"mx.us.example; dkim=temperror"}, "google.com", kUnknown, ""},  // could not look
      {{"mx.us.example; dkim=fail; dkim=temperror"}, "google.com", kUnknown, ""},
      {{"mx.us.example; dkim=pass"}, "google.com", kUnknown, ""},  // by nobody in particular
      {{"mx.us.example; none"}, "google.com", kUnknown, ""},
      {{}, "google.com", kUnknown, ""},
  };
  for (const Case& one : kCases) {
    SignatureVerdict verdict = judge_signatures(one.fields, "mx.us.example", one.submitter);
    const std::string name = one.fields.empty() ? "no field" : one.fields.front();
    EXPECT_EQ(verdict.authenticity, one.authenticity) << name << " for " << one.submitter;
    EXPECT_EQ(verdict.signing_domain, one.domain) << name;
  }
  EXPECT_EQ(judge_signatures({"; dkim=pass header.d=google.com"}, "", "google.com").authenticity,
            kUnknown);
}

}  // namespace
}  // namespace mtasts::intake
