// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The bare client: the minimum that OpenSSL needs for the three handshakes of a domain check.
// Blocking sockets, one SSL_CTX and one trust store for all, chain and host name verified, no
// resumption, a GET on one connection and the STARTTLS dialogue on two; nothing is parsed, stored
// or reported. One thread.
#pragma once

#include <cstdint>
#include <string>

#include "bench/bench_world.h"

namespace mtasts::bench {

struct BareClient {
  std::string ca_file;
  uint16_t https_port = 0;
  uint16_t smtp_port = 0;

  // CPU seconds of all `rounds` over the world, without loading the trust store. Throws
  // std::runtime_error when a peer does not behave as expected.
  double spend(const World& world, size_t rounds) const;
};

}  // namespace mtasts::bench
