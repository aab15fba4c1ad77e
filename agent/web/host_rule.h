// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// HostRule: under which names the agent may be asked. A page that points a name of its own at the
// agent's address (DNS rebinding) is refused, because its requests have that name in Host. Always
// admitted are what such a page cannot have: IP addresses, names without a dot, localhost, and the
// names that containers have for their host; and this machine's names, the host of [web]
// external_url and [web] hosts. Any thread.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "settings/settings.h"
#include "web/http_message.h"

namespace mtasts::web {

class HostRule {
 public:
  // `machine`: the names of this machine. May be called again.
  void use(const settings::WebSettings& settings, std::set<std::string> machine);

  // `host` as host_of_authority() returns it.
  bool admits(std::string_view host) const;
  // 421 (RFC 9110 §15.5.20) for a request with another name. One without Host (HTTP/1.0) is
  // admitted, since no browser sends such.
  std::optional<HttpResponse> refusal_of(const HttpRequest& request) const;

 private:
  struct Names {
    std::set<std::string, std::less<>> exact;
    std::vector<std::string> suffixes;  // ".example.com" of "*.example.com"
    bool all = false;                   // "*"
  };
  std::shared_ptr<const Names> names() const;

  mutable std::mutex mutex_;
  std::shared_ptr<const Names> names_ = std::make_shared<const Names>();  // guarded by mutex_
};

}  // namespace mtasts::web
