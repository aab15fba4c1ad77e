// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "intake/spool_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "base/file_descriptor.h"
#include "base/handle.h"

namespace mtasts::intake {
namespace {

constexpr std::string_view kTemporary = ".new-";

Failure failed(std::string_view what, const std::string& path, int error) {
  const bool no_room = error == ENOSPC || error == EDQUOT;
  return {no_room ? FailureKind::not_found : FailureKind::io,
          fmt::format("cannot {} {}: {}", what, path, std::generic_category().message(error))};
}

int write_all(int file, std::string_view octets) {
  while (!octets.empty()) {
    const ssize_t written = ::write(file, octets.data(), octets.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    octets.remove_prefix(static_cast<size_t>(written));
  }
  return 0;
}

// The new directory's own name must survive, too.
int sync_parent(const std::string& path) {
  std::filesystem::path parent = std::filesystem::path(path).parent_path();
  if (parent.empty()) parent = ".";
  const FileDescriptor directory(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.is_open() || ::fsync(directory.number()) != 0) return errno;
  return 0;
}

}  // namespace

Result<std::unique_ptr<SpoolFiles>> SpoolFiles::open(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) == 0) {
    if (int error = sync_parent(path); error != 0) return failed("sync", path, error);
  } else if (errno != EEXIST) {
    return failed("create", path, errno);
  }
  FileDescriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.is_open()) return failed("open", path, errno);
  if (::flock(directory.number(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return failed("lock", path, errno);
    return Failure{
        FailureKind::not_yet,
        fmt::format("cannot use {}: another process has locked it; stop the other agent, "
                    "or give this one another [state] path",
                    path)};
  }
  std::unique_ptr<SpoolFiles> files(new SpoolFiles(path, directory.release()));
  files->drop_temporary_files();
  return files;
}

SpoolFiles::~SpoolFiles() { ::close(directory_); }

void SpoolFiles::drop_temporary_files() {
  const Handle<DIR, closedir> listing(::opendir(path_.c_str()));
  if (!listing) return;
  while (const dirent* entry = ::readdir(listing.get()))
    if (std::string_view(entry->d_name).starts_with(kTemporary))
      ::unlinkat(directory_, entry->d_name, 0);
}

Result<std::vector<SpoolFiles::Found>> SpoolFiles::list() const {
  const Handle<DIR, closedir> listing(::opendir(path_.c_str()));
  if (!listing) return failed("list", path_, errno);
  std::vector<Found> found;
  errno = 0;
  while (const dirent* entry = ::readdir(listing.get())) {
    struct stat status {};
    const std::string name = entry->d_name;
    if (!name.starts_with('.') &&
        ::fstatat(directory_, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
        S_ISREG(status.st_mode))
      found.push_back({name, static_cast<size_t>(status.st_size)});
    errno = 0;
  }
  if (errno != 0) return failed("list", path_, errno);
  return found;
}

Result<void> SpoolFiles::fill(const std::string& temporary, std::string_view octets) {
  const std::string shown = path_ + '/' + temporary;
  FileDescriptor file(::openat(directory_, temporary.c_str(),
                               O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file.is_open()) return failed("create", shown, errno);
  if (int error = write_all(file.number(), octets); error != 0)
    return failed("write", shown, error);
  if (::fsync(file.number()) != 0) return failed("sync", shown, errno);
  if (::close(file.release()) != 0) return failed("close", shown, errno);
  return {};
}

Result<void> SpoolFiles::write(const std::string& name, std::string_view octets) {
  const std::string temporary = std::string(kTemporary) + name;
  auto filled = fill(temporary, octets);
  if (!filled.ok()) {
    ::unlinkat(directory_, temporary.c_str(), 0);
    return filled;
  }
  if (::renameat(directory_, temporary.c_str(), directory_, name.c_str()) != 0) {
    const int error = errno;
    ::unlinkat(directory_, temporary.c_str(), 0);
    return failed("rename", path_ + '/' + temporary, error);
  }
  const int error = sync_directory();
  if (error == 0) return {};
  ::unlinkat(directory_, name.c_str(), 0);
  return failed("sync", path_, error);
}

// A sync that began after the caller's rename covers it; one in progress may not.
int SpoolFiles::sync_directory() {
  std::unique_lock lock(mutex_);
  const std::shared_ptr<Round> mine = next_;
  while (!mine->done) {
    if (syncing_) {
      synced_.wait(lock);
      continue;
    }
    syncing_ = true;
    const std::shared_ptr<Round> round = std::exchange(next_, std::make_shared<Round>());
    lock.unlock();
    const int error = ::fsync(directory_) == 0 ? 0 : errno;
    lock.lock();
    round->error = error;
    round->done = true;
    syncing_ = false;
    synced_.notify_all();
  }
  return mine->error;
}

Result<std::string> SpoolFiles::read(const std::string& name, size_t most_bytes) const {
  const std::string shown = path_ + '/' + name;
  const FileDescriptor file(::openat(directory_, name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!file.is_open()) return failed("open", shown, errno);
  std::string octets(most_bytes, '\0');
  size_t size_bytes = 0;
  while (size_bytes < most_bytes) {
    const ssize_t got = ::read(file.number(), octets.data() + size_bytes, most_bytes - size_bytes);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed("read", shown, errno);
    if (got == 0) break;
    size_bytes += static_cast<size_t>(got);
  }
  octets.resize(size_bytes);
  return octets;
}

Result<void> SpoolFiles::remove(const std::string& name) {
  if (::unlinkat(directory_, name.c_str(), 0) == 0 || errno == ENOENT) return {};
  return failed("delete", path_ + '/' + name, errno);
}

}  // namespace mtasts::intake
