// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// How a server put the agent off: replies (and silences) about the client's identity or rate, or
// the server's load, which say nothing about its TLS. Senders meet them too and come back later
// (RFC 5321 §4.5.4.1). Recognised by reply code, enhanced code (RFC 3463) and the wording of common
// servers. Pure, any thread.
#pragma once

#include <cstdint>

#include "protocol/smtp/attempt.h"

namespace mtasts::protocol {

enum class Deferral : uint8_t {
  none,          // it did not put the agent off
  greylisted,    // RFC 6647
  rate_limited,  // too many connections, sessions or messages
  tarpit,        // a few octets at a time
  temporary,     // another 4xx
  rejected,      // another 5xx: reputation, block lists
};
Deferral deferral_of(const SmtpAttempt& attempt);
inline bool is_deferral(const SmtpAttempt& attempt) {
  return deferral_of(attempt) != Deferral::none;
}

}  // namespace mtasts::protocol
