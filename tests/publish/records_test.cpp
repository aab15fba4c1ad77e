// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "publish/records.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/digest.h"
#include "protocol/sts/policy_writer.h"
#include "protocol/sts/sts_record.h"
#include "protocol/tlsrpt/tlsrpt_record.h"
#include "publish/rua.h"

namespace mtasts::publish {
namespace {

using protocol::Mode;
using testing::HasSubstr;
using testing::Not;

const Time kNow = std::chrono::sys_days(std::chrono::year(2026) / 11 / 28);

std::string body(Mode mode, uint64_t max_age = 86400) {
  return protocol::write_policy(mode, {"mx1.example.com"}, max_age);
}

RecordsRequest request_for(const std::string& domain, std::vector<std::string> rua = {}) {
  RecordsRequest request;
  request.domain = domain;
  request.id = protocol::id_of_policy(body(Mode::testing));
  request.rua = std::move(rua);
  return request;
}

// What NSD says to the records in a zone of their own.
std::string checkzone(const std::string& domain, const std::string& text) {
  std::string name = testing::TempDir() + "zone-XXXXXX";
  int descriptor = mkstemp(name.data());
  EXPECT_GE(descriptor, 0);
  close(descriptor);
  std::ofstream(name) << domain << ". 60 IN SOA ns." << domain << ". h." << domain
                      << ". 1 60 60 60 60\n"
                      << domain << ". 60 IN NS ns." << domain << ".\nns." << domain
                      << ". 60 IN A 192.0.2.1\n"
                      << text;
  std::string command = "/usr/sbin/nsd-checkzone '" + domain + "' " + name + " 2>&1";
  FILE* pipe = popen(command.c_str(), "r");
  std::string said;
  char buffer[256];
  while (pipe != nullptr && fgets(buffer, sizeof buffer, pipe) != nullptr) said += buffer;
  int status = pipe == nullptr ? -1 : pclose(pipe);
  std::filesystem::remove(name);
  return status == 0 ? "" : said + " status " + std::to_string(status);
}

TEST(Records, TheIdIsOfThePolicyUnlessAnotherHadIt) {
  std::string policy = body(Mode::testing);
  std::string own = protocol::id_of_policy(policy);
  PublishedBefore before;
  EXPECT_EQ(choose_id(policy, before, kNow).id, own);
  before.live_id = own;
  EXPECT_EQ(choose_id(policy, before, kNow).id, own) << "no policy is known";
  before.live_body = policy;
  EXPECT_EQ(choose_id(policy, before, kNow).id, own);
  before.live_body = "version: STSv1\nmode: testing\nmx: mx1.example.com\nmax_age: 86400\n";
  EXPECT_EQ(choose_id(policy, before, kNow).id, own) << "the same meaning";
  before.live_body = body(Mode::enforce);
  RecordId fresh = choose_id(policy, before, kNow);
  EXPECT_EQ(fresh.id, "20261128000000");
  EXPECT_THAT(fresh.reason, HasSubstr(own));
  before.live_id = "20261127000000";
  EXPECT_EQ(choose_id(policy, before, kNow).id, own) << "another policy under another id";
}

TEST(Records, TheHistoryKnowsWhoHadTheId) {
  std::string policy = body(Mode::testing);
  std::string own = protocol::id_of_policy(policy);
  auto history = std::make_shared<verdict::History>();
  auto facts = std::make_shared<verdict::PolicyFacts>();
  facts->mode = Mode::enforce;
  facts->max_age_seconds = 86400;
  facts->mx = {"mx1.example.com"};
  verdict::CachedPolicy instance;
  instance.id = own;
  instance.policy = facts;
  history->instances = {instance};
  history->ids = {{own, kNow, kNow}, {"20261128000000", kNow, kNow}};
  PublishedBefore before;
  before.history = history;
  EXPECT_EQ(choose_id(policy, before, kNow).id, "20261128000001") << "not one of the history";
  facts->mode = Mode::testing;
  EXPECT_EQ(choose_id(policy, before, kNow).id, own);
  history->instances[0].id = "other";
  facts->mode = Mode::enforce;
  EXPECT_EQ(choose_id(policy, before, kNow).id, own);
}

TEST(Records, AWeakerModeIsTold) {
  PublishedBefore before;
  EXPECT_EQ(weaker_than_before(Mode::testing, before), "");
  before.live_body = body(Mode::enforce);
  EXPECT_THAT(weaker_than_before(Mode::testing, before), HasSubstr("mode enforce"));
  EXPECT_EQ(weaker_than_before(Mode::enforce, before), "");
  before.live_body.reset();
  auto history = std::make_shared<verdict::History>();
  auto facts = std::make_shared<verdict::PolicyFacts>();
  facts->mode = Mode::enforce;
  history->policy.value = facts;
  before.history = history;
  EXPECT_THAT(weaker_than_before(Mode::none, before), HasSubstr("mode none"));
  history->policy_gone = kNow;
  EXPECT_EQ(weaker_than_before(Mode::testing, before), "") << "it is not served any more";
}

TEST(Records, ValuesPassTheParsersWithoutAWord) {
  RecordsRequest request =
      request_for("example.com", {"mailto:a@example.com", "https://r.example.com/a%2Cb"});
  request.policy_host.name = "web.example.net";
  std::vector<ZoneRecord> records = records_of(request);
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(records[0].name, "mta-sts.example.com");
  EXPECT_EQ(records[0].value, "web.example.net");
  auto sts = protocol::parse_sts_record(records[1].value);
  EXPECT_TRUE(sts.valid && sts.faults.empty());
  EXPECT_EQ(sts.id, request.id);
  auto tlsrpt = protocol::parse_tlsrpt_record(records[2].value);
  EXPECT_TRUE(tlsrpt.valid && tlsrpt.faults.empty());
  EXPECT_EQ(tlsrpt.rua, request.rua);
}

TEST(Records, ZoneText) {
  RecordsRequest request = request_for("example.com", {"mailto:a@example.com"});
  request.policy_host.addresses = {*IpAddress::parse("192.175.48.1"), *IpAddress::parse("2600::1")};
  std::string text = zone_text(request);
  EXPECT_THAT(text, HasSubstr("\nmta-sts.example.com. 3600 IN A 192.175.48.1\n"
                              "mta-sts.example.com. 3600 IN AAAA 2600::1\n"));
  EXPECT_THAT(
      text, HasSubstr("\n_mta-sts.example.com. 3600 IN TXT \"v=STSv1; id=" + request.id + "\"\n"));
  EXPECT_THAT(text, HasSubstr("\n_smtp._tls.example.com. 3600 IN TXT \"v=TLSRPTv1; "
                              "rua=mailto:a@example.com\"\n"));
  EXPECT_THAT(text, Not(HasSubstr("fill it in")));
  std::string bare = zone_text(request_for("example.com"));
  EXPECT_THAT(bare, HasSubstr("\n; mta-sts.example.com. 3600 IN CNAME <your web server>\n"));
  EXPECT_THAT(bare, HasSubstr("\n; _smtp._tls.example.com. "));
}

TEST(Records, NsdLoadsWhateverIsPrinted) {
  std::vector<std::string> many;
  for (int i = 0; i < 10; ++i)
    many.push_back("https://r" + std::to_string(i) + ".example.com/" + std::string(300, 'a'));
  std::string label(60, 'a');
  const std::string domains[] = {"example.com", "xn--bcher-kva.example", "a.b.c.example.co.uk",
                                 label + "." + label + "." + label + "." + label.substr(2)};
  for (const std::string& domain : domains)
    for (const auto& rua : {std::vector<std::string>(), {"mailto:a%21b@example.com"}, many})
      for (int host = 0; host < 3; ++host) {
        RecordsRequest request = request_for(domain, read_rua(rua).uris);
        EXPECT_EQ(request.rua.size(), rua.size());
        if (host == 1) request.policy_host.name = "web.example.net";
        if (host == 2)
          request.policy_host.addresses = {*IpAddress::parse("192.175.48.1"),
                                           *IpAddress::parse("2600::1")};
        std::string text = zone_text(request);
        EXPECT_EQ(checkzone(domain, text), "") << text;
      }
  EXPECT_NE(checkzone("example.com", "_mta-sts.example.com. 3600 IN TXT \"a\n"), "")
      << "the test sees a broken zone";
}

TEST(Records, PolicyHosts) {
  auto errors = [](std::vector<std::string> written) {
    return read_policy_host(written, "example.com", false).errors;
  };
  EXPECT_TRUE(errors({}).empty());
  EXPECT_TRUE(errors({"Web.example.net."}).empty());
  EXPECT_TRUE(errors({"192.175.48.1", "2600::1", "2600::1"}).empty());
  const std::pair<std::vector<std::string>, const char*> bad[] = {
      {{"10.0.0.1"}, "private"},
      {{"127.0.0.1"}, "loopback"},
      {{"100::1"}, "discard"},
      {{"mta-sts.example.com"}, "policy host itself"},
      {{"a.example.net", "b.example.net"}, "second name"},
      {{"a.example.net", "192.175.48.1"}, "not both"},
      {{"a b"}, "not a domain name"},
      {{""}, "empty"},
      {std::vector<std::string>(17, "192.175.48.1"), "at most 16"},
  };
  for (const auto& [written, sentence] : bad) {
    ASSERT_EQ(errors(written).size(), 1u) << written[0];
    EXPECT_THAT(errors(written)[0], HasSubstr(sentence));
  }
  EXPECT_TRUE(read_policy_host({"127.0.0.1"}, "example.com", true).errors.empty());
}

}  // namespace
}  // namespace mtasts::publish
