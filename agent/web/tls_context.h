// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// TlsContext: the certificate and key of a listener and the authority of its clients, read again
// when their files change. New files that cannot be used keep the old ones, and are logged once.
// What a context does: tls_loading.h. Any thread.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "settings/web_settings.h"

namespace mtasts::web {

class TlsContext {
 public:
  // The failure is one sentence that names the file and says what to change. `section` has the
  // settings cert_file and key_file, `listener` names what they are for in the log.
  static Result<std::shared_ptr<TlsContext>> open(
      const std::string& cert_file, const std::string& key_file,
      std::string_view section = "[reports.https]",
      std::string_view listener = "the report endpoint");
  static Result<std::shared_ptr<TlsContext>> open(settings::WebTlsSettings settings,
                                                  std::string_view listener);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  // From now on this is what `fresh` is; connections keep what they have.
  void become(const TlsContext& fresh);

  // For a new connection. Looks at the files once a second at most.
  std::shared_ptr<boost::asio::ssl::context> current();

  // Of the certificate in use; looks at the files like current().
  Time not_before();
  Time not_after();

  // Why the files in use are not the latest ones, in one sentence; empty: they are.
  std::string trouble() const;

 private:
  class Files;
  std::shared_ptr<Files> files() const;

  mutable std::mutex mutex_;
  std::shared_ptr<Files> files_;  // guarded by mutex_

 public:
  // Only for open(): no other code can create Files.
  explicit TlsContext(std::shared_ptr<Files> files);
};

}  // namespace mtasts::web
