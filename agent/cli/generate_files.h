// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The files and the text of `generate hosting` and `generate all`. Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "cli/generate_json.h"
#include "cli/output_files.h"
#include "publish/hosting.h"

namespace mtasts::cli {

std::vector<Generated::Hosted> hosting_of(const std::string& domain,
                                          const publish::GeneratedPolicy& policy,
                                          const std::vector<publish::HostingTarget>& targets);

// Of one target, as its hosting names them.
std::vector<OutputFile> files_of(const Generated::Hosted& hosted);
// Everything: the policy, the zone file, each target in a directory of its own, and a README.
std::vector<OutputFile> all_files(const Generated& generated);

// The files with their paths, and the steps.
std::string hosting_text(const Generated::Hosted& hosted, bool with_files);

}  // namespace mtasts::cli
