// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "cli/output_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

namespace mtasts::cli {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using Names = std::vector<std::string>;

class OutputFiles : public testing::Test {
 protected:
  OutputFiles() {
    std::string name = testing::TempDir() + "output-XXXXXX";
    directory_ = mkdtemp(name.data());
  }
  ~OutputFiles() override { fs::remove_all(directory_); }

  std::string content(const std::string& path) const {
    std::ifstream file(directory_ / path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }
  // Every file and directory below, hidden ones too.
  Names below() const {
    Names names;
    for (const auto& entry : fs::recursive_directory_iterator(directory_))
      names.push_back(entry.path().lexically_relative(directory_).string());
    std::sort(names.begin(), names.end());
    return names;
  }

  fs::path directory_;
};

TEST_F(OutputFiles, WritesIntoNewDirectoriesAndOnlyOnce) {
  const std::vector<OutputFile> files = {{"a.txt", "one\r\n"}, {"b/.well-known/c.txt", ""}};
  auto first = write_files(directory_ / "new/deep/", files, false);
  ASSERT_TRUE(first.ok()) << first.failure().detail;
  EXPECT_EQ(first->written, (Names{"a.txt", "b/.well-known/c.txt"}));
  EXPECT_EQ(content("new/deep/a.txt"), "one\r\n");
  EXPECT_EQ(below().size(), 6u) << "nothing is left beside the files";
  auto second = write_files(directory_ / "new/deep", files, false);
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(second->written, Names());
  EXPECT_EQ(second->unchanged.size(), 2u);
}

TEST_F(OutputFiles, NeverOverwritesOtherContentUnasked) {
  std::ofstream(directory_ / "b.txt") << "mine";
  const std::vector<OutputFile> files = {{"a.txt", "one"}, {"b.txt", "two"}, {"c/d.txt", "three"}};
  auto refused = write_files(directory_, files, false);
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.failure().detail, HasSubstr("b.txt exists with other content"));
  EXPECT_EQ(below(), Names{"b.txt"}) << "all or none";
  EXPECT_EQ(content("b.txt"), "mine");
  auto forced = write_files(directory_, files, true);
  ASSERT_TRUE(forced.ok()) << forced.failure().detail;
  EXPECT_EQ(content("b.txt"), "two");
  EXPECT_EQ(below(), (Names{"a.txt", "b.txt", "c", "c/d.txt"}));
}

TEST_F(OutputFiles, DirectoriesAndLinksInTheWay) {
  fs::create_directory(directory_ / "a.txt");
  for (bool overwrite : {false, true}) {
    auto result = write_files(directory_, {{"b.txt", "x"}, {"a.txt", "x"}}, overwrite);
    ASSERT_FALSE(result.ok());
    EXPECT_THAT(result.failure().detail, HasSubstr("is no file"));
  }
  EXPECT_EQ(below(), Names{"a.txt"});
  // A file where a directory should be.
  std::ofstream(directory_ / "plain") << "x";
  auto below_a_file = write_files(directory_, {{"c.txt", "x"}, {"plain/d.txt", "x"}}, true);
  ASSERT_FALSE(below_a_file.ok());
  EXPECT_THAT(below_a_file.failure().detail, HasSubstr("plain"));
  EXPECT_EQ(below(), (Names{"a.txt", "plain"})) << "what was written before is gone again";
  // A link is replaced, never followed.
  std::ofstream(directory_ / "elsewhere") << "keep";
  fs::create_symlink("elsewhere", directory_ / "link");
  EXPECT_FALSE(write_files(directory_, {{"link", "new"}}, false).ok());
  ASSERT_TRUE(write_files(directory_, {{"link", "new"}}, true).ok());
  EXPECT_EQ(content("elsewhere"), "keep");
  EXPECT_EQ(content("link"), "new");
  EXPECT_FALSE(fs::is_symlink(directory_ / "link"));
  fs::create_symlink("nowhere", directory_ / "dangling");
  EXPECT_FALSE(write_files(directory_, {{"dangling", "new"}}, false).ok());
  EXPECT_FALSE(fs::exists(directory_ / "nowhere"));
}

TEST_F(OutputFiles, AFailureOfTheSystemNamesTheFileAndLeavesNothing) {
  const std::vector<OutputFile> files = {{"a.txt", "x"}, {std::string(300, 'n'), "x"}};
  auto result = write_files(directory_ / "new", files, false);
  ASSERT_FALSE(result.ok());
  EXPECT_THAT(result.failure().detail, HasSubstr("nnn"));
  EXPECT_EQ(below(), Names());
  EXPECT_FALSE(write_files("/proc/nothing", {{"a.txt", "x"}}, false).ok());
}

}  // namespace
}  // namespace mtasts::cli
