// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// load_tls(): a context for TLS servers from certificate, key and the rules for clients: TLS 1.2
// and above; HTTP/1.1 by ALPN (RFC 7301), and no handshake with a client that insists on something
// else. A client certificate that is demanded must be of the client authority and for client
// authentication (RFC 5280 §4.2.1.12), and have one of the allowed names. Blocks on the disk; any
// thread.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>

#include "base/result.h"
#include "base/time.h"
#include "settings/web_settings.h"

namespace mtasts::web {

struct LoadedTls {
  std::shared_ptr<boost::asio::ssl::context> context;
  Time not_before = kNever;  // of the certificate
  Time not_after = kNever;
};

// The failure is one sentence that names the file and says what to change.
Result<LoadedTls> load_tls(const settings::WebTlsSettings& settings);

}  // namespace mtasts::web
