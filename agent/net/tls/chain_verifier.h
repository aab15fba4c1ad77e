// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Chain verification that collects all faults instead of stopping at the first (RFC 5280 §6), with
// the chain OpenSSL built, its dates, and weak keys and signatures. Does not check the host name
// (see verification_cache.h). Loop thread only; takes up to a millisecond, so results are cached.
#pragma once

#include <openssl/types.h>

#include <optional>

#include "protocol/x509/certificate.h"

namespace mtasts::net {

struct VerifiedChain {
  protocol::PeerChain chain;  // name_matches and name_only_in_cn are not set
  // The result is valid in [holds_from, holds_until): no certificate involved becomes valid or
  // expires within.
  protocol::CertificateTime holds_from{};
  protocol::CertificateTime holds_until{};
};

// `context` is the argument of a verify callback: store, leaf and the peer's certificates are set.
// Nullopt: verifying it takes more than effort_limit.h allows.
std::optional<VerifiedChain> verify_chain(X509_STORE_CTX* context, protocol::CertificateTime now);

}  // namespace mtasts::net
