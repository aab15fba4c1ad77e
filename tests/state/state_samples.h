// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Values for tests of the state: a report and a history with a value in every field, their
// comparison field by field (structured bindings: a new field does not compile until it is added
// here), and a directory that is removed with the test.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "base/digest.h"
#include "state/state.h"

namespace mtasts::state {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Octets that a hostile zone, banner or certificate may contain.
inline const std::string kHostile("a\0b\xff\xfe \\ \"'%\n\x01", 13);

inline Time at_second(int64_t second) { return Time(seconds(1795300000 + second)); }

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "mtasts-state-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  std::string file(const std::string& name = "state.db") const { return (path_ / name).string(); }
  const std::filesystem::path& path() const { return path_; }
  // The files whose names begin with `beginning`.
  std::vector<std::string> files(const std::string& beginning) const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(path_))
      if (entry.path().filename().string().starts_with(beginning))
        names.push_back(entry.path().filename().string());
    return names;
  }

 private:
  std::filesystem::path path_;
};

inline std::string bytes_of(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

inline void write_bytes(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

protocol::PeerChainPtr sample_chain(const std::string& fingerprint);
std::shared_ptr<const verdict::MxHostReport> sample_facts(const std::string& host, Time probed_at,
                                                          const std::string& fingerprint = "f1");
verdict::PolicyFactsPtr sample_policy(const std::string& body, uint64_t max_age_seconds = 86400);

// With a value in every field.
verdict::Report rich_report(const std::string& domain);
verdict::History rich_history();

// A small report of a healthy domain, checked at `at`, with a history that began at `began`.
struct Plain {
  std::string domain = "example.com";
  Time began = at_second(0);
  Time at = at_second(0);
  uint64_t revision = 1;
  uint64_t max_age_seconds = 86400;
  std::string message;
  std::vector<verdict::Change> changes;
  std::shared_ptr<const verdict::MxHostReport> facts;
};
verdict::ReportPtr plain_report(const Plain& plain);
board::LastResults plain_stages(Time at);

void expect_same(const verdict::MxHostReport& left, const verdict::MxHostReport& right);
// Without history and changes.
void expect_same(const verdict::Report& left, const verdict::Report& right);
void expect_same(const verdict::History& left, const verdict::History& right);
void expect_same(const board::LastResults& left, const board::LastResults& right);

// A day after the samples, whenever the test runs: none of them is old enough to be deleted.
inline Time samples_now() { return at_second(86400); }
// Opens the state; a failure fails the test and ends it.
std::unique_ptr<State> open_state(const std::string& path, milliseconds retention,
                                  Clock clock = samples_now);
std::unique_ptr<State> open_state(const std::string& path);
Timeline timeline_of(State& state, const std::string& domain);

}  // namespace mtasts::state
