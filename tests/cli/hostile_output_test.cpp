// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Everything that strangers choose, through judge() and every output: console, JSON, pages,
// metrics and log lines. None of it acts on a terminal, a page or a scrape. The commands are in
// hostile_commands_test.cpp.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "base/ascii.h"
#include "base/log.h"
#include "base/printable.h"
#include "base/special_characters.h"
#include "cli/history_command.h"
#include "cli/hostile_round.h"
#include "cli/plan_text.h"
#include "cli/report_text.h"
#include "cli/reports_command.h"
#include "cli/strict_html.h"
#include "present/exposition_text.h"
#include "present/history_json.h"
#include "present/json.h"
#include "present/page.h"
#include "present/plan_json.h"
#include "present/reports_json.h"
#include "present/world.h"

namespace mtasts::cli {
namespace {

reports::ReportListing listing_of(Hostile& hostile) {
  reports::ReportListing listing;
  reports::ReportLine line;
  line.organization = hostile.text();
  line.report_id = hostile.text();
  reports::FailureRow failure;
  failure.type_text = hostile.text();
  failure.receiving_mx = hostile.text();
  failure.receiving_ip = hostile.text();
  failure.sending_network = hostile.text();
  failure.reason = hostile.text();
  failure.sessions = 3;
  line.failures = {failure};
  listing.lines = {line};
  return listing;
}

reports::RejectedReports rejected_of(Hostile& hostile) {
  return {{verdict::kNow, "https", hostile.text(), reports::Rejection::malformed, hostile.text()}};
}

// What a display gets: UTF-8 in which nothing acts on it; line ends where the layout has them.
std::string fault_of_display(std::string_view text, bool line_ends) {
  while (!text.empty()) {
    const auto character = first_utf8(text);
    if (!character) return fmt::format("octet {:02X}", static_cast<unsigned char>(text.front()));
    const bool line_end = character->code == '\n' && line_ends;
    if (!line_end && misleads_display(character->code))
      return fmt::format("U+{:04X}", static_cast<uint32_t>(character->code));
    text.remove_prefix(character->size);
  }
  return {};
}

TEST(HostileOutput, ConsoleActsOnNothing) {
  for (unsigned seed = 0; seed < kRounds; ++seed) {
    Round round(seed);
    std::vector<std::string> shown = {
        report_text(*round.report, false, 100),
        history_text("example.com", round.timeline, round.report->history.get(), verdict::kNow,
                     false, 100),
        reports_text("example.com", round.summary, listing_of(round.hostile), false, 100)};
    for (const plan::Plan& plan : round.plans) shown.push_back(plan_text(plan, false, 100));
    for (const std::string& text : shown) ASSERT_EQ(fault_of_display(text, true), "") << seed;
  }
}

// Every text of a finding, wherever it is shown: one line.
TEST(HostileOutput, FindingsAndLogLinesAreOneLine) {
  for (unsigned seed = 0; seed < kRounds; ++seed) {
    Round round(seed);
    for (const verdict::Finding& finding : round.report->findings)
      for (const std::string& text :
           {finding.subject, finding.message, finding.fix, finding.verify})
        ASSERT_EQ(fault_of_display(text, false), "") << seed << finding.code() << text;
    for (LogFormat format : {LogFormat::logfmt, LogFormat::json}) {
      const std::string value = round.hostile.text();
      const std::string line = render_log_line(format, LogLevel::info, "t", value,
                                               {{"a", value}, {"b", round.hostile.name()}});
      ASSERT_EQ(fault_of_display(line, false), "") << seed;
      if (format == LogFormat::json) {
        auto json = nlohmann::json::parse(line);
        ASSERT_EQ(json.size(), 5u) << line;
        ASSERT_EQ(json["a"], printable(value, 2048)) << line;
      }
    }
  }
}

// Printable ASCII alone, and what a reader decodes is what the stranger sent.
void expect_json(const std::string& text, unsigned seed) {
  const bool ascii = all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
  ASSERT_TRUE(ascii) << seed;
  const auto json = nlohmann::json::parse(text, nullptr, false);
  ASSERT_FALSE(json.is_discarded()) << seed;
  ASSERT_EQ(nlohmann::json::parse(json.dump()), json) << seed;
}

TEST(HostileOutput, JsonIsAsciiAndKeepsTheValues) {
  size_t kept = 0;
  for (unsigned seed = 0; seed < kRounds; ++seed) {
    Round round(seed);
    const std::string text = present::report_json(*round.report);
    expect_json(text, seed);
    auto json = nlohmann::json::parse(text);
    const auto& texts = round.report->record.texts;
    ASSERT_EQ(json["record"]["texts"].size(), texts.size());
    for (size_t i = 0; i < texts.size(); ++i)
      if (is_utf8(texts[i])) {
        ASSERT_EQ(json["record"]["texts"][i], texts[i]) << seed;
        ++kept;
      }
    for (size_t i = 0; i < round.report->mx.size(); ++i)
      ASSERT_EQ(json["mx"][i]["host"], round.report->mx[i].host);
    for (const plan::Plan& plan : round.plans) expect_json(present::plan_json(plan), seed);
    expect_json(present::history_json("example.com", round.timeline, round.report->history.get(),
                                      verdict::kNow),
                seed);
    expect_json(present::reports_json("example.com", round.summary, listing_of(round.hostile), {}),
                seed);
    expect_json(present::rejected_reports_json(rejected_of(round.hostile)), seed);
    expect_json(present::error_json(round.hostile.text()), seed);
  }
  EXPECT_GT(kept, kRounds / 4);
}

void expect_page(const std::string& page, unsigned seed) {
  const StrictHtml html(page);
  ASSERT_EQ(html.fault(), "") << seed;
  ASSERT_EQ(fault_of_display(html.text(), true), "") << seed;
  for (const std::string& link : html.links()) {
    ASSERT_EQ(link.find_first_of(" \"'<>\\\n"), std::string::npos) << link;
    ASSERT_FALSE(link.starts_with("javascript")) << link;
  }
}

TEST(HostileOutput, PagesHaveNoMarkupOfStrangers) {
  for (unsigned seed = 0; seed < kRounds; ++seed) {
    Round round(seed);
    const board::DomainEntry entry = round.entry();
    expect_page(present::domain_page(entry), seed);
    board::Snapshot snapshot;
    snapshot.domains = {std::make_shared<const board::DomainEntry>(entry)};
    snapshot.rejected_reports =
        std::make_shared<const reports::RejectedReports>(rejected_of(round.hostile));
    verdict::ChannelFault fault;
    fault.detail = round.hostile.text();
    snapshot.channel_faults = {fault};
    expect_page(present::index_page(snapshot, ""), seed);
    expect_page(present::index_page(snapshot, round.hostile.text()), seed);
    expect_page(present::message_page(round.hostile.text(), round.hostile.text()), seed);
  }
}

TEST(HostileOutput, TextFromRightToLeftIsIsolated) {
  EXPECT_EQ(present::html_text("a \u05D0\u05D1 1"), "a <bdi>\u05D0\u05D1</bdi> 1");
  EXPECT_EQ(present::html_text("\u0627<\u0627"), "<bdi>\u0627</bdi>&lt;<bdi>\u0627</bdi>");
  EXPECT_EQ(present::html_lines("\u05D0\nb", 10), "<bdi>\u05D0</bdi>\nb\n");
  EXPECT_EQ(present::html_attribute("a \u05D0"), "a \u05D0") << "no markup in an attribute";
  EXPECT_EQ(present::html_text("caf\u00E9 \u4F8B"), "caf\u00E9 \u4F8B");
}

// The text format of Prometheus: name{label="value",…} number.
std::string fault_of_sample(std::string_view line) {
  auto name_end = [](std::string_view text) {
    size_t end = 0;
    while (end < text.size() &&
           (is_alphanumeric(text[end]) || text[end] == '_' || text[end] == ':'))
      ++end;
    return end;
  };
  line.remove_prefix(name_end(line));
  if (line.starts_with('{')) {
    do {
      line.remove_prefix(1);
      line.remove_prefix(name_end(line));
      if (!line.starts_with("=\"")) return "no value of a label";
      line.remove_prefix(2);
      while (!line.empty() && line.front() != '"') {
        const bool escape = line.front() == '\\';
        if (escape &&
            (line.size() < 2 || std::string_view("\\\"n").find(line[1]) == std::string_view::npos))
          return "a wrong escape";
        line.remove_prefix(escape ? 2 : 1);
      }
      if (line.empty()) return "a value without end";
      line.remove_prefix(1);
    } while (line.starts_with(','));
    if (!line.starts_with('}')) return "labels without end";
    line.remove_prefix(1);
  }
  if (!line.starts_with(' ')) return "no blank before the number";
  char* end = nullptr;
  const std::string number(line.substr(1));
  std::strtod(number.c_str(), &end);
  return number.empty() || *end != '\0' ? "no number: " + number : "";
}

TEST(HostileOutput, MetricsParse) {
  for (unsigned seed = 0; seed < kRounds; ++seed) {
    Round round(seed);
    present::world::Published board;
    auto configured = present::world::configured("example.com");
    configured.labels = {{"team", round.hostile.text()}};
    board.set_domains({configured});
    board.set_reported("example.com", round.summary);
    board.publish(round.report);
    for (const std::string& text :
         {present::whole(present::exposition_source("", board.exposition.snapshot())),
          present::probe_exposition(round.report, nullptr)}) {
      ASSERT_EQ(fault_of_display(text, true), "") << seed;
      present::expect_well_formed(text);
      std::istringstream lines(text);
      for (std::string line; std::getline(lines, line);)
        ASSERT_EQ(line.starts_with('#') ? "" : fault_of_sample(line), "") << seed << ": " << line;
    }
  }
}

}  // namespace
}  // namespace mtasts::cli
