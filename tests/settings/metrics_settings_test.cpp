// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "settings/settings.h"

namespace mtasts::settings {
namespace {

LoadedSettings exclude(const std::string& list) {
  return parse_settings("domains = [\"example.com\"]\n[metrics]\nexclude = " + list + "\n",
                        "test.toml", {});
}

TEST(MetricsSettings, SetIsFullOrLean) {
  auto set = [](const std::string& value) {
    return parse_settings("domains = [\"example.com\"]\n[metrics]\nset = \"" + value + "\"\n",
                          "test.toml", {});
  };
  EXPECT_FALSE(exclude("[]").settings.metrics.is_lean) << "full unless told otherwise";
  EXPECT_FALSE(set("full").settings.metrics.is_lean);
  EXPECT_TRUE(set("lean").settings.metrics.is_lean);
  const LoadedSettings wrong = set("small");
  ASSERT_EQ(wrong.errors.size(), 1U);
  EXPECT_EQ(wrong.errors.front().text(),
            "test.toml:3:7: [metrics] set must be \"full\" or \"lean\", not \"small\"");
}

TEST(MetricsSettings, ExcludeTakesNamesAndPatterns) {
  const LoadedSettings loaded = exclude(R"(["mtasts_record_info", "mtasts_stage_*"])");
  EXPECT_TRUE(loaded.errors.empty());
  EXPECT_THAT(loaded.settings.metrics.exclude,
              testing::ElementsAre("mtasts_record_info", "mtasts_stage_*"));
  EXPECT_TRUE(exclude("[]").settings.metrics.exclude.empty());
}

TEST(MetricsSettings, ExcludeRefusesWhatIsNoName) {
  const std::pair<std::string, std::string> cases[] = {
      {R"([""])", "[metrics] exclude: \"\" is not the name of a metric"},
      {R"(["mtasts stage"])", "\"mtasts stage\" is not the name of a metric"},
      {R"(["mtasts_stage{stage=\"mx\"}"])", "is not the name of a metric"},
      {R"(["*"])", "\"*\" leaves out every metric"},
      {R"(["**"])", "\"**\" leaves out every metric"},
  };
  for (const auto& [list, expected] : cases) {
    const LoadedSettings loaded = exclude(list);
    ASSERT_EQ(loaded.errors.size(), 1U) << list;
    EXPECT_THAT(loaded.errors.front().text(), testing::StartsWith("test.toml:3:12: ")) << list;
    EXPECT_THAT(loaded.errors.front().text(), testing::HasSubstr(expected)) << list;
  }
}

}  // namespace
}  // namespace mtasts::settings
