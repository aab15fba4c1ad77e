// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "present/agent_metrics.h"
#include "present/metrics_table.h"

namespace mtasts::present {
namespace {

// Indexes from 0 after the command's closing parenthesis; proc(5) numbers these fields 14, 15, 22,
// 23, 24.
constexpr size_t kUserTicks = 11;
constexpr size_t kSystemTicks = 12;
constexpr size_t kStartTicks = 19;
constexpr size_t kVirtualBytes = 20;
constexpr size_t kResidentPages = 21;

// The command may contain blanks and parentheses, so fields are counted from the last parenthesis.
std::vector<double> stat_fields() {
  std::ifstream file("/proc/self/stat");
  std::string line;
  std::getline(file, line);
  std::vector<double> fields;
  size_t end = line.rfind(')');
  if (end == std::string::npos) return fields;
  std::string_view rest = std::string_view(line).substr(end + 1);
  while (!rest.empty()) {
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    std::string_view word = rest.substr(0, rest.find(' '));
    double number = 0;
    std::from_chars(word.data(), word.data() + word.size(), number);
    if (!word.empty()) fields.push_back(number);
    rest.remove_prefix(word.size());
  }
  return fields;
}

std::optional<double> boot_time_seconds() {
  std::ifstream file("/proc/stat");
  std::string word;
  double seconds = 0;
  while (file >> word)
    if (word == "btime" && file >> seconds) return seconds;
  return std::nullopt;
}

std::optional<double> open_descriptors() {
  std::error_code error;
  double count = 0;
  for (std::filesystem::directory_iterator entry("/proc/self/fd", error), end;
       !error && entry != end; entry.increment(error))
    ++count;
  if (error) return std::nullopt;
  return count - 1;  // excludes the descriptor that reads the directory
}

void append(std::string& text, std::string_view name, std::optional<double> value) {
  const Metric& metric = metric_named(name);
  if (!value) return;
  text += metric_head(metric);
  text.append(name).append(" ").append(number_text(*value)).append("\n");
}

}  // namespace

// It never changes, so /proc is read once.
std::optional<double> process_start_time_seconds() {
  static const std::optional<double> start = []() -> std::optional<double> {
    const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
    const std::vector<double> stat = stat_fields();
    const std::optional<double> boot = boot_time_seconds();
    if (stat.size() <= kStartTicks || ticks <= 0 || !boot) return std::nullopt;
    return *boot + stat[kStartTicks] / ticks;
  }();
  return start;
}

std::string process_metrics_text() {
  std::string text;
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  std::vector<double> stat = stat_fields();
  if (stat.size() > kResidentPages && ticks > 0) {
    append(text, "process_cpu_seconds_total", (stat[kUserTicks] + stat[kSystemTicks]) / ticks);
    append(text, "process_resident_memory_bytes",
           stat[kResidentPages] * static_cast<double>(sysconf(_SC_PAGESIZE)));
    append(text, "process_virtual_memory_bytes", stat[kVirtualBytes]);
  }
  append(text, "process_start_time_seconds", process_start_time_seconds());
  append(text, "process_open_fds", open_descriptors());
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
    append(text, "process_max_fds", static_cast<double>(limit.rlim_cur));
  return text;
}

}  // namespace mtasts::present
