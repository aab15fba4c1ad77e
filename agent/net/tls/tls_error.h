// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Texts for OpenSSL's error codes, in particular alerts of the peer (RFC 8446 §6), and which codes
// suggest an old TLS version. Any thread; the error queue is per thread.
#pragma once

#include <string>

namespace mtasts::net {

// The code of the first entry of the error queue, 0 when there is none; empties the queue.
unsigned long take_tls_error_code();

// "TLS alert: protocol version", "unsupported protocol", …; empty for 0.
std::string words_of_tls_error(unsigned long code);

// The peer may support only TLS 1.0 or 1.1: a second attempt with TlsVersions::any is worthwhile.
bool hints_at_old_tls(unsigned long code);

// OpenSSL's error code for an alert sent by the peer (number of RFC 8446 §6); and whether a code is
// one.
unsigned long tls_error_of_alert(int alert);
bool is_tls_alert(unsigned long code);

}  // namespace mtasts::net
