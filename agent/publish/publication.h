// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Publication: the policy of a domain (RFC 8461 §3.2), made from its live MX hosts or from patterns
// that a person gives, in the strictest form, which all tested senders read alike. Names to which
// no mail can be delivered, such as slips in MX records, are never listed, but told with what to
// correct. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/sts/sts_policy.h"
#include "verdict/domain/mx_name.h"

namespace mtasts::publish {

struct LiveHost {
  std::string host;  // as the MX record names it, lower case; "": a null MX (RFC 7505)
  verdict::HostReach reach = verdict::HostReach::unknown;
};
struct LiveMail {
  bool implicit = false;  // the domain itself, without an MX record (RFC 5321 §5.1)
  std::vector<LiveHost> hosts;
};

struct PolicyRequest {
  std::string domain;  // A-labels
  protocol::Mode mode = protocol::Mode::testing;
  std::optional<uint64_t> max_age_seconds;  // empty: usual_max_age() of the mode
  std::vector<std::string> patterns;        // as written by a person; empty: from the live hosts
  std::optional<LiveMail> mail;             // empty: not looked up; then `patterns` is not empty
};

struct LeftOut {
  std::string host;        // printable
  std::string correction;  // what to change, without a final period
};

struct GeneratedPolicy {
  protocol::Mode mode = protocol::Mode::testing;
  uint64_t max_age_seconds = 0;
  std::vector<std::string> mx;
  std::string text;     // exact octets; empty: none can be made
  std::string refusal;  // why `text` is empty; one sentence without a final period
  std::vector<LeftOut> left_out;
  std::vector<std::string> providers;  // of the MX hosts: "Microsoft 365", …
  std::vector<std::string> notes;      // what to know about it; sentences without a final period
  // Faults in what a person gave, one sentence each without a final period; then there is nothing
  // else.
  std::vector<std::string> errors;
};

// The first steps of a rollout: a day in mode testing, a week in mode enforce.
uint64_t usual_max_age(protocol::Mode mode);

GeneratedPolicy generate_policy(const PolicyRequest& request);

}  // namespace mtasts::publish
