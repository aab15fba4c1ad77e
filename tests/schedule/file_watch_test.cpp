// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "schedule/file_watch.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "fakes/certificate_factory.h"

namespace mtasts::schedule {
namespace {

namespace fs = std::filesystem;

void write(const fs::path& file, const std::string& text) { std::ofstream(file) << text; }

TEST(FileWatch, SeesWritesNewFilesAndRemovals) {
  fakes::TemporaryDirectory directory;
  fs::path file = directory.path() / "settings.toml";
  write(file, "one");
  FileWatch watch;
  watch.watch({file, directory.path()});
  EXPECT_FALSE(watch.changed());
  write(file, "longer");
  EXPECT_TRUE(watch.changed());
  EXPECT_FALSE(watch.changed()) << "told once";
  write(directory.path() / "more.txt", "x");
  EXPECT_TRUE(watch.changed()) << "a file beside it may match a pattern";
  fs::remove(file);
  EXPECT_TRUE(watch.changed());
}

TEST(FileWatch, SeesASwappedSymlinkAsInAConfigMap) {
  fakes::TemporaryDirectory directory;
  fs::create_directory(directory.path() / "v1");
  fs::create_directory(directory.path() / "v2");
  write(directory.path() / "v1" / "settings.toml", "same");
  write(directory.path() / "v2" / "settings.toml", "same");
  fs::create_directory_symlink("v1", directory.path() / "data");
  fs::path file = directory.path() / "settings.toml";
  fs::create_symlink("data/settings.toml", file);
  FileWatch watch;
  watch.watch({file});
  EXPECT_FALSE(watch.changed());
  fs::create_directory_symlink("v2", directory.path() / "data.new");
  fs::rename(directory.path() / "data.new", directory.path() / "data");
  EXPECT_TRUE(watch.changed());
}

TEST(FileWatch, SeesAChangeWhileTheFilesAreRead) {
  fakes::TemporaryDirectory directory;
  fs::path file = directory.path() / "settings.toml";
  write(file, "one");
  FileWatch watch;
  watch.watch({file});
  const FileWatch::View before = watch.look();
  // The file is read here, and written before the watch begins anew.
  write(file, "longer");
  watch.watch({file, directory.path()}, before);
  EXPECT_TRUE(watch.changed());
  EXPECT_FALSE(watch.changed());
}

TEST(FileWatch, DoesNotTellOfWhatWasReadMeanwhile) {
  fakes::TemporaryDirectory directory;
  fs::path file = directory.path() / "settings.toml";
  write(file, "one");
  FileWatch watch;
  watch.watch({file});
  write(file, "longer");
  watch.read_since(watch.look());
  EXPECT_FALSE(watch.changed());
}

}  // namespace
}  // namespace mtasts::schedule
