// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Names of client certificates (RFC 5280 §4.2.1.6). Pure, any thread.
#pragma once

#include <openssl/types.h>

#include <string>
#include <vector>

namespace mtasts::web {

// Whether a subject alternative name of the certificate, a DNS name, an e-mail address, an IP
// address or a URI, is one of `names`. Exact: no wildcards on either side; DNS names without regard
// to case (RFC 4343), addresses in any notation.
bool has_name_of(const X509* certificate, const std::vector<std::string>& names);

}  // namespace mtasts::web
