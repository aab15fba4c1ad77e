// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// What a reported failure means and what to change: by result type (RFC 8460 §4.3), and by what
// named senders write into failure-reason-code. Texts are fit to show; commands can be pasted into
// a shell, because only host names are filled in. Pure, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/tlsrpt/result_type.h"
#include "reports/stored_report.h"
#include "reports/summary.h"

namespace mtasts::reports {

struct ResultGuide {
  std::string cause;   // one sentence
  std::string fix;     // one sentence, what to change
  std::string verify;  // a command that shows the same
};

// After a repair: reports about a day arrive during the next one, and senders keep policies.
inline constexpr std::string_view kWatchAfterRepair =
    "Watch the reports of the next 48 to 72 hours: those about the day of the repair still have "
    "failures.";

// Whether the receiving host is an MX host of the domain, as far as the caller knows. At a foreign
// host nothing can be changed, and nothing needs to be at the domain's own.
enum class HostOwner : uint8_t { unknown, own, foreign };
// `own_hosts`: the MX hosts of the domain, observed or last known; empty: they are not known.
HostOwner owner_of(std::string_view host, const std::vector<std::string>& own_hosts);

// `domain` is the policy's domain; what is no host name is not filled in.
ResultGuide result_guide(const FailureRow& failure, std::string_view domain,
                         HostOwner owner = HostOwner::unknown);
// Of a summary's failure under policies of one type.
ResultGuide result_guide(const FailureSummary& failure, protocol::ReportPolicyType policy_type,
                         std::string_view domain, HostOwner owner = HostOwner::unknown);
// Under the policy type with the most failed sessions.
ResultGuide result_guide(const FailureSummary& failure, std::string_view domain,
                         HostOwner owner = HostOwner::unknown);

// The numbers of libtlsrpt's interface (201 to 205, 301 to 306), which appear instead of names.
std::optional<protocol::ResultType> result_type_of_code(std::string_view code);

}  // namespace mtasts::reports
