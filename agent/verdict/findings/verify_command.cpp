// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "verdict/findings/verify_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/printable.h"
#include "protocol/sts/policy_location.h"

namespace mtasts::verdict {
namespace {

// Names in DNS may contain any octets, and the command is meant to be pasted into a shell.
std::string shell_word(const std::string& text) {
  static constexpr std::string_view kSafe =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:/";
  if (!text.empty() && text.front() != '-' && text.find_first_not_of(kSafe) == std::string::npos)
    return text;
  std::string quoted = "'";
  for (char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

}  // namespace

std::string verify_command(const FindingRow& row, const Vantage& vantage,
                           const VerifyTarget& target) {
  bool mail = row.stage == Stage::smtp || row.stage == Stage::mx_certificate;
  int port = mail ? vantage.smtp_port : vantage.https_port;
  const std::string& trust = mail ? vantage.smtp_ca_file : vantage.https_ca_file;
  const std::string& domain = target.domain;
  std::string policy_host = protocol::policy_host_of(domain);
  std::string host = target.host.empty() ? policy_host : printable(target.host, 253);
  std::string peer = target.address ? target.address->text() : host;
  std::string bracketed = peer.find(':') != std::string::npos ? "[" + peer + "]" : peer;
  std::string connect_to =
      target.address || port != 443
          ? fmt::format("--connect-to {} ", shell_word(fmt::format("::{}:{}", bracketed, port)))
          : std::string();
  std::string dns;
  if (!vantage.dns_server.empty()) dns = fmt::format("@{} ", vantage.dns_server);
  if (!dns.empty() && vantage.dns_port != 53) dns += fmt::format("-p {} ", vantage.dns_port);
  const std::pair<std::string_view, std::string> values[] = {
      {"dns", dns},
      {"ca_cert", trust.empty() ? trust : fmt::format("--cacert {} ", shell_word(trust))},
      {"ca_file", trust.empty() ? trust : fmt::format("-CAfile {} ", shell_word(trust))},
      {"domain", domain},
      {"policy_host", policy_host},
      {"host", shell_word(host)},
      {"connect", shell_word(fmt::format("{}:{}", bracketed, port))},
      {"connect_to", connect_to},
      {"nc", fmt::format("{} {}", shell_word(peer), port)},
  };
  std::string command;
  std::string_view rest = row.verify;
  while (!rest.empty()) {
    size_t open = std::min(rest.find('{'), rest.size());
    command += rest.substr(0, open);
    rest.remove_prefix(open);
    if (rest.empty()) break;
    size_t close = rest.find('}');
    std::string_view name = rest.substr(1, close - 1);
    for (const auto& [key, value] : values)
      if (key == name) command += value;
    rest.remove_prefix(close + 1);
  }
  return command;
}

std::string example_command(const FindingRow& row) {
  VerifyTarget target{"example.com", {}, {}};
  bool mail =
      row.stage == Stage::mx || row.stage == Stage::smtp || row.stage == Stage::mx_certificate;
  if (mail) target.host = "mx1.example.com";
  return verify_command(row, Vantage(), target);
}

}  // namespace mtasts::verdict
