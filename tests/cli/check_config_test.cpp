// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "cli/check_config.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace mtasts::cli {
namespace {

struct Checked {
  int status;
  std::string out;
  std::string err;
};

Checked check(const std::filesystem::path& file) {
  std::ostringstream out, err;
  int status = run_check_config(file, out, err);
  return {status, out.str(), err.str()};
}

class CheckConfig : public testing::Test {
 protected:
  CheckConfig() {
    std::string name = testing::TempDir() + "check-config-XXXXXX";
    directory_ = mkdtemp(name.data());
    file_ = directory_ / "settings.toml";
  }
  ~CheckConfig() override { std::filesystem::remove_all(directory_); }
  void write(std::string_view content) { std::ofstream(file_) << content; }

  std::filesystem::path directory_;
  std::filesystem::path file_;
};

TEST_F(CheckConfig, Good) {
  write("domains = [\"a.example\", \"b.example\"]");
  Checked two = check(file_);
  EXPECT_EQ(two.status, 0);
  EXPECT_EQ(two.out, file_.string() + ": ok, 2 domains\n");
  EXPECT_EQ(two.err, "");
  write("domains = [\"a.example\"]");
  EXPECT_EQ(check(file_).out, file_.string() + ": ok, 1 domain\n");
}

TEST_F(CheckConfig, CountsHostedDomains) {
  write(
      "domains = [\"a.example\"]\n[policy_host]\nlisten = [\"[::]:10080\"]\n"
      "[[policy]]\ndomains = [\"a.example\", \"b.example\"]\nmx = [\"mx.example\"]\n");
  EXPECT_EQ(check(file_).out, file_.string() + ": ok, 1 domain, policies served for 2 domains\n");
}

TEST_F(CheckConfig, EveryErrorAtOnce) {
  write("domains = [\"a_b.example\"]\ninterval = 1\n[dns]\ntries = 0\n");
  Checked bad = check(file_);
  EXPECT_EQ(bad.status, 78);
  EXPECT_EQ(bad.out, "");
  std::string name = file_.string();
  EXPECT_EQ(bad.err,
            name +
                ":1:12: domains: \"a_b.example\" is not a domain name: \"_\" is not "
                "allowed; use only letters, digits, hyphens and dots\n" +
                name +
                ":2:1: interval is not a setting; it belongs in [check] or [reports.mailbox]\n" +
                name + ":4:9: [dns] tries must be from 1 to 10, not 0\n");
}

TEST_F(CheckConfig, MissingFile) {
  Checked missing = check(file_);
  EXPECT_EQ(missing.status, 78);
  EXPECT_EQ(missing.err, file_.string() + ": cannot be read: No such file or directory\n");
}

}  // namespace
}  // namespace mtasts::cli
