// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The corpus of invalid settings files: each NAME.toml has a NAME.txt with the exact messages.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "settings/settings.h"

namespace mtasts::settings {
namespace {

namespace fs = std::filesystem;

const fs::path kCorpus = fs::path(MTASTS_TESTS_DIR) / "settings" / "invalid";

std::string content_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<fs::path> corpus() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(kCorpus))
    if (entry.path().extension() == ".toml") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

// Errors as printed, relative to the corpus.
std::string errors_of(const fs::path& file) {
  std::string text;
  for (const SettingsError& error : load_settings(file, {}).errors) text += error.text() + '\n';
  const std::string directory = kCorpus.string() + '/';
  for (size_t at = text.find(directory); at != std::string::npos; at = text.find(directory, at))
    text.erase(at, directory.size());
  return text;
}

TEST(InvalidSettings, EveryFileGivesItsMessages) {
  auto files = corpus();
  EXPECT_GE(files.size(), 20u) << "the corpus is not where it should be";
  for (const fs::path& file : files) {
    SCOPED_TRACE(file.filename().string());
    fs::path expected = file;
    expected.replace_extension(".txt");
    ASSERT_TRUE(fs::exists(expected));
    EXPECT_FALSE(content_of(expected).empty());
    EXPECT_EQ(errors_of(file), content_of(expected));
  }
}

TEST(InvalidSettings, MessagesAreOneSentenceOnOneLine) {
  for (const fs::path& file : corpus()) {
    for (const SettingsError& error : load_settings(file, {}).errors) {
      EXPECT_EQ(error.message.find('\n'), std::string::npos) << error.text();
      EXPECT_NE(error.message.back(), '.') << error.text();
      EXPECT_GT(error.line, 0) << error.text();
      EXPECT_GT(error.column, 0) << error.text();
    }
  }
}

// Whatever the text, parsing ends, with or without errors; the sanitizers detect memory errors.
TEST(InvalidSettings, CutAndBrokenTextsDoNotHarm) {
  for (const fs::path& file : corpus()) {
    std::string text = content_of(file);
    for (size_t size = 0; size < text.size(); size += 7)
      EXPECT_LE(parse_settings(text.substr(0, size), "cut.toml", {}).errors.size(), 100u);
    for (size_t at = 0; at < text.size(); at += 11) {
      std::string broken = text;
      broken[at] = static_cast<char>(broken[at] ^ 0x80);
      EXPECT_FALSE(parse_settings(broken, "broken.toml", {}).ok());
    }
  }
}

TEST(InvalidSettings, DeepNestingIsRefused) {
  constexpr int kDeep = 100'000;
  std::string key = "a", brackets, tables;
  for (int i = 0; i < kDeep; ++i) key += ".a";
  brackets = "a = " + std::string(kDeep, '[') + std::string(kDeep, ']');
  for (int i = 0; i < kDeep; ++i) tables += "{a=";
  for (const std::string& text : {key + " = 1", "[" + key + "]", "[[" + key + "]]",
                                  "a = {" + key + " = 1}", brackets, "a = " + tables}) {
    auto loaded = parse_settings(text, "deep.toml", {});
    ASSERT_EQ(loaded.errors.size(), 1u) << text.substr(0, 20);
    EXPECT_EQ(loaded.errors[0].line, 1);
  }
}

}  // namespace
}  // namespace mtasts::settings
