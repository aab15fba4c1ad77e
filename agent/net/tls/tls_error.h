// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// OpenSSL's error codes in words for people, alerts of the peer first of all (RFC 8446 §6), and
// which of them make an old TLS version likely. Any thread; the error queue is the thread's own.
#pragma once

#include <string>

namespace mtasts::net {

// The code of the first entry of the error queue, 0 when there is none; empties the queue.
unsigned long take_tls_error_code();

// "TLS alert: protocol version", "unsupported protocol", …; empty for 0.
std::string words_of_tls_error(unsigned long code);

// The peer may speak only TLS 1.0 or 1.1: it is worth asking once more with TlsVersions::any.
bool hints_at_old_tls(unsigned long code);

// An alert that the peer sent, as OpenSSL codes it, by its number in RFC 8446 §6; and whether a
// code is one.
unsigned long tls_error_of_alert(int alert);
bool is_tls_alert(unsigned long code);

}  // namespace mtasts::net
