// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// How senders read all TXT records at a name that must have exactly one (RFC 8461 §3.1, RFC 8460
// §3).
#pragma once

namespace mtasts::protocol {

enum class RecordSetStatus : unsigned char {
  none,      // no record begins with the version, and none seems intended to
  found,     // exactly one, valid
  invalid,   // exactly one, but not valid; or none, but a near miss
  multiple,  // more than one begins with the version
};

}  // namespace mtasts::protocol
