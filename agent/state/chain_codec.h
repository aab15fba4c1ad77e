// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Chains of certificates as JSON. The addresses of a host mostly show the same chain, so a shelf
// keeps each once and the rest refers to it by number; decoded chains are shared the same way.
// Pure, any thread.
#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "protocol/x509/certificate.h"

namespace mtasts::state {

using Json = nlohmann::json;

class ChainShelf {
 public:
  ChainShelf() = default;
  // From what json() gave.
  explicit ChainShelf(const Json& chains);

  // The chain's number; null for none.
  Json place(const protocol::PeerChainPtr& chain);
  Json json();
  // Null when there is no such number.
  protocol::PeerChainPtr find(const Json& number) const;

 private:
  std::vector<protocol::PeerChainPtr> chains_;
};

}  // namespace mtasts::state
