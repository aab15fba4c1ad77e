// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "cli/tls_report_input.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <istream>
#include <set>
#include <sstream>
#include <system_error>

#include "intake/mbox.h"
#include "protocol/tlsrpt/tls_report.h"

namespace mtasts::cli {
namespace {

namespace fs = std::filesystem;

constexpr size_t kFirst_bytes = 1000;  // enough for the separator line of a mailbox file

class InputReader {
 public:
  InputReader(const TakeDocument& take, std::vector<UnreadableFile>& unreadable)
      : take_(take), unreadable_(unreadable) {}

  void read_name(const std::string& name) {
    std::error_code error;
    const fs::file_status status = fs::status(name, error);
    if (!fs::exists(status)) {
      const int code = error ? error.value() : ENOENT;
      unreadable_.push_back({name, fmt::format("cannot be read: {}", std::strerror(code))});
    } else if (fs::is_directory(status)) {
      read_folder(name);
    } else {
      read_file(name);
    }
  }

  void read_stream(const std::string& name, std::istream& in) {
    std::string octets = read_bounded(in, kFirst_bytes);
    if (!intake::is_mbox(octets)) {
      octets += read_bounded(in, protocol::kReportLimit_bytes + 1 - octets.size());
      take_({name, 0, in_folder_, intake::unpack(octets, {})});
      return;
    }
    // The separator line was read already, and perhaps more.
    std::istringstream begin(octets);
    ChainedBuffer both(*begin.rdbuf(), *in.rdbuf());
    std::istream chained(&both);
    read_mailbox(name, chained);
  }

 private:
  // Two streams as one, so that standard input need not be rewound.
  class ChainedBuffer : public std::streambuf {
   public:
    ChainedBuffer(std::streambuf& first, std::streambuf& second) : first_(first), second_(second) {}

   protected:
    int_type underflow() override {
      std::streamsize got =
          first_.sgetn(block_.data(), static_cast<std::streamsize>(block_.size()));
      if (got <= 0) got = second_.sgetn(block_.data(), static_cast<std::streamsize>(block_.size()));
      if (got <= 0) return traits_type::eof();
      setg(block_.data(), block_.data(), block_.data() + got);
      return traits_type::to_int_type(block_.front());
    }

   private:
    std::streambuf& first_;
    std::streambuf& second_;
    std::array<char, 16384> block_{};
  };

  static std::string read_bounded(std::istream& in, size_t limit) {
    // Grown as needed: most reports are small.
    std::string octets;
    std::array<char, 65536> block{};
    while (octets.size() < limit) {
      const size_t wanted = std::min(block.size(), limit - octets.size());
      const std::streamsize got =
          in.rdbuf()->sgetn(block.data(), static_cast<std::streamsize>(wanted));
      if (got <= 0) break;
      octets.append(block.data(), static_cast<size_t>(got));
    }
    return octets;
  }

  void read_mailbox(const std::string& name, std::istream& in) {
    intake::MboxReader reader(in, intake::kMailLimit_bytes + 1);
    for (size_t number = 1; auto message = reader.next(); ++number)
      take_({name, number, true, intake::unpack(message->octets, {})});
  }

  void read_file(const std::string& name) {
    errno = 0;
    std::ifstream file(name, std::ios::binary);
    if (file) return read_stream(name, file);
    unreadable_.push_back({name, fmt::format("cannot be read: {}", std::strerror(errno))});
  }

  static bool is_of_mail_server(const std::string& name) {
    return name.starts_with('.') || name.starts_with("dovecot") || name == "maildirfolder" ||
           name == "maildirsize" || name == "subscriptions";
  }

  void read_folder(const std::string& name) {
    std::set<std::string> files;
    std::error_code error;
    auto entry = fs::recursive_directory_iterator(name, error);
    bool cut = false;
    for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
      const bool hidden = is_of_mail_server(entry->path().filename().string());
      if (hidden || entry.depth() >= kReportFolderDepth) entry.disable_recursion_pending();
      std::error_code ignored;
      if (hidden || !entry->is_regular_file(ignored)) continue;
      cut = files.size() >= kMostReportFiles;
      if (cut) break;
      files.insert(entry->path().string());
    }
    if (error)
      unreadable_.push_back({name, fmt::format("cannot be read: {}", error.message())});
    else if (cut)
      unreadable_.push_back(
          {name, fmt::format("has more than {} files; the rest is not read", kMostReportFiles)});
    else if (files.empty())
      unreadable_.push_back({name, "has no file in it"});
    in_folder_ = true;
    for (const std::string& file : files) read_file(file);
    in_folder_ = false;
  }

  const TakeDocument& take_;
  std::vector<UnreadableFile>& unreadable_;
  bool in_folder_ = false;
};

}  // namespace

std::vector<UnreadableFile> read_report_inputs(const std::vector<std::string>& names,
                                               std::istream& standard_input,
                                               const TakeDocument& take) {
  std::vector<UnreadableFile> unreadable;
  InputReader reader(take, unreadable);
  for (const std::string& name : names) {
    if (name == "-")
      reader.read_stream(name, standard_input);
    else
      reader.read_name(name);
  }
  return unreadable;
}

}  // namespace mtasts::cli
