// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// routable_families(): the default of [network] families. Queries the kernel's routing table by
// connecting a UDP socket, which sends nothing. Any thread; does not block.
#pragma once

#include <vector>

#include "base/ip_address.h"

namespace mtasts::settings {

// IPv4 before IPv6; IPv4 alone when there is a route for neither, so that there is always one.
std::vector<AddressFamily> routable_families();

}  // namespace mtasts::settings
