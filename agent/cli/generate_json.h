// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// What `generate` made, as the object that `--json` prints: one line without a newline. Octets that
// are not UTF-8 are replaced. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/output_files.h"
#include "publish/hosting.h"
#include "publish/publication.h"
#include "publish/records.h"

namespace mtasts::cli {

// Everything that one run generated.
struct Generated {
  struct Hosted {
    publish::HostingTarget target = publish::HostingTarget::nginx;
    publish::Hosting hosting;
  };
  std::string domain;
  publish::GeneratedPolicy policy;
  std::optional<publish::RecordId> id;  // with records only
  publish::RecordsRequest records;      // of them
  std::vector<Hosted> hosting;          // with hosting only
  std::optional<OutputResult> output;   // where files were written
};
std::string generated_json(const Generated& generated);

}  // namespace mtasts::cli
