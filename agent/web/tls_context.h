// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// TlsContext: the certificate and key of a listener, read again when their files change. New files
// that cannot be used keep the old pair, and are logged once. TLS 1.2 and above; speaks HTTP/1.1 by
// ALPN (RFC 7301), and refuses the handshake of a client that insists on something else. Any
// thread.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace mtasts::web {

class TlsContext {
 public:
  // The failure is one sentence that names the file and says what to change. `section` has the
  // settings cert_file and key_file, `listener` names what they are for in the log.
  static Result<std::shared_ptr<TlsContext>> open(
      const std::string& cert_file, const std::string& key_file,
      std::string_view section = "[reports.https]",
      std::string_view listener = "the report endpoint");
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  // For a new connection. Looks at the files once a second at most.
  std::shared_ptr<boost::asio::ssl::context> current();

  // Of the certificate in use; looks at the files like current().
  Time not_before();
  Time not_after();

  // Why the files in use are not the latest ones, in one sentence; empty: they are.
  std::string trouble() const;

 private:
  class Files;
  std::unique_ptr<Files> files_;

 public:
  // Only for open(): no other code can create Files.
  explicit TlsContext(std::unique_ptr<Files> files);
};

}  // namespace mtasts::web
