// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Which addresses of a host are contacted: all of both families, because a sender may pick any of
// them (RFC 8461 §3.3), in an order that does not depend on the order in DNS. Pure.
#pragma once

#include <cstddef>
#include <vector>

#include "base/ip_address.h"
#include "settings/settings.h"
#include "verdict/evidence.h"

namespace mtasts::check {

// Maximum addresses of a host, policy host or MX host; a hostile name may have thousands.
inline constexpr size_t kMaxAddresses = 64;

// The addresses to contact, sorted, without duplicates, at most `limit`; the families take turns,
// so that neither displaces the other. Includes reserved addresses (may_contact), after all others.
// The addresses left out are put into `found`.
std::vector<IpAddress> select_addresses(verdict::HostAddresses& found,
                                        const settings::NetworkSettings& network,
                                        size_t limit = kMaxAddresses);

}  // namespace mtasts::check
