// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Certificates seen on a host: rows that say which fingerprint was there from when until when. A
// host may show several at a time (one an address). One thread, that of the database.
#pragma once

#include <string_view>
#include <vector>

#include "protocol/x509/certificate.h"
#include "state/database.h"

namespace mtasts::state {

enum class CertificateUse : uint8_t { policy, mx };

// Notes what a look at `now` showed; `before` is the look before it. Of an MX host, a fingerprint
// never seen there before that is not its first goes into host_change. None shown: nothing known.
void note_certificates(Database& database, std::string_view host, CertificateUse use,
                       const std::vector<protocol::PeerChainPtr>& chains, Time before, Time now);

}  // namespace mtasts::state
