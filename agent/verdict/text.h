// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Phrases shared by rules. Pure, any thread.
#pragma once

#include <string>
#include <vector>

#include "protocol/dns/answer.h"

namespace mtasts::verdict {

// "TXT lookup of _mta-sts.example.com failed: SERVFAIL (EDE 22 …)".
std::string lookup_result(const protocol::DnsAnswer& answer);

// With a capital first letter.
std::string sentence(std::string text);

// "mx1.example.com, mx2.example.com and 3 more".
std::string listed(const std::vector<std::string>& names, size_t max_names = 5);

}  // namespace mtasts::verdict
