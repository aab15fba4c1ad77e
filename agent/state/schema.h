// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The schema of the state file: numbered migrations, each tried once and never changed afterwards.
// PRAGMA user_version counts them, application_id says that the file is ours. Times in the file are
// integer milliseconds since 1970, 0 for "never". One thread, that of the database.
#pragma once

#include <cstdint>

#include "state/database.h"

namespace mtasts::state {

inline constexpr int64_t kApplicationId = 0x6D746173;  // "mtas"

// How many migrations this program knows.
int64_t newest_schema();

enum class SchemaStatus : uint8_t {
  fresh,    // nothing in it yet
  ours,     // of this or an older version
  newer,    // of a newer version of this program
  foreign,  // of another program
  unknown,  // cannot be read; the database's error says why
};

struct SchemaState {
  SchemaStatus standing = SchemaStatus::unknown;
  int64_t version = 0;
};
SchemaState look_at_schema(Database& database);

// Brings a fresh or older file up to date, in one transaction. False: the database's error.
bool migrate(Database& database);

// How a connection of ours works: WAL, small bounded memory. After migrate() or beside it.
bool configure(Database& database);

}  // namespace mtasts::state
