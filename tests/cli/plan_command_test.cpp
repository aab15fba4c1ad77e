// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "cli/plan_command.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/state_fixture.h"
#include "fakes/mail_world.h"
#include "protocol/sts/sts_policy.h"

namespace mtasts::cli {
namespace {

using nlohmann::json;
using plan::HistoryMaker;
using plan::kPlanNow;
using plan::PlanKind;
using testing::HasSubstr;
using testing::StartsWith;

struct CommandResult {
  int status;
  std::string out;
  std::string err;
};

CommandResult plan_from(PlanOptions options, const verdict::Report& report,
                        verdict::HistoryPtr history = nullptr) {
  std::ostringstream out, err;
  PlanSources sources;
  sources.history = std::move(history);
  int status = tell_plan(options, report, std::move(sources), plan::kPlanNow, out, err);
  return {status, out.str(), err.str()};
}

CommandResult run(const PlanOptions& options) {
  std::ostringstream out, err;
  int status = run_plan(options, out, err);
  return {status, out.str(), err.str()};
}

PlanOptions options_for(plan::PlanKind kind, std::vector<std::string> to = {}) {
  PlanOptions options;
  options.kind = kind;
  options.domain = "example.com";
  options.to = std::move(to);
  return options;
}

TEST(PlanCommand, TextAndJson) {
  CommandResult text = plan_from(options_for(plan::PlanKind::rollback), plan::enforced_report());
  EXPECT_EQ(text.status, 0);
  EXPECT_EQ(text.err, "");
  EXPECT_THAT(text.out, StartsWith("example.com: plan rollback  (2026-11-02 10:15 UTC)\n"));
  PlanOptions options = options_for(plan::PlanKind::mx_move, {"mx.new.example"});
  options.json = true;
  json plan = json::parse(plan_from(options, plan::enforced_report()).out);
  EXPECT_EQ(plan["kind"], "mx-move");
  EXPECT_THAT(plan["steps"][0]["policy"].get<std::string>(), HasSubstr("mx: mx.new.example\r\n"));
}

TEST(PlanCommand, NothingToDoIsAnAnswer) {
  for (plan::PlanKind kind :
       {plan::PlanKind::rollback, plan::PlanKind::remove, plan::PlanKind::mx_move}) {
    CommandResult result = plan_from(options_for(kind), plan::absent_report());
    EXPECT_EQ(result.status, 0);
    EXPECT_THAT(result.out, HasSubstr("There is nothing to "));
  }
}

TEST(PlanCommand, NothingToPlanFrom) {
  CommandResult result = plan_from(options_for(plan::PlanKind::remove), plan::blind_report());
  EXPECT_EQ(result.status, 3);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(
      result.err,
      "mtasts-exporter plan: no policy of example.com could be fetched and none is recorded, so no "
      "plan can be made; run `mtasts-exporter check example.com` to see what is wrong\n");
  verdict::HistoryPtr history =
      plan::HistoryMaker()
          .today(plan::facts(protocol::Mode::enforce, 86400, {"mx1.example.com"}), plan::kPlanNow)
          .make();
  EXPECT_EQ(plan_from(options_for(plan::PlanKind::remove), plan::blind_report(), history).status,
            0);
}

TEST(PlanCommand, Usage) {
  struct Case {
    plan::PlanKind kind;
    std::string domain;
    std::vector<std::string> to;
    std::string sentence;
  };
  const Case kBad[] = {
      {plan::PlanKind::rollback, "a b", {}, "\"a b\""},       // not a domain
      {plan::PlanKind::rollback, "\x1B[2J", {}, "\\x1B[2J"},  // hostile, made printable
      {plan::PlanKind::remove,
       "example.com",
       {"mx.new.example"},
       "--to is only valid with mx-move"},
      {plan::PlanKind::mx_move, "example.com", {"mx_1.example"}, "--to: "},  // underscore
      {plan::PlanKind::mx_move,
       "example.com",
       {"*.new.example"},
       "--to: "},  // a pattern is not a host
      {plan::PlanKind::mx_move,
       "example.com",
       {"192.0.2.1"},
       "--to: "},  // an address is not a host
      {plan::PlanKind::mx_move, "example.com", {""}, "--to: "},
      {plan::PlanKind::mx_move, "example.com", {"localhost"}, "complete public name"},
      {plan::PlanKind::mx_move, "example.com", {"mx.new.example", "mail"}, "complete public name"},
      {plan::PlanKind::mx_move,
       "example.com",
       {"mx.example.com.example.com"},
       "mx.example.com. with a final dot"},
      {plan::PlanKind::mx_move, "example.com", std::vector<std::string>(65, "mx.new.example"),
       "at most 64"},
  };
  for (const Case& bad : kBad) {
    PlanOptions options = options_for(bad.kind, bad.to);
    options.domain = bad.domain;
    CommandResult result = run(options);
    EXPECT_EQ(result.status, 64) << bad.sentence;
    EXPECT_EQ(result.out, "");
    EXPECT_THAT(result.err, StartsWith("mtasts-exporter plan: "));
    EXPECT_THAT(result.err, HasSubstr(bad.sentence));
    EXPECT_EQ(result.err.find('\n'), result.err.size() - 1) << "one sentence";
  }
}

TEST(PlanCommand, BadSettings) {
  PlanOptions options = options_for(plan::PlanKind::rollback);
  options.config = "/nonexistent/settings.toml";
  CommandResult result = run(options);
  EXPECT_EQ(result.status, 78);
  EXPECT_THAT(result.err, HasSubstr("/nonexistent/settings.toml"));
}

// The complete command against servers on loopback.
class PlanLive : public StateFixture {
 protected:
  PlanLive() {
    settings::Settings settings = world_.settings();
    write_settings(fmt::format(
        "[check]\ntimeout = \"10s\"\n"
        "[dns]\nservers = [\"{}\"]\ntimeout = \"500ms\"\n"
        "[https]\nport = {}\ntimeout = \"2s\"\nca_file = \"{}\"\n"
        "[canary]\ndns = [\"canary.example\"]\nhttps = [\"canary.example\"]\nsmtp = []\n"
        "[network]\nallow_private_addresses = true\nfamilies = [\"ipv4\"]\n",
        settings.dns.servers.at(0).text(), settings.https.port, settings.https.ca_file));
  }
  const fakes::MailDomain& domain() const { return world_.domains().at(1); }
  CommandResult plan(plan::PlanKind kind, std::vector<std::string> to = {}) {
    PlanOptions options = options_for(kind, std::move(to));
    options.domain = domain().name;
    options.config = file_.string();
    options.json = true;
    return run(options);
  }

  fakes::MailWorld world_{2};
};

TEST_F(PlanLive, WithoutAStateItAssumesAndSaysSo) {
  CommandResult result = plan(plan::PlanKind::rollback);
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.err, StartsWith("mtasts-exporter plan: no history: "));
  EXPECT_THAT(result.err, HasSubstr(state_.string()));
  json answer = json::parse(result.out);
  EXPECT_EQ(answer["assumption"],
            "There is no history of this domain, so the current max_age of 2592000 seconds is "
            "assumed for the past as well.");
  EXPECT_EQ(answer["steps"][0]["policy"],
            "version: STSv1\r\nmode: testing\r\nmx: *.p0.example\r\nmax_age: 86400\r\n");
}

TEST_F(PlanLive, EnforceReadsThePhaseFromTheState) {
  verdict::Report report = plan::enforced_report();
  report.domain = domain().name;
  plan::HistoryMaker maker;
  maker.today(plan::facts(protocol::Mode::enforce, 2592000, {"*.p0.example"}), plan::kPlanNow);
  maker.raw().record.value = "20261001T000000";
  maker.raw().phase.phase = verdict::RolloutPhase::enforce_month;
  maker.raw().phase.since = plan::days_later(-90);
  remember(report, maker.make());
  CommandResult result = plan(plan::PlanKind::enforce);
  ASSERT_EQ(result.status, 0) << result.err;
  json answer = json::parse(result.out);
  EXPECT_EQ(answer["rollout"]["phase"], "enforce_month");
  EXPECT_EQ(answer["rollout"]["since"], "2026-08-04T10:15:00Z");
  EXPECT_EQ(answer["rollout"]["ready"], false);
  EXPECT_THAT(answer["summary"].get<std::string>(), HasSubstr("the rollout is complete"));
}

TEST(PlanCommand, FindsThePolicyThatTheAgentServes) {
  settings::Settings settings;
  settings::HostedPolicySettings policy;
  policy.domains = {*DomainName::parse("example.net"), *DomainName::parse("example.com")};
  policy.mx = {"mx1.example.com"};
  settings.policy_host.policies = {policy};
  DomainName domain = *DomainName::parse("example.com");
  EXPECT_FALSE(hosted_source(settings, domain).has_value()) << "nothing listens";
  settings.policy_host.listen = {settings::Endpoint{}};
  auto source = hosted_source(settings, domain);
  ASSERT_TRUE(source.has_value());
  EXPECT_EQ(source->domains.size(), 2u);
  EXPECT_EQ(source->mx, policy.mx);
  EXPECT_FALSE(hosted_source(settings, *DomainName::parse("example.org")).has_value());
}

TEST_F(PlanLive, WithAState) {
  verdict::Report report = plan::enforced_report();
  report.domain = domain().name;
  remember(report, plan::HistoryMaker()
                       .gone(plan::facts(protocol::Mode::enforce, 31557600, {"mx.old.example"}),
                             plan::days_later(-1))
                       .today(plan::facts(protocol::Mode::enforce, 2592000, {"*.p0.example"}),
                              plan::kPlanNow)
                       .make());
  CommandResult result = plan(plan::PlanKind::mx_move, {"mx9.p0.example"});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.err, "");
  json answer = json::parse(result.out);
  EXPECT_EQ(answer["assumption"],
            "The dates are based on the history of this domain since 2026-09-03.");
  ASSERT_EQ(answer["held"].size(), 1u);
  EXPECT_EQ(answer["steps"][0]["wait_until"], "2027-11-01T16:15:00Z")
      << "the live policy covers the new host, the old one does not";
}

TEST_F(PlanLive, ADomainThatTheStateDoesNotKnow) {
  remember(plan::enforced_report(), plan::HistoryMaker().make());
  CommandResult result = plan(plan::PlanKind::remove);
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(
      result.err,
      fmt::format("mtasts-exporter plan: nothing is recorded for {}, so there is no history\n",
                  domain().name));
}

TEST_F(PlanLive, AStateThatCannotBeRead) {
  std::ofstream(state_) << "this is not a database, not even a short one";
  CommandResult result = plan(plan::PlanKind::remove);
  EXPECT_EQ(result.status, 0);
  EXPECT_THAT(result.err, StartsWith("mtasts-exporter plan: no history: "));
  EXPECT_TRUE(std::filesystem::exists(state_)) << "reading leaves it as it is";
}

}  // namespace
}  // namespace mtasts::cli
