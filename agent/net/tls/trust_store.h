// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Trust store: the certificates of a PEM bundle as one X509_STORE, read once. The system's bundle
// is read as a file, never as a directory: OpenSSL would search a directory at every handshake. Any
// thread while loading; read-only afterwards.
#pragma once

#include <openssl/x509_vfy.h>

#include <string>

#include "base/handle.h"
#include "base/result.h"

namespace mtasts::net {

using TrustStore = Handle<X509_STORE, X509_STORE_free>;

// `ca_file` empty: SSL_CERT_FILE, else the system's bundle. The failure is one sentence that names
// the file: missing, unreadable, without certificates, or with one that cannot be decoded.
Result<TrustStore> load_trust_store(const std::string& ca_file);

// A digest of the file that load_trust_store() would read; the same failures where it cannot be
// read. Blocks; any thread.
Result<std::string> trust_store_digest(const std::string& ca_file);

}  // namespace mtasts::net
