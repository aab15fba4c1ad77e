// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// TLS servers that try to keep a client busy: many messages, costly numbers, absurd chains. All
// bounded. Throws std::runtime_error when OpenSSL fails. Any thread.
#pragma once

#include <openssl/types.h>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "fakes/certificate_factory.h"

namespace mtasts::fakes {

struct FreeContext {
  void operator()(SSL_CTX* context) const;
};
using ServerContext = std::unique_ptr<SSL_CTX, FreeContext>;

// `version`: TLS1_2_VERSION, TLS1_3_VERSION.
ServerContext tls_server(const Identity& identity, int version);

// Key exchange only over a finite field whose modulus has this many bits; it is no prime.
void use_large_group(SSL_CTX* context, int bits);
// A group of OpenSSL's list: "ffdhe8192".
void use_known_group(SSL_CTX* context, const char* name);
// What the key of each certificate of a long list is.
enum class ListedKey { p256, ed25519, explicit_curve };
// A leaf and many copies of one other certificate, together at most this size.
void use_long_list(SSL_CTX* context, ListedKey key, size_t size_bytes);
// A leaf and `depth` authorities above it, each with an RSA key of this many bits and a signature
// that does not verify.
void use_large_keys(SSL_CTX* context, int bits, int depth);
// A leaf of many names and authorities with many name constraints.
void use_many_constraints(SSL_CTX* context, int names, int constraints, int depth);

// Records of a handshake that hold nothing but HelloRequest (RFC 5246 §7.4.1.1), to be sent in
// place of a ServerHello.
std::string hello_requests(size_t size_bytes);

}  // namespace mtasts::fakes
