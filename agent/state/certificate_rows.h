// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Certificates of a host: rows that record from when until when a fingerprint was observed. A host
// may show several at a time (one per address). Database thread only.
#pragma once

#include <string_view>
#include <vector>

#include "protocol/x509/certificate.h"
#include "state/database.h"

namespace mtasts::state {

enum class CertificateUse : uint8_t { policy, mx };

// Records the certificates observed by a check at `now`; `before` is the previous check. For an MX
// host, a new fingerprint that is not its first is added to host_change. Without certificates
// nothing is recorded.
void note_certificates(Database& database, std::string_view host, CertificateUse use,
                       const std::vector<protocol::PeerChainPtr>& chains, Time before, Time now);

}  // namespace mtasts::state
