// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// One broken case for every row of the findings table, by stage; those of stage `change` are in
// change_test.cpp.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "verdict/healthy_evidence.h"

namespace mtasts::verdict {

using Break = std::function<void(Scene&)>;

struct BrokenCase {
  std::string code;
  Break make_broken;
};

std::vector<BrokenCase> record_cases();
std::vector<BrokenCase> fetch_cases();  // includes the policy host's certificate
std::vector<BrokenCase> syntax_cases();
std::vector<BrokenCase> mx_cases();
std::vector<BrokenCase> smtp_cases();  // includes the MX hosts' certificates
std::vector<BrokenCase> tlsrpt_cases();
std::vector<BrokenCase> reports_cases();
std::vector<BrokenCase> dane_cases();
std::vector<BrokenCase> extra_cases();  // what is observed beside a check, of several stages

Break record_status(protocol::DnsStatus status);
Break policy_chain(std::function<void(protocol::PeerChain&)> change);
Break mx_chain(std::function<void(protocol::PeerChain&)> change);
// The fault in a chain, as verification reports it.
std::function<void(protocol::PeerChain&)> with_fault(protocol::ChainFault which);

std::string policy_text(std::string_view mode, std::string_view mx, std::string_view max_age);
inline constexpr std::string_view kMx = "mx: mx1.example.com\r\nmx: mx2.example.com\r\n";

}  // namespace mtasts::verdict
