// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "verdict/findings/own_side.h"

#include <fmt/format.h>

#include "base/shell_command.h"
#include "verdict/findings/findings_rows.h"

namespace mtasts::verdict {

std::string resolver_name(const Vantage& vantage) {
  if (vantage.dns_server.empty()) return "the system's resolver";
  bool v6 = vantage.dns_server.find(':') != std::string::npos;
  return fmt::format("the resolver {}{}{}:{}", v6 ? "[" : "", vantage.dns_server, v6 ? "]" : "",
                     vantage.dns_port);
}

std::string resolver_test(const Vantage& vantage) {
  return shell_command(rows::kDigResolver,
                       {{"dns", CommandValue::dig_server(vantage.dns_server, vantage.dns_port)}});
}

std::string channel_fix(ChannelKind kind, std::optional<AddressFamily> family,
                        const Vantage& vantage) {
  if (kind == ChannelKind::dns)
    return fmt::format(
        "Nothing to change for the domain: make {} resolve names for the agent, or set another one "
        "in [dns] servers; test it with {}.",
        resolver_name(vantage), resolver_test(vantage));
  int port = kind == ChannelKind::https ? vantage.https_port : vantage.smtp_port;
  std::string over;
  if (family) over = *family == AddressFamily::ipv4 ? " over IPv4" : " over IPv6";
  return fmt::format(
      "Nothing to change for the domain: let the agent connect to port {} of other hosts{} (route, "
      "firewall, provider).",
      port, over);
}

std::string unfinished_fix() {
  return "Nothing to change for the domain: the next check tries again; if this happens often, "
         "give "
         "the agent more CPU or raise [check] timeout.";
}

}  // namespace mtasts::verdict
