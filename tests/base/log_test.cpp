// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "base/log.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace mtasts {
namespace {

const char kTime[] = "2026-11-02T10:00:00Z";

TEST(LogLine, Logfmt) {
  EXPECT_EQ(render_log_line(LogFormat::logfmt, LogLevel::info, kTime, "started", {}),
            "time=2026-11-02T10:00:00Z level=info msg=started");
  EXPECT_EQ(render_log_line(LogFormat::logfmt, LogLevel::warning, kTime, "check done",
                            {{"domain", "a.example"}, {"findings", "2"}}),
            "time=2026-11-02T10:00:00Z level=warn msg=\"check done\" domain=a.example findings=2");
}

TEST(LogLine, LogfmtQuotesWhatCouldMislead) {
  auto value = [](const std::string& text) {
    std::string line = render_log_line(LogFormat::logfmt, LogLevel::error, "t", "m", {{"k", text}});
    return line.substr(line.find("k=") + 2);
  };
  EXPECT_EQ(value(""), "\"\"");
  EXPECT_EQ(value("a=b"), "\"a=b\"");
  EXPECT_EQ(value("a\"b"), "\"a\\\"b\"");
  EXPECT_EQ(value("a\\b"), "\"a\\\\b\"");
  EXPECT_EQ(value("x\ntime=now level=error"), "\"x\\\\x0Atime=now level=error\"");
  EXPECT_EQ(value("café"), "\"café\"");
  EXPECT_EQ(value("\xFF"), "\"\\\\xFF\"");
}

TEST(LogLine, Json) {
  EXPECT_EQ(render_log_line(LogFormat::json, LogLevel::debug, kTime, "check done",
                            {{"domain", "a.example"}, {"text", "say \"hi\"\n\\"}}),
            "{\"time\":\"2026-11-02T10:00:00Z\",\"level\":\"debug\",\"msg\":\"check done\","
            "\"domain\":\"a.example\",\"text\":\"say \\\"hi\\\"\\\\x0A\\\\\"}");
}

TEST(LogLine, IsOneLineAndBounded) {
  for (LogFormat format : {LogFormat::logfmt, LogFormat::json}) {
    std::string line =
        render_log_line(format, LogLevel::info, kTime, "m", {{"k", std::string(1000000, '\n')}});
    EXPECT_EQ(line.find('\n'), std::string::npos);
    EXPECT_LT(line.size(), 20000u);
  }
}

TEST(Log, LevelsAreInForce) {
  configure_log(LogLevel::warning, LogFormat::logfmt);
  EXPECT_FALSE(log_enabled(LogLevel::debug));
  EXPECT_FALSE(log_enabled(LogLevel::info));
  EXPECT_TRUE(log_enabled(LogLevel::warning));
  EXPECT_TRUE(log_enabled(LogLevel::error));
  configure_log(LogLevel::info, LogFormat::logfmt);
  EXPECT_TRUE(log_enabled(LogLevel::info));
}

TEST(Log, WritesToStderr) {
  configure_log(LogLevel::info, LogFormat::logfmt);
  testing::internal::CaptureStderr();
  log(LogLevel::info, "braces {} stay", {{"k", "{0}"}});
  log(LogLevel::debug, "not this one");
  std::string written = testing::internal::GetCapturedStderr();
  EXPECT_NE(written.find("msg=\"braces {} stay\" k={0}\n"), std::string::npos) << written;
  EXPECT_EQ(written.find("not this one"), std::string::npos);
}

TEST(Log, LinesOfSeveralThreadsStayWhole) {
  constexpr int kThreads = 4, kLines = 200;
  const std::string value(1500, 'x');
  configure_log(LogLevel::info, LogFormat::logfmt);
  testing::internal::CaptureStderr();
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i)
    threads.emplace_back([&value] {
      for (int line = 0; line < kLines; ++line) log(LogLevel::info, "m", {{"k", value}});
    });
  for (std::thread& thread : threads) thread.join();
  std::istringstream written(testing::internal::GetCapturedStderr());
  int count = 0;
  for (std::string line; std::getline(written, line); ++count) {
    EXPECT_EQ(line.rfind("time="), 0u) << "begins in the middle";
    EXPECT_TRUE(line.ends_with("Z level=info msg=m k=" + value)) << "ends in the middle";
  }
  EXPECT_EQ(count, kThreads * kLines);
}

}  // namespace
}  // namespace mtasts
