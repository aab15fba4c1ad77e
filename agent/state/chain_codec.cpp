// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "state/chain_codec.h"

#include <algorithm>

#include "state/described_json.h"

namespace mtasts::state {

using protocol::PeerChain;

ChainTable::ChainTable(const Json& chains) {
  if (!chains.is_array()) return;
  for (const Json& json : chains) {
    auto chain = std::make_shared<PeerChain>();
    decode(json, *chain, *this);
    chains_.push_back(std::move(chain));
  }
}

Json ChainTable::place(const protocol::PeerChainPtr& chain) {
  if (chain == nullptr) return nullptr;
  auto known = std::find_if(chains_.begin(), chains_.end(),
                            [&](const auto& other) { return other == chain || *other == *chain; });
  auto number = static_cast<size_t>(known - chains_.begin());
  if (known == chains_.end()) chains_.push_back(chain);
  return number;
}

Json ChainTable::json() {
  Json list = Json::array();
  for (const auto& chain : chains_) list.push_back(encoded(*chain, *this));
  return list;
}

protocol::PeerChainPtr ChainTable::find(const Json& number) const {
  if (!number.is_number_unsigned()) return nullptr;
  auto place = number.get<uint64_t>();
  return place < chains_.size() ? chains_[place] : nullptr;
}

}  // namespace mtasts::state
