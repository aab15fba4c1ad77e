// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "protocol/dns/message.h"
#include "protocol/dns/name.h"

namespace mtasts::protocol {
namespace {

constexpr uint16_t kClassIn = 1;
constexpr uint16_t kTypeOpt = 41;

}  // namespace

std::optional<std::string> encode_query(std::string_view name, RecordType type, uint16_t id,
                                        bool with_edns, DnssecFlags flags) {
  const auto wire = wire_name(name);
  if (!wire) return std::nullopt;
  std::string query;
  const auto put = [&query](uint16_t value) {
    query += static_cast<char>(value >> 8);
    query += static_cast<char>(value & 0xff);
  };
  put(id);
  // RD; AD requests the AD bit in the response without requesting signatures (RFC 6840 §5.7).
  put(flags.checking_disabled ? 0x0130 : 0x0120);
  put(1);
  put(0);
  put(0);
  put(with_edns ? 1 : 0);
  query += *wire;
  put(static_cast<uint16_t>(type));
  put(kClassIn);
  if (!with_edns) return query;
  // The OPT record (RFC 6891 §6.1.2) without options: c-ares removes exactly 11 octets from the end
  // for a server without EDNS.
  query += '\0';
  put(kTypeOpt);
  put(kUdpSize_bytes);
  put(0);
  put(flags.signatures ? 0x8000 : 0);  // DO (RFC 3225 §3)
  put(0);
  return query;
}

}  // namespace mtasts::protocol
