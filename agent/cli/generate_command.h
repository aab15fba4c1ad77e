// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// `mtasts-exporter generate`: the policy of a domain, its DNS records, and the files by which a web
// server or hosting service serves it. Made from the live MX hosts, for which DNS alone is asked,
// or with --mx from patterns, without a network. Standard output is what is to be published and
// nothing else; everything that a person should know goes to `err`.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/sts/sts_policy.h"
#include "publish/hosting.h"

namespace mtasts::cli {

enum class GenerateKind : unsigned char { policy, records, hosting, all };

struct GenerateOptions {
  GenerateKind kind = GenerateKind::policy;
  std::string domain;
  protocol::Mode mode = protocol::Mode::testing;
  std::optional<std::string> max_age;           // seconds or a duration
  std::vector<std::string> mx;                  // patterns; empty: from the live MX hosts
  bool live = false;                            // compare the patterns with the live MX hosts
  std::vector<std::string> rua;                 // report URIs
  std::vector<std::string> policy_host;         // where the web server is: a name, or addresses
  std::vector<publish::HostingTarget> targets;  // empty: with `all`, every one
  std::optional<std::string> out;               // directory for the files
  bool force = false;                           // overwrite files with other content
  std::optional<std::string> config;
  bool json = false;
};

// Returns 0; 1 if an MX host was left out, which `err` names; 2 if there is nothing to publish,
// such as for a null MX; 3 if DNS did not tell; 64 for wrong usage or a fault in what was given; 78
// for bad settings.
int run_generate(const GenerateOptions& options, std::ostream& out, std::ostream& err);

}  // namespace mtasts::cli
