// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The commands of findings, plans and TLS reports, run by a shell in which every program only tells
// its arguments: what strangers chose is one argument, and never where a tool reads an option.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "cli/hostile_round.h"
#include "reports/result_guide.h"
#include "verdict/findings/verify_command.h"

namespace mtasts::cli {
namespace {

std::vector<std::string> commands_of(Round& round) {
  std::vector<std::string> commands;
  for (const verdict::Finding& finding : round.report->findings) commands.push_back(finding.verify);
  for (const plan::Plan& plan : round.plans)
    for (const plan::PlanStep& step : plan.steps) commands.push_back(step.verify);
  for (const reports::FailureSummary& failure : round.summary.failures)
    for (const std::string& domain : {std::string("example.com"), round.hostile.text()})
      commands.push_back(reports::result_guide(failure, domain).verify);
  return commands;
}

class Shell {
 public:
  Shell() {
    std::string name = (std::filesystem::temp_directory_path() / "mtasts-shell-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) std::abort();
    folder_ = name;
    // Nothing but these can be run, and they only say what they were called with.
    for (const char* tool : {"dig", "curl", "openssl", "nc", "mtasts-exporter", "sleep", "cat"}) {
      const std::filesystem::path path = folder_ / tool;
      std::ofstream(path) << "#!/bin/sh\n"
                             "printf '%s\\0' \"${0##*/}\" \"$@\" '' >>\"$OUT\"\n"
                             "while read -r _; do :; done\n";
      std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    }
  }
  Shell(const Shell&) = delete;
  Shell& operator=(const Shell&) = delete;
  ~Shell() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  // The arguments of every program that the command runs.
  std::vector<std::vector<std::string>> run(const std::vector<std::string>& commands) {
    const std::string script = (folder_ / "script").string();
    const std::string out = (folder_ / "out").string();
    {
      std::ofstream file(script);
      for (const std::string& command : commands) file << command << "\n";
    }
    const std::string line = fmt::format(
        "cd '{0}' && env -i OUT='{1}' PATH='{0}' /bin/sh '{2}' "
        ">/dev/null 2>'{0}/errors' </dev/null",
        folder_.string(), out, script);
    EXPECT_EQ(std::system(line.c_str()), 0) << read(folder_ / "errors");  // NOLINT(cert-env33-c)
    EXPECT_EQ(read(folder_ / "errors"), "");
    std::vector<std::vector<std::string>> runs(1);
    std::string word;
    for (char c : read(out)) {
      if (c != '\0') {
        word += c;
      } else if (word.empty()) {
        runs.emplace_back();
      } else {
        runs.back().push_back(std::exchange(word, {}));
      }
    }
    runs.pop_back();
    return runs;
  }
  // Anything else that a command left behind.
  std::vector<std::string> strange_files() const {
    std::vector<std::string> strange;
    static const std::set<std::string> kKnown = {
        "dig",   "curl", "openssl", "nc",  "mtasts-exporter",
        "sleep", "cat",  "script",  "out", "errors"};
    for (const auto& entry : std::filesystem::directory_iterator(folder_))
      if (!kKnown.contains(entry.path().filename())) strange.push_back(entry.path().filename());
    return strange;
  }

 private:
  static std::string read(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::filesystem::path folder_;
};

// The options that the agent itself writes. A value of a stranger is none of them.
bool is_own_option(const std::string& word) {
  static const std::set<std::string> kOptions = {"-sS",
                                                 "-i",
                                                 "-o",
                                                 "-D",
                                                 "-",
                                                 "-H",
                                                 "-q",
                                                 "-p",
                                                 "-connect",
                                                 "-starttls",
                                                 "-servername",
                                                 "-noservername",
                                                 "-verify_hostname",
                                                 "-showcerts",
                                                 "-CAfile",
                                                 "-A",
                                                 "--http1.1",
                                                 "--max-time",
                                                 "--cacert",
                                                 "--connect-to",
                                                 "--ignore-content-length",
                                                 "+noall",
                                                 "+answer",
                                                 "+comments",
                                                 "+norecurse",
                                                 "+dnssec"};
  return kOptions.contains(word);
}

TEST(HostileOutput, CommandsHaveNoOptionOfStrangers) {
  std::set<std::string> all;
  std::set<std::string> names;
  for (unsigned seed = 0; seed < kRounds; ++seed) {
    Round round(seed);
    for (const std::string& command : commands_of(round)) {
      ASSERT_TRUE(all_of(command, [](char c) { return c >= ' ' && c <= '~'; })) << command;
      if (!command.empty()) all.insert(command);
    }
  }
  ASSERT_GT(all.size(), 200u);
  const std::vector<std::string> commands(all.begin(), all.end());
  Shell shell;
  const auto runs = shell.run(commands);
  EXPECT_GE(runs.size(), commands.size());
  EXPECT_TRUE(shell.strange_files().empty()) << shell.strange_files().front();
  for (const auto& words : runs) {
    ASSERT_FALSE(words.empty());
    for (size_t i = 1; i < words.size(); ++i) {
      const std::string& word = words[i];
      if (is_own_option(word)) continue;
      if (word.starts_with('@')) {
        ASSERT_EQ(words[0], "dig");
        ASSERT_TRUE(IpAddress::parse(word.substr(1)).ok() || is_alphanumeric(word.at(1)) ||
                    word.at(1) == '_')
            << word;
        continue;
      }
      ASSERT_FALSE(word.starts_with('-') || word.starts_with('+')) << words[0] << " " << word;
      // Outside -q of dig and files of the settings, only plain host names, addresses and URLs.
      const std::string& before = words[i - 1];
      if (before == "-q" || before == "--cacert" || before == "-CAfile" || before == "-H") continue;
      const bool shown_for_replacement = word.starts_with("<new MX host>");
      ASSERT_TRUE(shown_for_replacement ||
                  word.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                         "0123456789-._:/[]") == std::string::npos)
          << words[0] << " " << word;
    }
  }
}

// A name that a tool would read as an option has no command; any other is one argument, as it is.
TEST(HostileOutput, NamesComeThroughTheShellAsTheyAre) {
  std::vector<std::string> commands;
  std::vector<std::string> expected;
  const verdict::FindingRow& row = *verdict::find_row("mx-no-address");
  Hostile hostile(1);
  for (int i = 0; i < 300; ++i) {
    const std::string name = hostile.name();
    const std::string command =
        verdict::verify_command(row, verdict::Vantage(), {"example.com", name, std::nullopt});
    const bool option = std::string_view("-+@").find(name.front()) != std::string_view::npos;
    ASSERT_EQ(command.empty(), option) << name << ": " << command;
    if (option) continue;
    commands.push_back(command);
    expected.push_back(name);
  }
  Shell shell;
  const auto runs = shell.run(commands);
  ASSERT_EQ(runs.size(), commands.size());
  for (size_t i = 0; i < runs.size(); ++i) {
    const auto place = std::find(runs[i].begin(), runs[i].end(), "-q");
    ASSERT_NE(place, runs[i].end());
    ASSERT_EQ(*std::next(place), expected[i]) << commands[i];
  }
}

}  // namespace
}  // namespace mtasts::cli
