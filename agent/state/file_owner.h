// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Whose file is at a path. A wrong [state] path may name anything, so a file is opened for writing,
// or renamed, only if it is the agent's own: a SQLite database with the agent's application_id, or
// with its tables. Looking changes no octet of the file: its header is read without SQLite, and
// where that does not tell, SQLite reads without a right to write. Any thread.
#pragma once

#include <cstdint>
#include <string>

namespace mtasts::state {

enum class FileOwner : uint8_t {
  nobody,  // there is no file, or an empty one
  agent,
  other,   // of another program, or not permitted to look at; never to be touched
  locked,  // a database that another process keeps locked, or that cannot be read now
};

struct FileLook {
  FileOwner owner = FileOwner::nobody;
  std::string reason;  // of `other` and `locked`, to follow "the file: "
};

// `path` names a regular file or nothing; symbolic links are followed.
FileLook look_at_file(const std::string& path);

}  // namespace mtasts::state
