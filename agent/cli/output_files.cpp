// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "cli/output_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>

#include "base/file_descriptor.h"
#include "base/printable.h"

namespace mtasts::cli {
namespace {

namespace fs = std::filesystem;

Failure failed(std::string_view what, const fs::path& path, int error) {
  return {FailureKind::io,
          fmt::format("cannot {} {}: {}", what, printable(path.string(), 512), strerror(error))};
}

// Removes what was made so far, unless commit() is called.
class Undo {
 public:
  Undo() = default;
  Undo(const Undo&) = delete;
  Undo& operator=(const Undo&) = delete;
  ~Undo() {
    if (committed_) return;
    for (auto path = made_.rbegin(); path != made_.rend(); ++path) ::remove(path->c_str());
  }
  void made(const fs::path& path) { made_.push_back(path); }
  void renamed(const fs::path& from, const std::optional<fs::path>& to) {
    std::erase(made_, from);
    if (to) made_.push_back(*to);
  }
  void commit() { committed_ = true; }

 private:
  std::vector<fs::path> made_;  // files, and directories before what is in them
  bool committed_ = false;
};

enum class Present : uint8_t { no, same, other, no_file };

Present look_at(const fs::path& path, const std::string& content) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0) return Present::no;    // what else is wrong, writing tells
  if (stat(path.c_str(), &status) != 0) return Present::other;  // a link to nowhere
  if (!S_ISREG(status.st_mode)) return Present::no_file;
  if (static_cast<uintmax_t>(status.st_size) != content.size()) return Present::other;
  std::ifstream file(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  return file && text == content ? Present::same : Present::other;
}

Result<void> make_directories(const fs::path& directory, Undo& undo) {
  if (directory.empty()) return {};
  struct stat status {};
  if (stat(directory.c_str(), &status) == 0) {
    if (S_ISDIR(status.st_mode)) return {};
    return failed("write into", directory, ENOTDIR);
  }
  auto parent = make_directories(directory.parent_path(), undo);
  if (!parent) return parent;
  if (mkdir(directory.c_str(), 0777) == 0)
    undo.made(directory);
  else if (errno != EEXIST)
    return failed("create the directory", directory, errno);
  return {};
}

Result<void> write_all(const fs::path& path, std::string_view content) {
  FileDescriptor file(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (file.number() < 0) return failed("write", path, errno);
  while (!content.empty()) {
    ssize_t count = write(file.number(), content.data(), content.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failed("write", path, errno);
    content.remove_prefix(static_cast<size_t>(count));
  }
  if (fsync(file.number()) != 0) return failed("write", path, errno);
  return {};
}

// Where the file is written first: in the same directory, so that it can be moved.
fs::path beside(const fs::path& path) {
  return path.parent_path() /
         fmt::format(".{}.{}.tmp", path.filename().string().substr(0, 200), getpid());
}

// Fails where a file of that name came into being meanwhile.
Result<void> move_into_place(const fs::path& from, const fs::path& to) {
  if (renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return {};
  // Some file systems cannot do it in one step.
  bool unsupported = errno == EINVAL || errno == ENOSYS;
  if (unsupported && link(from.c_str(), to.c_str()) == 0) {
    unlink(from.c_str());
    return {};
  }
  return failed("write", to, errno);
}

struct Pending {
  fs::path target;
  const OutputFile* file = nullptr;
  bool replaces = false;
};

Result<std::vector<Pending>> pending_of(const fs::path& directory,
                                        const std::vector<OutputFile>& files, bool overwrite,
                                        OutputResult& result) {
  std::vector<Pending> pending;
  for (const OutputFile& file : files) {
    fs::path target = directory / file.path;
    std::string shown = printable(target.string(), 512);
    Present present = look_at(target, file.content);
    if (present == Present::no_file)
      return Failure{FailureKind::io, fmt::format("{} exists and is no file", shown)};
    if (present == Present::other && !overwrite)
      return Failure{FailureKind::io,
                     fmt::format("{} exists with other content; move it away, or overwrite it with "
                                 "--force",
                                 shown)};
    if (present == Present::same)
      result.unchanged.push_back(file.path);
    else
      pending.push_back({std::move(target), &file, present == Present::other});
  }
  return pending;
}

}  // namespace

Result<OutputResult> write_files(const fs::path& directory, const std::vector<OutputFile>& files,
                                 bool overwrite) {
  OutputResult result;
  auto pending = pending_of(directory, files, overwrite, result);
  if (!pending) return pending.failure();
  Undo undo;
  if (auto made = make_directories(directory, undo); !made) return made.failure();
  for (const Pending& one : *pending) {
    if (auto made = make_directories(one.target.parent_path(), undo); !made) return made.failure();
    fs::path temporary = beside(one.target);
    unlink(temporary.c_str());  // left by a process of the same number that was killed
    undo.made(temporary);
    if (auto wrote = write_all(temporary, one.file->content); !wrote) return wrote.failure();
  }
  for (const Pending& one : *pending) {
    fs::path temporary = beside(one.target);
    if (one.replaces) {
      if (rename(temporary.c_str(), one.target.c_str()) != 0)
        return failed("write", one.target, errno);
      undo.renamed(temporary, std::nullopt);
    } else {
      auto moved = move_into_place(temporary, one.target);
      if (!moved) return moved.failure();
      undo.renamed(temporary, one.target);
    }
    result.written.push_back(one.file->path);
  }
  undo.commit();
  return result;
}

}  // namespace mtasts::cli
