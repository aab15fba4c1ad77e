// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// What `generate` made, as the object that `--json` prints: one line without a newline. Octets that
// are not UTF-8 are replaced. Pure; any thread.
#pragma once

#include <string>

#include "publish/publication.h"
#include "publish/records.h"

namespace mtasts::cli {

// Everything that one run generated.
struct Generated {
  std::string domain;
  publish::GeneratedPolicy policy;
  std::optional<publish::RecordId> id;  // with records only
  publish::RecordsRequest records;      // of them
};
std::string generated_json(const Generated& generated);

}  // namespace mtasts::cli
