// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "state/report_codec.h"

#include <utility>

#include "state/cbor_shape.h"
#include "state/chain_codec.h"
#include "state/described_json.h"

namespace mtasts::state {
namespace {

template <typename Struct>
std::string cbor_of(const Struct& value) {
  ChainTable chains;
  Json root = encoded(value, chains);
  root["chains"] = chains.json();
  std::string bytes;
  Json::to_cbor(root, bytes);
  return bytes;
}

// False: the bytes are not CBOR, or not an encoded struct.
template <typename Struct>
bool read_cbor(std::string_view bytes, Struct& value) {
  if (!is_bounded_cbor(bytes)) return false;
  Json root = Json::from_cbor(bytes, true, false);
  return decode(root, value, ChainTable(member(root, "chains")));
}

}  // namespace

std::string encode_report(const verdict::Report& report) { return cbor_of(report); }

std::optional<DecodedReport> decode_report(std::string_view bytes) {
  DecodedReport decoded;
  if (!read_cbor(bytes, decoded.report)) return std::nullopt;
  for (verdict::MxReport& mx : decoded.report.mx) {
    decoded.fact_hosts.push_back(mx.facts ? std::optional(mx.facts->host) : std::nullopt);
    mx.facts = nullptr;
  }
  return decoded;
}

std::string encode_facts(const verdict::MxHostReport& facts) { return cbor_of(facts); }

std::optional<verdict::MxHostReport> decode_facts(std::string_view bytes) {
  verdict::MxHostReport facts;
  if (!read_cbor(bytes, facts)) return std::nullopt;
  return facts;
}

}  // namespace mtasts::state
