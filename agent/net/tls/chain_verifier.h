// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Chain verification that collects instead of refusing: every fault of a presented chain (RFC 5280
// §6), the chain OpenSSL built and its dates, weak keys and signatures. The host name is not looked
// at here (verification_cache.h). Loop thread only; costs up to a millisecond, so its results are
// kept.
#pragma once

#include <openssl/types.h>

#include "protocol/x509/certificate.h"

namespace mtasts::net {

struct VerifiedChain {
  protocol::PeerChain chain;  // name_matches and name_only_in_cn are not set
  // The result holds in [holds_from, holds_until): no certificate involved begins or ends inside.
  protocol::CertificateTime holds_from{};
  protocol::CertificateTime holds_until{};
};

// `context` is what a verify callback gets: store, leaf and the peer's certificates are set.
VerifiedChain verify_chain(X509_STORE_CTX* context, protocol::CertificateTime now);

}  // namespace mtasts::net
