// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Metrics about the policies that the agent serves: series of the domains, as text for a scrape,
// and the closed sets of labels of the others (AgentMetrics). Pure, any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/enum_words.h"

namespace mtasts::present {

// Which program fetched a policy, by its User-Agent; `go` is the library of mox and maddy, `none`
// sent no User-Agent, like mailauth.
BOOST_DEFINE_FIXED_ENUM_CLASS(PolicyReader, uint8_t, google, microsoft, yahoo, postfix_tlspol,
                              postfix_mta_sts_resolver, stalwart, go, mtasts_exporter, none, other)
inline constexpr auto kPolicyReaders = enumerators<PolicyReader>();
// "postfix-tlspol".
std::string name_of(PolicyReader reader);
PolicyReader policy_reader_of(std::string_view user_agent);

// Why a request got no policy.
BOOST_DEFINE_FIXED_ENUM_CLASS(PolicyRejection, uint8_t, host, path, method, malformed)
inline constexpr auto kPolicyRejections = enumerators<PolicyRejection>();
inline std::string_view name_of(PolicyRejection rejection) { return enumerator_name(rejection); }

// Since the start of the agent.
struct PolicyRequestCounts {
  std::array<uint64_t, kPolicyReaders.size()> served{};       // by PolicyReader
  std::array<uint64_t, kPolicyRejections.size()> rejected{};  // by PolicyRejection
};

struct HostedDomainFacts {
  std::string domain;
  std::string id;
  uint64_t requests = 0;
};

// The metrics of scope hosted, as whole families; empty without domains.
std::string hosted_metrics_text(const std::vector<HostedDomainFacts>& domains);

}  // namespace mtasts::present
