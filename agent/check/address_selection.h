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

// An attempt for each selected address, HttpsAttempt or SmtpAttempt: `not_allowed` if the address
// is reserved, else `cancelled` until it has been made.
template <typename Attempt>
std::vector<Attempt> attempts_for(verdict::HostAddresses& found,
                                  const settings::NetworkSettings& network) {
  std::vector<Attempt> attempts;
  for (const IpAddress& address : select_addresses(found, network)) {
    Attempt attempt;
    attempt.address = address;
    if (!may_contact(address, network.allow_private_addresses))
      attempt.status = decltype(attempt.status)::not_allowed;
    attempts.push_back(std::move(attempt));
  }
  return attempts;
}

}  // namespace mtasts::check
