// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "cli/history_command.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/state_fixture.h"

namespace mtasts::cli {
namespace {

using nlohmann::json;
using plan::days_later;
using testing::HasSubstr;
using testing::StartsWith;

struct CommandResult {
  int status;
  std::string out;
  std::string err;
};

class HistoryCommand : public StateFixture {
 protected:
  CommandResult history(const std::string& domain, bool as_json = false, size_t limit = 50) {
    HistoryOptions options;
    options.domain = domain;
    options.config = file_.string();
    options.json = as_json;
    options.limit = limit;
    std::ostringstream out, err;
    int status = run_history(options, out, err);
    return {status, out.str(), err.str()};
  }

  void remember_two_changes() {
    remember(plan::enforced_report(),
             plan::HistoryMaker()
                 .today(plan::facts(protocol::Mode::enforce, 2592000, {"mx1.example.com"}),
                        plan::kPlanNow)
                 .make(),
             {{days_later(-2), "record_id", "", "one", "two"},
              {days_later(-1), "policy_mode", "", "testing", "enforce"}});
  }
};

TEST_F(HistoryCommand, TextNewestFirst) {
  remember_two_changes();
  CommandResult result = history("Example.COM.");
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.err, "");
  EXPECT_THAT(result.out, StartsWith("example.com: recorded since 2026-09-03 10:15 UTC\n"));
  size_t newer = result.out.find("testing → enforce");
  ASSERT_NE(newer, std::string::npos);
  EXPECT_LT(newer, result.out.find("one → two"));
}

TEST_F(HistoryCommand, JsonAndLimit) {
  remember_two_changes();
  json whole = json::parse(history("example.com", true).out);
  EXPECT_EQ(whole["since"], "2026-09-03T10:15:00Z");
  EXPECT_EQ(whole["changes"].size(), 2u);
  EXPECT_EQ(whole["cut"], false);
  json cut = json::parse(history("example.com", true, 1).out);
  ASSERT_EQ(cut["changes"].size(), 1u);
  EXPECT_EQ(cut["changes"][0]["what"], "policy_mode");
  EXPECT_EQ(cut["cut"], true);
}

TEST_F(HistoryCommand, UnknownDomain) {
  remember_two_changes();
  CommandResult result = history("other.example");
  EXPECT_EQ(result.status, 69);
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, StartsWith("mtasts-exporter history: no history of other.example;"));
}

TEST_F(HistoryCommand, NoState) {
  CommandResult result = history("example.com");
  EXPECT_EQ(result.status, 69);
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, HasSubstr(state_.string()));
  EXPECT_THAT(result.err, HasSubstr("run `mtasts-exporter serve` first"));
  EXPECT_FALSE(std::filesystem::exists(state_)) << "reading creates nothing";
}

TEST_F(HistoryCommand, MemoryAlone) {
  state_ = ":memory:";
  write_settings("");
  CommandResult result = history("example.com");
  EXPECT_EQ(result.status, 69);
  EXPECT_THAT(result.err, HasSubstr("in memory only"));
}

TEST_F(HistoryCommand, UsageAndSettings) {
  EXPECT_EQ(history("not a domain").status, 64);
  write_settings("[nonsense]\n");
  EXPECT_EQ(history("example.com").status, 78);
}

}  // namespace
}  // namespace mtasts::cli
