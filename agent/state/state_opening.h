// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Opens the state file for commands, with or without a running agent: nothing is written, so the
// directory may be read-only. Any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "base/result.h"
#include "state/database.h"

namespace mtasts::state {

struct OpenedState {
  std::unique_ptr<Database> database;  // never null
  int64_t version = 0;                 // of the schema; 0: the file is empty
};
// Fails with one sentence when the file is missing, cannot be read, is another program's or of a
// newer version. An older one is not upgraded: it lacks the tables of later migrations.
Result<OpenedState> open_to_read(const std::filesystem::path& path);

// "cannot read the state file /x: …".
Failure cannot_read(const std::filesystem::path& path, const std::string& reason);

}  // namespace mtasts::state
