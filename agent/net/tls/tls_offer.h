// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// TlsOffer: what the agent offers in a ClientHello, apart from the defaults. Plain value, any
// thread.
#pragma once

#include <cstdint>

namespace mtasts::net {

enum class TlsVersions : uint8_t {
  modern,  // 1.2 and newer, what a sender must offer (RFC 8461 §7.2)
  any,     // down to 1.0, to distinguish "old only" from "broken"
};

// Which certificates the server may present (RFC 8446 §4.2.3; in TLS 1.2 the cipher suites too).
enum class CertificateAlgorithms : uint8_t { any, rsa, ecdsa };

struct TlsOffer {
  TlsVersions versions = TlsVersions::modern;
  CertificateAlgorithms algorithms = CertificateAlgorithms::any;
  bool server_name = true;  // SNI

  TlsOffer() = default;
  TlsOffer(TlsVersions offered) : versions(offered) {}  // NOLINT(google-explicit-constructor)
};

}  // namespace mtasts::net
