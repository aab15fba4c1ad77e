// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "state/chain_codec.h"

#include <algorithm>
#include <array>
#include <utility>

namespace mtasts::state {
namespace {

using protocol::Certificate;
using protocol::ChainFault;
using protocol::PeerChain;

// Names in the file stay what they are when the enumerators move.
constexpr std::array<std::pair<ChainFault, const char*>, 6> kFaults = {{
    {ChainFault::expired, "expired"},
    {ChainFault::not_yet_valid, "not_yet_valid"},
    {ChainFault::self_signed, "self_signed"},
    {ChainFault::untrusted, "untrusted"},
    {ChainFault::incomplete, "incomplete"},
    {ChainFault::invalid, "invalid"},
}};

int64_t count_of(protocol::CertificateTime time) { return time.time_since_epoch().count(); }

Json certificate_json(const Certificate& certificate) {
  return {{"subject", octets_json(certificate.subject)},
          {"issuer", octets_json(certificate.issuer)},
          {"common_name", octets_json(certificate.common_name)},
          {"dns_names", texts_json(certificate.dns_names)},
          {"serial", octets_json(certificate.serial)},
          {"not_before", count_of(certificate.not_before)},
          {"not_after", count_of(certificate.not_after)},
          {"fingerprint", octets_json(certificate.fingerprint_sha256)},
          {"key_type", octets_json(certificate.key_type)},
          {"key_bits", certificate.key_bits},
          {"signature", octets_json(certificate.signature_algorithm)},
          {"self_issued", certificate.self_issued}};
}

Certificate certificate_of(const Fields& fields) {
  Certificate certificate;
  certificate.subject = fields.text("subject");
  certificate.issuer = fields.text("issuer");
  certificate.common_name = fields.text("common_name");
  certificate.dns_names = fields.texts("dns_names");
  certificate.serial = fields.text("serial");
  certificate.not_before = fields.seconds("not_before");
  certificate.not_after = fields.seconds("not_after");
  certificate.fingerprint_sha256 = fields.text("fingerprint");
  certificate.key_type = fields.text("key_type");
  certificate.key_bits = fields.number<int>("key_bits");
  certificate.signature_algorithm = fields.text("signature");
  certificate.self_issued = fields.flag("self_issued");
  return certificate;
}

Json chain_json(const PeerChain& chain) {
  Json faults = Json::array();
  for (ChainFault fault : chain.faults)
    for (const auto& [known, name] : kFaults)
      if (fault == known) faults.push_back(name);
  return {{"leaf", certificate_json(chain.leaf)},
          {"presented", chain.presented_count},
          {"not_after", count_of(chain.chain_not_after)},
          {"faults", faults},
          {"verify_error", octets_json(chain.verify_error)},
          {"name_matches", chain.name_matches},
          {"name_only_in_cn", chain.name_only_in_cn},
          {"weak_key", octets_json(chain.weak_key)},
          {"weak_signature", octets_json(chain.weak_signature)}};
}

PeerChain chain_of(const Fields& fields) {
  PeerChain chain;
  chain.leaf = certificate_of(Fields(fields.at("leaf")));
  chain.presented_count = fields.number<int>("presented");
  chain.chain_not_after = fields.seconds("not_after");
  for (const std::string& fault : fields.texts("faults")) {
    auto known = std::find_if(kFaults.begin(), kFaults.end(),
                              [&](const auto& row) { return fault == row.second; });
    // A fault without a name here must not make the chain a trusted one.
    chain.faults.push_back(known == kFaults.end() ? ChainFault::invalid : known->first);
  }
  chain.verify_error = fields.text("verify_error");
  chain.name_matches = fields.flag("name_matches");
  chain.name_only_in_cn = fields.flag("name_only_in_cn");
  chain.weak_key = fields.text("weak_key");
  chain.weak_signature = fields.text("weak_signature");
  return chain;
}

}  // namespace

ChainShelf::ChainShelf(const Json& chains) {
  if (!chains.is_array()) return;
  for (const Json& chain : chains)
    chains_.push_back(std::make_shared<const PeerChain>(chain_of(Fields(chain))));
}

Json ChainShelf::place(const protocol::PeerChainPtr& chain) {
  if (chain == nullptr) return nullptr;
  auto known = std::find_if(chains_.begin(), chains_.end(),
                            [&](const auto& other) { return other == chain || *other == *chain; });
  auto number = static_cast<size_t>(known - chains_.begin());
  if (known == chains_.end()) chains_.push_back(chain);
  return number;
}

Json ChainShelf::json() const {
  Json list = Json::array();
  for (const auto& chain : chains_) list.push_back(chain_json(*chain));
  return list;
}

protocol::PeerChainPtr ChainShelf::find(const Json& number) const {
  if (!number.is_number_unsigned()) return nullptr;
  auto place = number.get<uint64_t>();
  return place < chains_.size() ? chains_[place] : nullptr;
}

}  // namespace mtasts::state
