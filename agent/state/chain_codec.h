// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Chains of certificates as JSON. The addresses of a host mostly show the same chain, so a shelf
// keeps each once and the rest refers to it by number; decoded chains are shared the same way.
// Pure, any thread.
#pragma once

#include <vector>

#include "protocol/x509/certificate.h"
#include "state/fields.h"

namespace mtasts::state {

class ChainShelf {
 public:
  ChainShelf() = default;
  // From what json() gave.
  explicit ChainShelf(const Json& chains);

  // The chain's number; null for none.
  Json place(const protocol::PeerChainPtr& chain);
  Json json() const;
  // Null when there is no such number.
  protocol::PeerChainPtr find(const Json& number) const;

 private:
  std::vector<protocol::PeerChainPtr> chains_;
};

}  // namespace mtasts::state
