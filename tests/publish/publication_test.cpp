// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "publish/publication.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "protocol/sts/policy_writer.h"
#include "verdict/domain/coverage.h"
#include "verdict/findings/finding.h"

namespace mtasts::publish {
namespace {

using protocol::Mode;
using testing::HasSubstr;
using verdict::HostReach;

PolicyRequest live(std::vector<LiveHost> hosts, Mode mode = Mode::testing) {
  PolicyRequest request;
  request.domain = "example.com";
  request.mode = mode;
  request.mail = LiveMail{false, std::move(hosts)};
  return request;
}

// Nothing above info, and no sender that takes it otherwise.
void expect_clean(const std::string& text, Mode mode) {
  protocol::StsPolicy policy = protocol::parse_sts_policy(text);
  EXPECT_TRUE(policy.valid) << text;
  auto regime = mode == Mode::enforce ? verdict::Regime::enforce : verdict::Regime::otherwise;
  for (const protocol::SyntaxFault& fault : policy.faults) {
    EXPECT_EQ(verdict::severity_of(fault, regime), verdict::Severity::info) << fault.message;
    EXPECT_EQ(fault.difference, protocol::SenderDifference::none) << fault.message;
  }
  for (size_t i = 0; i < text.size(); ++i) {
    EXPECT_EQ(text[i] == '\n', i > 0 && text[i - 1] == '\r') << "CRLF alone";
    EXPECT_LT(static_cast<unsigned char>(text[i]), 0x80);
  }
  EXPECT_TRUE(text.starts_with("version: STSv1\r\n") && text.ends_with("\r\n"));
}

TEST(Publication, FromTheLiveHosts) {
  GeneratedPolicy policy =
      generate_policy(live({{"mx1.example.com"}, {"contoso.mail.protection.outlook.com"}}));
  EXPECT_EQ(policy.text,
            "version: STSv1\r\nmode: testing\r\nmx: mx1.example.com\r\n"
            "mx: *.mail.protection.outlook.com\r\nmax_age: 86400\r\n");
  EXPECT_EQ(policy.providers, std::vector<std::string>{"Microsoft 365"});
  EXPECT_TRUE(policy.left_out.empty());
  EXPECT_TRUE(policy.notes.empty());
  EXPECT_EQ(policy.refusal, "");
}

TEST(Publication, GoogleNeedsTheBaseNameAndTheWildcard) {
  GeneratedPolicy policy =
      generate_policy(live({{"aspmx.l.google.com"}, {"alt1.aspmx.l.google.com"}}));
  EXPECT_EQ(policy.mx, (std::vector<std::string>{"aspmx.l.google.com", "*.aspmx.l.google.com"}));
  EXPECT_EQ(policy.providers, std::vector<std::string>{"Google Workspace"});
}

TEST(Publication, EachModeIsClean) {
  for (Mode mode : {Mode::testing, Mode::enforce, Mode::none}) {
    GeneratedPolicy policy = generate_policy(live({{"mx1.example.com"}}, mode));
    expect_clean(policy.text, mode);
    EXPECT_EQ(policy.max_age_seconds, usual_max_age(mode));
    EXPECT_EQ(policy.notes.empty(), mode == Mode::testing);
  }
}

TEST(Publication, SlipsAreToldAndNeverListed) {
  const struct {
    LiveHost host;
    const char* correction;
  } cases[] = {
      {{"mx1.example.com.example.com"}, "mx1.example.com. with a final dot"},
      {{"localhost"}, "complete public name"},
      {{"mail"}, "complete public name"},
      {{"192.0.2.1"}, "instead of 192.0.2.1"},
      {{"192.0.2.1.example.com"}, "name of the server"},
      {{"mx_1.example.com"}, "no host name"},
      {{"mx1.example.com\\032"}, "without other characters"},
      {{"gone.example.net", HostReach::no_address}, "no address"},
      {{"mail.hoster.net.example.com", HostReach::no_address}, "mail.hoster.net. with"},
      {{"server.internal", HostReach::no_address}, "complete public name"},
      {{"inside.example.com", HostReach::not_public}, "public address"},
      {{""}, "null MX"},
  };
  for (const auto& item : cases) {
    GeneratedPolicy beside = generate_policy(live({item.host, {"mx7.example.com"}}));
    EXPECT_EQ(beside.mx, std::vector<std::string>{"mx7.example.com"}) << item.host.host;
    ASSERT_EQ(beside.left_out.size(), 1u) << item.host.host;
    EXPECT_THAT(beside.left_out[0].correction, HasSubstr(item.correction));
    GeneratedPolicy alone = generate_policy(live({item.host}));
    EXPECT_EQ(alone.text, "") << item.host.host;
    EXPECT_NE(alone.refusal, "") << item.host.host;
  }
}

TEST(Publication, DomainsWithoutMail) {
  GeneratedPolicy null_mx = generate_policy(live({{""}}));
  EXPECT_THAT(null_mx.refusal, HasSubstr("null MX (RFC 7505)"));
  EXPECT_THAT(null_mx.refusal, HasSubstr("plan remove example.com"));
  EXPECT_TRUE(null_mx.left_out.empty()) << "there is nothing to correct";
  GeneratedPolicy nothing = generate_policy(live({}));
  EXPECT_THAT(nothing.refusal, HasSubstr("neither MX records nor an address"));
}

TEST(Publication, TheImplicitMxCounts) {
  PolicyRequest request = live({{"example.com"}});
  request.mail->implicit = true;
  GeneratedPolicy policy = generate_policy(request);
  EXPECT_EQ(policy.mx, std::vector<std::string>{"example.com"});
  ASSERT_EQ(policy.notes.size(), 1u);
  EXPECT_THAT(policy.notes[0], HasSubstr("no MX record"));
  request.domain = request.mail->hosts[0].host = "example";
  EXPECT_EQ(generate_policy(request).text, "") << "no policy can list a name without a dot";
}

TEST(Publication, FromPatternsWithoutANetwork) {
  PolicyRequest request;
  request.domain = "example.com";
  request.patterns = {"MX1.Example.com",
                      "*.b\xC3\xBC"
                      "cher.example",
                      "*.example.com"};
  GeneratedPolicy policy = generate_policy(request);
  EXPECT_EQ(policy.mx, (std::vector<std::string>{"mx1.example.com", "*.xn--bcher-kva.example",
                                                 "*.example.com"}));
  expect_clean(policy.text, Mode::testing);
  request.patterns = {"contoso.j-v1.mx.microsoft", "*.mail.protection.outlook.com"};
  EXPECT_EQ(generate_policy(request).providers, std::vector<std::string>{"Microsoft 365"});
}

TEST(Publication, PatternsAgainstTheLiveHosts) {
  PolicyRequest request = live({{"mx1.mail.example.com"}, {"mx2.mail.example.com"}});
  request.patterns = {"*.mail.example.com"};
  EXPECT_NE(generate_policy(request).text, "");
  request.patterns = {"*.example.com"};
  GeneratedPolicy shallow = generate_policy(request);
  ASSERT_EQ(shallow.errors.size(), 3u);
  EXPECT_THAT(shallow.errors[0], HasSubstr("a wildcard matches exactly one label"));
  EXPECT_THAT(shallow.errors[1], HasSubstr("mx1.mail.example.com"));
  request.patterns = {"*.mail.example.com", "mx9.example.com"};
  GeneratedPolicy unused = generate_policy(request);
  ASSERT_EQ(unused.errors.size(), 1u);
  EXPECT_THAT(unused.errors[0], HasSubstr("\"mx9.example.com\" covers none"));
  request.mail->hosts = {{""}};
  EXPECT_EQ(generate_policy(request).errors.size(), 1u);
}

TEST(Publication, MaxAgesThatSendersReadOtherwiseAreTold) {
  for (uint64_t seconds : {uint64_t{60}, uint64_t{3600}, uint64_t{2592001}, uint64_t{31557600}}) {
    PolicyRequest request = live({{"mx1.example.com"}}, Mode::enforce);
    request.max_age_seconds = seconds;
    GeneratedPolicy policy = generate_policy(request);
    EXPECT_THAT(policy.text, HasSubstr("max_age: " + std::to_string(seconds)));
    EXPECT_EQ(policy.notes.size(), 2u) << seconds;
  }
  PolicyRequest request = live({{"mx1.example.com"}}, Mode::enforce);
  request.max_age_seconds = 2592000;
  EXPECT_EQ(generate_policy(request).notes.size(), 1u) << "of mode enforce alone";
}

TEST(Publication, SizesAreBounded) {
  std::vector<LiveHost> hosts;
  std::string label(60, 'a');
  for (int i = 0; i < 999; ++i)
    hosts.push_back({label + "." + label + ".m" + std::to_string(i) + ".example.net"});
  GeneratedPolicy policy = generate_policy(live(hosts));
  EXPECT_EQ(policy.text, "");
  EXPECT_THAT(policy.refusal, HasSubstr("64000"));
  PolicyRequest request = live({{"mx1.example.com"}});
  request.domain = std::string(60, 'a') + "." + std::string(60, 'b') + "." + std::string(60, 'c') +
                   "." + std::string(60, 'd') + ".com";
  EXPECT_EQ(generate_policy(request).errors.size(), 1u);
}

// Random MX sets of sound hosts and slips: the policy covers exactly the sound ones, is clean, and
// every pattern covers a sound host.
TEST(Publication, PropertyCoversExactlyTheListableHosts) {
  std::mt19937 random(20261128);
  auto pick = [&](const std::vector<std::string>& from) {
    return from[std::uniform_int_distribution<size_t>(0, from.size() - 1)(random)];
  };
  auto number = [&] { return std::to_string(random() % 50); };
  const std::vector<std::string> kSuffixes = {".example.com",
                                              ".mail.example.org",
                                              ".mail.protection.outlook.com",
                                              ".j-v1.mx.microsoft",
                                              ".aspmx.l.google.com",
                                              ".googlemail.com",
                                              ".l.google.com",
                                              ".pphosted.com",
                                              ".gslb.pphosted.com",
                                              ".eu.iphmx.com",
                                              ".mail.ovh.net",
                                              ".mx.cloudflare.net",
                                              ".am0.yahoodns.net",
                                              ".in.tmes.trendmicro.eu",
                                              ".mimecast.com",
                                              ".ionos.com",
                                              ".ess.de.barracudanetworks.com"};
  const std::vector<std::string> kSlips = {"localhost",
                                           "mail",
                                           "192.0.2.1",
                                           "mx_9.example.com",
                                           "mx1.example.com.example.com",
                                           "example.com.example.com",
                                           "mx9.example.com\\032",
                                           "10.0.0.1.example.com"};
  for (int round = 0; round < 3000; ++round) {
    std::vector<LiveHost> hosts;
    std::vector<std::string> sound, unsound;
    for (size_t i = random() % 8; i > 0; --i) {
      switch (random() % 5) {
        case 0:
          unsound.push_back(pick(kSlips));
          hosts.push_back({unsound.back()});
          break;
        case 1:
          unsound.push_back("gone" + number() + ".example.net");
          hosts.push_back(
              {unsound.back(), random() % 2 ? HostReach::no_address : HostReach::not_public});
          break;
        default:
          sound.push_back("mx" + number() + pick(kSuffixes));
          hosts.push_back({sound.back()});
      }
    }
    Mode mode = round % 2 ? Mode::enforce : Mode::testing;
    GeneratedPolicy policy = generate_policy(live(hosts, mode));
    EXPECT_EQ(policy.left_out.size(),
              hosts.size() == 1 && hosts[0].host.empty() ? 0u : unsound.size());
    EXPECT_EQ(policy.text.empty(), sound.empty());
    if (sound.empty()) continue;
    expect_clean(policy.text, mode);
    std::vector<std::string> mx = protocol::parse_sts_policy(policy.text).mx;
    EXPECT_EQ(mx, policy.mx);
    for (const std::string& host : sound) EXPECT_TRUE(verdict::covering_pattern(mx, host)) << host;
    for (const std::string& host : unsound)
      EXPECT_FALSE(verdict::covering_pattern(mx, host)) << host;
    for (const std::string& pattern : mx)
      EXPECT_TRUE(std::any_of(sound.begin(), sound.end(), [&](const std::string& host) {
        return protocol::mx_pattern_matches(pattern, host);
      })) << pattern;
  }
}

}  // namespace
}  // namespace mtasts::publish
