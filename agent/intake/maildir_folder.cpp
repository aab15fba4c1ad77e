// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "intake/maildir_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "base/file_descriptor.h"
#include "base/handle.h"

namespace mtasts::intake {
namespace {

constexpr std::string_view kInfo = ":2,";
constexpr size_t kMostNames = 100'000;  // of one folder and one look

std::string words_of(int error) { return std::generic_category().message(error); }

bool has_flag(std::string_view name, char flag) {
  const size_t info = name.rfind(kInfo);
  return info != std::string_view::npos &&
         name.find(flag, info + kInfo.size()) != std::string_view::npos;
}

}  // namespace

std::string seen_name(std::string_view file_name) {
  const size_t info = file_name.rfind(kInfo);
  std::string flags;
  if (info != std::string_view::npos) flags = file_name.substr(info + kInfo.size());
  if (flags.find('S') == std::string::npos) flags += 'S';
  std::sort(flags.begin(), flags.end());
  return fmt::format("{}{}{}", file_name.substr(0, info), kInfo, flags);
}

Result<std::vector<std::string>> MaildirFolder::unread(size_t limit) const {
  std::vector<std::string> unread;
  for (const std::string_view folder : {"new", "cur"}) {
    const auto place = path_ / folder;
    const Handle<DIR, ::closedir> directory(::opendir(place.c_str()));
    if (!directory)
      return Failure{FailureKind::io,
                     fmt::format("cannot read {}: {}", place.string(), words_of(errno))};
    std::vector<std::string> names;
    errno = 0;
    while (const dirent* entry = ::readdir(directory.get())) {
      const std::string_view name = entry->d_name;
      const bool seen = folder == "cur" && (has_flag(name, 'S') || has_flag(name, 'T'));
      if (name.starts_with('.') || seen) continue;
      names.push_back(fmt::format("{}/{}", folder, name));
      if (names.size() == kMostNames) break;
    }
    if (errno != 0 && names.size() < kMostNames)
      return Failure{FailureKind::io,
                     fmt::format("cannot read {}: {}", place.string(), words_of(errno))};
    std::sort(names.begin(), names.end());
    for (std::string& name : names)
      if (unread.size() < limit) unread.push_back(std::move(name));
  }
  return unread;
}

Result<MaildirFolder::Content> MaildirFolder::read(const std::string& name,
                                                   size_t limit_bytes) const {
  // Opening a pipe for reading would wait for a writer.
  constexpr int kFlags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
  const FileDescriptor file(::open((path_ / name).c_str(), kFlags));
  if (!file.is_open()) {
    const int error = errno;
    if (error == ENOENT) return Failure{FailureKind::not_found, words_of(error)};
    if (error == ELOOP) return Failure{FailureKind::invalid, "it is a symbolic link"};
    return Failure{error == EACCES ? FailureKind::invalid : FailureKind::io, words_of(error)};
  }
  struct stat status {};
  if (::fstat(file.number(), &status) != 0) return Failure{FailureKind::io, words_of(errno)};
  if (!S_ISREG(status.st_mode)) return Failure{FailureKind::invalid, "it is no regular file"};
  Content content;
  if (static_cast<uint64_t>(status.st_size) > limit_bytes) {
    content.oversize = true;
    return content;
  }
  content.octets.resize(limit_bytes + 1 < 64 * 1024 ? limit_bytes + 1 : 64 * 1024);
  size_t used_bytes = 0;
  for (;;) {
    const ssize_t count = ::read(file.number(), content.octets.data() + used_bytes,
                                 content.octets.size() - used_bytes);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Failure{FailureKind::io, words_of(errno)};
    if (count == 0) break;
    used_bytes += static_cast<size_t>(count);
    if (used_bytes > limit_bytes) {  // it grew meanwhile
      content.oversize = true;
      break;
    }
    if (used_bytes == content.octets.size())
      content.octets.resize(std::min(2 * used_bytes, limit_bytes + 1));
  }
  content.octets.resize(used_bytes);
  return content;
}

Result<void> MaildirFolder::set_seen(const std::string& name) const {
  const auto from = path_ / name;
  const auto to = path_ / "cur" / seen_name(from.filename().string());
  // Nothing is ever replaced: names are unique in a Maildir, but nobody guarantees it here.
  int result = ::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE);
  if (result != 0 && (errno == EINVAL || errno == ENOSYS)) {  // not every file system can
    result = ::access(to.c_str(), F_OK) == 0 ? -1 : ::rename(from.c_str(), to.c_str());
    if (result != 0 && ::access(to.c_str(), F_OK) == 0) errno = EEXIST;
  }
  if (result == 0 || errno == ENOENT) return {};  // somebody else moved it
  return Failure{FailureKind::io, fmt::format("cannot move it to cur: {}", words_of(errno))};
}

}  // namespace mtasts::intake
