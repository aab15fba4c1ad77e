// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The schema of the state file: numbered migrations, each applied once and never edited. PRAGMA
// user_version counts them; application_id identifies the file. Times in the file are integer
// milliseconds since 1970, 0 for "never". Database thread only.
#pragma once

#include <cstdint>

#include "state/database.h"

namespace mtasts::state {

inline constexpr int64_t kApplicationId = 0x6D746173;  // "mtas"

// The number of migrations that this program knows.
int64_t newest_schema();

enum class SchemaStatus : uint8_t {
  fresh,    // empty
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

// Migrates a fresh or older file to the newest schema, in one transaction. False: a database error.
bool migrate(Database& database);

// Sets the pragmas of a read-write connection: WAL, small bounded memory. False: a database error.
bool configure(Database& database);

}  // namespace mtasts::state
