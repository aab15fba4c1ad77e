// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// What senders make of all TXT records at a name where one is to be (RFC 8461 §3.1, RFC 8460 §3).
#pragma once

namespace mtasts::protocol {

enum class RecordSetStatus : unsigned char {
  none,      // no text begins as a record does, and none looks meant to
  found,     // exactly one, valid
  invalid,   // exactly one, outside the grammar; or none, but one that was meant to (near miss)
  multiple,  // more than one begins as a record does
};

}  // namespace mtasts::protocol
