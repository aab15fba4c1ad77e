// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// `domain_files`: patterns, formats, bounds, and reloads.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "settings/domain_list.h"
#include "settings/file_patterns.h"
#include "settings/input_file.h"

namespace mtasts::settings {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

class DomainFiles : public testing::Test {
 protected:
  DomainFiles() {
    std::string name = testing::TempDir() + "settings-[x]-XXXXXX";  // brackets: not a pattern
    directory_ = mkdtemp(name.data());
  }
  ~DomainFiles() override { fs::remove_all(directory_); }

  void write(const std::string& name, std::string_view content) {
    fs::create_directories((directory_ / name).parent_path());
    std::ofstream(directory_ / name, std::ios::binary) << content;
  }
  LoadedSettings load(const Environment& environment = {}) {
    return load_settings(directory_ / "settings.toml", environment);
  }
  std::vector<std::string> errors(const LoadedSettings& loaded) {
    std::vector<std::string> texts;
    for (const auto& error : loaded.errors) {
      std::string text = error.text();
      std::string prefix = directory_.string() + "/";
      for (size_t at = text.find(prefix); at != std::string::npos; at = text.find(prefix))
        text.erase(at, prefix.size());
      texts.push_back(text);
    }
    return texts;
  }
  static std::vector<std::string> names(const LoadedSettings& loaded) {
    std::vector<std::string> texts;
    for (const auto& entry : loaded.settings.domains) texts.push_back(entry.name.text());
    return texts;
  }

  fs::path directory_;
};

TEST_F(DomainFiles, AreSortedAndMerged) {
  write("settings.toml",
        "domains = [\"b.example\"]\ndomain_files = [\"domains.d/*.txt\", \"extra.list\", "
        "\"domains.d/1.txt\"]\n[[domain]]\nname = \"d.example\"\nexpected_mode = \"testing\"");
  write("domains.d/2.txt", "c.example\nd.example\n");
  write("domains.d/1.txt", "\xEF\xBB\xBF# ours\r\n\r\n  a.example\t # one\r\nB.EXAMPLE.\r\n");
  write("domains.d/ignored.md", "not a domain");
  write("extra.list", "e.example");  // no line end
  auto loaded = load();
  EXPECT_THAT(errors(loaded), IsEmpty());
  EXPECT_THAT(names(loaded),
              ElementsAre("a.example", "b.example", "c.example", "d.example", "e.example"));
  EXPECT_EQ(loaded.settings.domains[3].expected_mode, protocol::Mode::testing);
  EXPECT_THAT(loaded.settings.files,
              ElementsAre(directory_ / "settings.toml", directory_ / "domains.d/1.txt",
                          directory_ / "domains.d/2.txt", directory_ / "extra.list"));
  EXPECT_THAT(loaded.settings.directories, ElementsAre(directory_ / "domains.d"));
}

TEST_F(DomainFiles, HashFollowsTheirContent) {
  write("settings.toml", "domain_files = [\"a.txt\", \"b.txt\"]");
  write("a.txt", "a.example\n");
  write("b.txt", "b.example\n");
  std::string before = load().settings.hash;
  EXPECT_EQ(load().settings.hash, before);
  write("a.txt", "a.example\nb.example\n");
  write("b.txt", "");
  EXPECT_NE(load().settings.hash, before) << "the same octets, in other files";
}

TEST_F(DomainFiles, AReloadSeesFilesGoAndCome) {
  auto missing = load();
  EXPECT_THAT(errors(missing), ElementsAre("settings.toml: cannot be read: No such file or "
                                           "directory"));
  EXPECT_THAT(missing.settings.files, ElementsAre(directory_ / "settings.toml"))
      << "watched, so that its coming is seen";

  write("settings.toml", "domain_files = [\"list.txt\", \"later.d/*.txt\"]");
  auto half = load();
  EXPECT_THAT(errors(half),
              ElementsAre("settings.toml:1:17: domain_files: \"list.txt\" cannot be read: No such "
                          "file or directory"));
  EXPECT_THAT(half.settings.files,
              ElementsAre(directory_ / "settings.toml", directory_ / "list.txt"));

  write("list.txt", "a.example");
  write("later.d/x.txt", "b.example");
  EXPECT_THAT(names(load()), ElementsAre("a.example", "b.example"));

  fs::remove(directory_ / "later.d/x.txt");
  auto fewer = load();
  EXPECT_THAT(errors(fewer), IsEmpty()) << "a pattern may match nothing";
  EXPECT_THAT(names(fewer), ElementsAre("a.example"));
  EXPECT_THAT(fewer.settings.directories, ElementsAre(directory_ / "later.d"));
}

TEST_F(DomainFiles, FollowsConfigMapLinks) {
  write("..data_1/list.txt", "a.example\n");
  fs::create_symlink("..data_1", directory_ / "..data");
  fs::create_symlink("..data/list.txt", directory_ / "list.txt");
  write("settings.toml", "domain_files = [\"*.txt\"]");
  EXPECT_THAT(names(load()), ElementsAre("a.example"));
}

TEST_F(DomainFiles, PipesAndDirectoriesDoNotHang) {
  ASSERT_EQ(mkfifo((directory_ / "pipe").c_str(), 0600), 0);
  fs::create_directory(directory_ / "folder.txt");
  write("settings.toml", "domain_files = [\"pipe\", \"*.txt\"]");
  EXPECT_THAT(errors(load()),
              ElementsAre("settings.toml:1:17: domain_files: \"pipe\" is not a regular file; pipes "
                          "and devices are not accepted",
                          "settings.toml:1:25: domain_files: \"folder.txt\" is a directory, not a "
                          "file"));
}

TEST_F(DomainFiles, HundredThousandNamesLoad) {
  std::string content;
  for (int i = 0; i < 100'000; ++i) content += "customer-" + std::to_string(i) + ".example\n";
  write("list.txt", content);
  write("settings.toml", "domain_files = [\"list.txt\"]");
  auto loaded = load();
  EXPECT_THAT(errors(loaded), IsEmpty());
  EXPECT_EQ(loaded.settings.domains.size(), 100'000u);
}

TEST_F(DomainFiles, SizeIsBounded) {
  write("list.txt", "12345678");
  EXPECT_TRUE(read_input_file(directory_ / "list.txt", 8).ok());
  auto refused = read_input_file(directory_ / "list.txt", 7);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.failure().detail, "is larger than 7 bytes; split it into several files");
}

TEST(DomainList, StopsAtTheMostNames) {
  SettingsBuilder builder;
  size_t file = builder.errors.add_file("list.txt");
  std::vector<DomainEntry> entries;
  auto name = DomainName::parse("a.example");
  entries.resize(kMostDomains - 1, DomainEntry{*name, {}, std::nullopt});
  read_domain_list(builder, file, "b.example\n\nc.example\nd.example\n", entries);
  EXPECT_EQ(entries.size(), kMostDomains);
  auto errors = builder.errors.take();
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_EQ(errors[0].text(),
            "list.txt:3:1: more than 1000000 domains; split them across several agents, each with "
            "its own settings file");
}

TEST(DomainList, HostileOctets) {
  const std::string_view cases[] = {
      std::string_view("\0", 1),
      "\xFF\xFE"
      "a.example",
      "a.example\x1B[2J",
      "\xC3",
      "xn--",
      "..",
      "a.example b.example",
      "http://a.example/",
      "*",
  };
  for (std::string_view text : cases) {
    SettingsBuilder builder;
    size_t file = builder.errors.add_file("list.txt");
    std::vector<DomainEntry> entries;
    read_domain_list(builder, file, text, entries);
    auto errors = builder.errors.take();
    ASSERT_EQ(errors.size(), 1u) << text;
    for (char c : errors[0].text()) EXPECT_GE(static_cast<unsigned char>(c), 0x20) << text;
    EXPECT_THAT(entries, IsEmpty());
  }
}

}  // namespace
}  // namespace mtasts::settings
