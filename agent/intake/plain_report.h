// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// A TLS report that came alone and without fault, as JSON or gzip of JSON (RFC 8460 §5.2): read
// while it is decoded, so that memory holds neither a copy of the JSON nor a tree of it. Pure, any
// thread.
#pragma once

#include <optional>
#include <string_view>

#include "base/result.h"
#include "protocol/tlsrpt/tls_report.h"

namespace mtasts::intake {

// Empty: it is for unpack() and parse_tls_report() to tell what the octets are; a mail, for
// example. Fails as read_tls_report().
std::optional<Result<protocol::TlsReport>> read_plain_report(std::string_view octets);

}  // namespace mtasts::intake
