// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "settings/input_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace mtasts::settings {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }

 private:
  int number_;
};

Failure refused_by_system() {
  int reason = errno;
  FailureKind kind = reason == ENOENT ? FailureKind::not_found : FailureKind::io;
  return {kind, fmt::format("cannot be read: {}", std::generic_category().message(reason))};
}

Failure too_large(size_t limit_bytes) {
  return {FailureKind::invalid,
          fmt::format("is larger than {} bytes; split it into several files", limit_bytes)};
}

}  // namespace

Result<std::string> read_input_file(const std::filesystem::path& path, size_t limit_bytes) {
  // Opening a pipe without a writer must not block.
  Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.number() < 0) return refused_by_system();
  struct stat status {};
  if (fstat(file.number(), &status) != 0) return refused_by_system();
  if (!S_ISREG(status.st_mode))
    return Failure{FailureKind::invalid,
                   S_ISDIR(status.st_mode)
                       ? "is a directory, not a file"
                       : "is not a regular file; pipes and devices are not accepted"};
  auto announced = static_cast<size_t>(status.st_size);
  if (announced > limit_bytes) return too_large(limit_bytes);

  // One octet more than the reported size, so that a file that grows meanwhile is also read to its
  // end.
  std::string content(announced + 1, '\0');
  size_t filled = 0;
  while (true) {
    ssize_t got = read(file.number(), content.data() + filled, content.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return refused_by_system();
    if (got == 0) break;
    filled += static_cast<size_t>(got);
    if (filled > limit_bytes) return too_large(limit_bytes);
    if (filled == content.size()) content.resize(std::min(filled * 2, limit_bytes + 1));
  }
  content.resize(filled);
  return content;
}

}  // namespace mtasts::settings
