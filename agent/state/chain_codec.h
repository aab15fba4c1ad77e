// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Certificate chains as JSON. The addresses of a host mostly show the same chain, so a ChainTable
// stores each chain once and refers to it by number; decoded chains are shared the same way. Pure,
// any thread.
#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "protocol/x509/certificate.h"

namespace mtasts::state {

using Json = nlohmann::json;

class ChainTable {
 public:
  ChainTable() = default;
  // `chains` is a result of json().
  explicit ChainTable(const Json& chains);

  // The chain's number; null for none.
  Json place(const protocol::PeerChainPtr& chain);
  Json json();
  // Null when there is no such number.
  protocol::PeerChainPtr find(const Json& number) const;

 private:
  std::vector<protocol::PeerChainPtr> chains_;
};

}  // namespace mtasts::state
