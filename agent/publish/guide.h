// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The README beside generated files: in which order to publish them, how to see that each step
// worked, and when to go on to the next mode (RFC 8461 §8.1: the policy before its id). Pure; any
// thread.
#pragma once

#include <string>
#include <vector>

#include "publish/hosting.h"
#include "publish/publication.h"

namespace mtasts::publish {

struct GuideRequest {
  std::string domain;  // A-labels
  protocol::Mode mode = protocol::Mode::testing;
  std::string id;            // of the record
  std::string zone_file;     // its name
  bool rua = false;          // report addresses are filled in
  bool policy_host = false;  // so is the web server
  std::vector<HostingTarget> targets;
  std::vector<LeftOut> left_out;
};

// Markdown, LF lines. The same for the same request.
std::string guide_text(const GuideRequest& request);

// The steps of one hosting target, as a file of their own.
std::string steps_text(const std::string& domain, HostingTarget target, const Hosting& hosting);

}  // namespace mtasts::publish
