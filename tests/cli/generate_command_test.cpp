// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "cli/generate_command.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/lint.h"
#include "cli/state_fixture.h"
#include "fakes/dns_server.h"
#include "fakes/mail_world.h"
#include "protocol/sts/policy_writer.h"

namespace mtasts::cli {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

struct CommandResult {
  int status;
  std::string out;
  std::string err;
};

CommandResult run(const GenerateOptions& options) {
  std::ostringstream out, err;
  int status = run_generate(options, out, err);
  return {status, out.str(), err.str()};
}

int lint_status(LintKind kind, const std::string& text) {
  std::istringstream in(text);
  std::ostringstream out;
  return run_lint(kind, in, {}, out);
}

// With a DNS server and a state file of its own; no other network.
class Generate : public StateFixture {
 protected:
  Generate() {
    write_settings(
        fmt::format("[dns]\nservers = [\"{}\"]\ntimeout = \"200ms\"\ntries = 1\n"
                    "[check]\ntimeout = \"5s\"\n",
                    dns_.endpoint().text()));
    dns_.add_mx("example.com", 10, "mx1.example.com");
    dns_.add_mx("example.com", 20, "contoso.mail.protection.outlook.com");
    dns_.add_address("mx1.example.com", "192.175.48.1");
    dns_.add_address("contoso.mail.protection.outlook.com", "2600::1");
  }
  GenerateOptions options_for(GenerateKind kind, const std::string& domain = "example.com") {
    GenerateOptions options;
    options.kind = kind;
    options.domain = domain;
    options.config = file_.string();
    return options;
  }
  CommandResult generate(GenerateKind kind, const std::string& domain = "example.com") {
    return run(options_for(kind, domain));
  }
  std::string content(const std::filesystem::path& path) const {
    std::ifstream file(directory_ / path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }

  fakes::DnsServer dns_;
};

constexpr const char* kPolicy =
    "version: STSv1\r\nmode: testing\r\nmx: mx1.example.com\r\n"
    "mx: *.mail.protection.outlook.com\r\nmax_age: 86400\r\n";

TEST_F(Generate, PolicyAloneOnStandardOutput) {
  CommandResult result = generate(GenerateKind::policy);
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.out, kPolicy);
  EXPECT_THAT(result.err, StartsWith("mtasts-exporter generate: Microsoft 365: "));
  EXPECT_EQ(lint_status(LintKind::policy, result.out), 0);
}

TEST_F(Generate, PatternsNeedNoNetwork) {
  GenerateOptions options = options_for(GenerateKind::records);
  options.mx = {"mx9.example.com"};
  size_t before = dns_.queries();
  EXPECT_EQ(run(options).status, 0);
  EXPECT_EQ(dns_.queries(), before);
  options.live = true;
  CommandResult compared = run(options);
  EXPECT_EQ(compared.status, 64);
  EXPECT_THAT(compared.err, HasSubstr("\"mx9.example.com\" covers none of the live MX hosts"));
}

TEST_F(Generate, FaultsInWhatWasGiven) {
  GenerateOptions options = options_for(GenerateKind::records);
  options.mx = {"mx_1.example.com", "mx1.example.com."};
  options.rua = {"a@example.com"};
  options.max_age = "soon";
  options.policy_host = {"10.0.0.1"};
  CommandResult result = run(options);
  EXPECT_EQ(result.status, 64);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 5);
  for (const char* option : {"--mx: ", "--rua: ", "--max-age: ", "--policy-host: "})
    EXPECT_THAT(result.err, HasSubstr(option));
  EXPECT_EQ(dns_.queries(), 0u);
  EXPECT_EQ(generate(GenerateKind::policy, "a b").status, 64);
  options.config = "/nonexistent/settings.toml";
  EXPECT_EQ(run(options).status, 78);
}

TEST_F(Generate, SlipsAreLeftOutAndTold) {
  dns_.add_mx("example.com", 30, "mail.example.com.example.com");
  dns_.add_mx("example.com", 40, "gone.example.net");
  dns_.add_mx("example.com", 50, "inside.example.com");
  dns_.add_address("inside.example.com", "10.0.0.1");
  CommandResult result = generate(GenerateKind::policy);
  EXPECT_EQ(result.status, 1);
  EXPECT_EQ(result.out, kPolicy);
  EXPECT_THAT(result.err, HasSubstr("left out mail.example.com.example.com: write "
                                    "mail.example.com. with a final dot in the MX record"));
  EXPECT_THAT(result.err, HasSubstr("left out gone.example.net: "));
  EXPECT_THAT(result.err, HasSubstr("left out inside.example.com: publish a public address"));
}

TEST_F(Generate, NothingToPublish) {
  dns_.add_mx("null.example", 0, "");
  dns_.add_mx("slip.example", 10, "localhost");
  dns_.add_empty("bare.example");
  const std::pair<const char*, const char*> cases[] = {
      {"null.example", "null MX (RFC 7505)"},
      {"slip.example", "no MX host of slip.example can be listed"},
      {"bare.example", "neither MX records nor an address"}};
  for (const auto& [domain, sentence] : cases)
    for (GenerateKind kind : {GenerateKind::policy, GenerateKind::records}) {
      CommandResult result = generate(kind, domain);
      EXPECT_EQ(result.status, 2) << domain;
      EXPECT_EQ(result.out, "");
      EXPECT_THAT(result.err, HasSubstr(sentence));
    }
  GenerateOptions options = options_for(GenerateKind::policy, "slip.example");
  options.json = true;
  json answer = json::parse(run(options).out);
  EXPECT_TRUE(answer["policy"].is_null());
  EXPECT_EQ(answer["left_out"][0]["host"], "localhost");
}

TEST_F(Generate, TheImplicitMxCounts) {
  dns_.add_address("bare.example", "192.175.48.1");
  CommandResult result = generate(GenerateKind::policy, "bare.example");
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("mx: bare.example\r\n"));
}

TEST_F(Generate, WhatDnsDoesNotTellIsNoPolicy) {
  dns_.behave("fails.example", fakes::DnsBehaviour::servfail);
  dns_.behave("silent.example", fakes::DnsBehaviour::silent);
  dns_.add_mx("host.example", 10, "mx.host.example");
  dns_.behave("mx.host.example", fakes::DnsBehaviour::servfail);
  const std::pair<const char*, const char*> cases[] = {
      {"gone.example", "gone.example does not exist in DNS (NXDOMAIN)"},
      {"fails.example", "SERVFAIL"},
      {"silent.example", "--mx"},
      {"host.example", "mx.host.example"}};
  for (const auto& [domain, sentence] : cases) {
    CommandResult result = generate(GenerateKind::policy, domain);
    EXPECT_EQ(result.status, 3) << domain;
    EXPECT_EQ(result.out, "");
    EXPECT_THAT(result.err, HasSubstr(sentence));
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
  }
}

TEST_F(Generate, TooManyHostsToLookAt) {
  for (int i = 0; i < 101; ++i) dns_.add_mx("many.example", 10, fmt::format("mx{}.example", i));
  CommandResult result = generate(GenerateKind::policy, "many.example");
  EXPECT_EQ(result.status, 3);
  EXPECT_THAT(result.err, HasSubstr("101 MX hosts, more than the 100"));
}

TEST_F(Generate, RecordsPassLint) {
  GenerateOptions options = options_for(GenerateKind::records);
  options.rua = {"mailto:tlsrpt@example.com"};
  options.policy_host = {"web.example.net"};
  options.json = true;
  CommandResult result = run(options);
  ASSERT_EQ(result.status, 0) << result.err;
  json answer = json::parse(result.out);
  EXPECT_EQ(answer["id"], protocol::id_of_policy(kPolicy));
  EXPECT_EQ(answer["id_of_policy"], true);
  ASSERT_EQ(answer["records"].size(), 3u);
  EXPECT_EQ(answer["records"][0]["type"], "CNAME");
  EXPECT_EQ(lint_status(LintKind::record, answer["records"][1]["value"]), 0);
  EXPECT_EQ(lint_status(LintKind::tlsrpt, answer["records"][2]["value"]), 0);
  options.json = false;
  CommandResult text = run(options);
  EXPECT_EQ(text.out, answer["zone"]);
  EXPECT_EQ(run(options).out, text.out) << "again the same";
}

TEST_F(Generate, WhatExistsAlreadyIsTold) {
  dns_.add_txt("_mta-sts.example.com", "v=STSv1; id=20200101");
  dns_.add_txt("_smtp._tls.example.com", "v=TLSRPTv1; rua=mailto:old@example.com");
  CommandResult result = generate(GenerateKind::records);
  EXPECT_THAT(result.err, HasSubstr("replace the record of _mta-sts.example.com, which is "
                                    "\"v=STSv1; id=20200101\""));
  EXPECT_THAT(result.err, HasSubstr("keep the record of _smtp._tls.example.com"));
  EXPECT_THAT(result.err, Not(HasSubstr("no --rua is given")));
  dns_.remove("_mta-sts.example.com");
  dns_.add_cname("_mta-sts.example.com", "_mta-sts.provider.example");
  dns_.add_txt("_mta-sts.provider.example", "v=STSv1; id=1");
  EXPECT_THAT(generate(GenerateKind::records).err,
              HasSubstr("is an alias of _mta-sts.provider.example"));
  dns_.behave("_smtp._tls.example.com", fakes::DnsBehaviour::servfail);
  EXPECT_THAT(generate(GenerateKind::records).err, HasSubstr("is not known"));
}

TEST_F(Generate, AnIdThatAnotherPolicyHadIsNotUsedAgain) {
  std::string own = protocol::id_of_policy(kPolicy);
  verdict::Report report = plan::enforced_report();
  report.domain = "example.com";
  auto history = std::make_shared<verdict::History>(
      *plan::HistoryMaker()
           .today(plan::facts(protocol::Mode::enforce, 86400, {"mx1.example.com"}), plan::kPlanNow)
           .make());
  for (verdict::CachedPolicy& instance : history->instances) instance.id = own;
  remember(report, history);
  CommandResult result = generate(GenerateKind::records);
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out, Not(HasSubstr(own)));
  EXPECT_THAT(result.err, HasSubstr(own + " was published with another policy"));
  EXPECT_THAT(result.err, HasSubstr("has mode enforce, and this one has mode testing"));
}

TEST_F(Generate, HostingPrintsOrWrites) {
  GenerateOptions options = options_for(GenerateKind::hosting);
  EXPECT_EQ(run(options).status, 64) << "no target";
  for (publish::HostingTarget target : publish::kHostingTargets) {
    options.targets = {target};
    options.out.reset();
    CommandResult printed = run(options);
    ASSERT_EQ(printed.status, 0) << printed.err;
    options.json = true;
    json answer = json::parse(run(options).out);
    options.json = false;
    EXPECT_EQ(answer["hosting"][0]["target"], name_of(target));
    options.out = (directory_ / name_of(target)).string();
    CommandResult written = run(options);
    ASSERT_EQ(written.status, 0) << written.err;
    for (const json& file : answer["hosting"][0]["files"]) {
      std::string path = file["path"];
      EXPECT_THAT(printed.out, HasSubstr("==> " + path + " <==\n"));
      EXPECT_THAT(written.out, HasSubstr(path));
      EXPECT_EQ(content(std::filesystem::path(name_of(target)) / path), file["content"]);
    }
    EXPECT_THAT(written.out, HasSubstr("\n1. "));
  }
}

TEST_F(Generate, AllOfItInADirectory) {
  GenerateOptions options = options_for(GenerateKind::all);
  EXPECT_EQ(run(options).status, 64) << "no directory";
  options.out = (directory_ / "out").string();
  options.targets = {publish::HostingTarget::nginx};
  CommandResult first = run(options);
  ASSERT_EQ(first.status, 0) << first.err;
  EXPECT_EQ(content("out/mta-sts.txt"), kPolicy);
  EXPECT_THAT(content("out/example.com.zone"), HasSubstr(protocol::id_of_policy(kPolicy)));
  EXPECT_THAT(content("out/README.md"), HasSubstr("`hosting/nginx`"));
  EXPECT_THAT(content("out/hosting/nginx/STEPS.md"), HasSubstr("1. "));
  EXPECT_THAT(first.out, HasSubstr("wrote "));

  CommandResult again = run(options);
  EXPECT_EQ(again.status, 0) << again.err;
  EXPECT_THAT(again.out, Not(HasSubstr("wrote ")));

  options.mode = protocol::Mode::enforce;
  CommandResult refused = run(options);
  EXPECT_EQ(refused.status, 73);
  EXPECT_EQ(refused.out, "");
  EXPECT_THAT(refused.err, HasSubstr("mta-sts.txt exists with other content"));
  EXPECT_EQ(content("out/mta-sts.txt"), kPolicy);
  options.force = options.json = true;
  CommandResult forced = run(options);
  EXPECT_EQ(forced.status, 0) << forced.err;
  EXPECT_THAT(content("out/mta-sts.txt"), HasSubstr("mode: enforce"));
  json answer = json::parse(forced.out);
  EXPECT_THAT(answer["written"].dump(), HasSubstr("mta-sts.txt"));
  options.targets.clear();
  options.out = (directory_ / "every").string();
  EXPECT_EQ(json::parse(run(options).out)["hosting"].size(), std::size(publish::kHostingTargets));
}

// The live policy decides where the live record has the id that would be chosen.
TEST(GenerateLive, TheServedPolicyIsLookedAt) {
  fakes::MailWorld world(2);
  const fakes::MailDomain& domain = world.domains().at(1);
  settings::Settings settings = world.settings();
  std::string name = testing::TempDir() + "generate-XXXXXX";
  std::filesystem::path directory = mkdtemp(name.data());
  std::ofstream(directory / "settings.toml") << fmt::format(
      "[state]\npath = \":memory:\"\n[check]\ntimeout = \"10s\"\n"
      "[dns]\nservers = [\"{}\"]\ntimeout = \"500ms\"\n"
      "[https]\nport = {}\ntimeout = \"2s\"\nca_file = \"{}\"\n"
      "[canary]\ndns = [\"canary.example\"]\nhttps = [\"canary.example\"]\nsmtp = []\n"
      "[network]\nallow_private_addresses = true\nfamilies = [\"ipv4\"]\n",
      settings.dns.servers.at(0).text(), settings.https.port, settings.https.ca_file);
  GenerateOptions options;
  options.kind = GenerateKind::records;
  options.domain = domain.name;
  options.config = (directory / "settings.toml").string();
  options.json = true;
  json before = json::parse(run(options).out);
  EXPECT_EQ(before["id_of_policy"], true);
  world.dns().remove("_mta-sts." + domain.name);
  world.dns().add_txt("_mta-sts." + domain.name, "v=STSv1; id=" + std::string(before["id"]));
  CommandResult after = run(options);
  json answer = json::parse(after.out);
  EXPECT_EQ(answer["id_of_policy"], false) << "mode enforce is served under that id";
  EXPECT_NE(answer["id"], before["id"]);
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace mtasts::cli
