// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "verdict/findings/verify_command.h"

#include "base/shell_command.h"
#include "protocol/sts/policy_location.h"

namespace mtasts::verdict {
namespace {

// Where the tool connects: to the address, if the finding is about one, else to the host.
struct Peer {
  std::string host;
  std::optional<IpAddress> address;

  std::optional<CommandValue> endpoint(int port) const {
    return address ? CommandValue::endpoint(*address, port) : CommandValue::endpoint(host, port);
  }
  std::optional<CommandValue> host_and_port(int port) const {
    return address ? CommandValue::host_and_port(*address, port)
                   : CommandValue::host_and_port(host, port);
  }
  std::optional<CommandValue> connect_to(int port) const {
    if (address) return CommandValue::connect_to(*address, port);
    return port == 443 ? CommandValue::nothing() : CommandValue::connect_to(host, port);
  }
};

}  // namespace

std::string verify_command(const FindingRow& row, const Vantage& vantage,
                           const VerifyTarget& target) {
  const bool mail =
      row.stage == Stage::smtp || row.stage == Stage::mx_certificate || row.stage == Stage::dane;
  const int port = mail ? vantage.smtp_port : vantage.https_port;
  const std::string& trust = mail ? vantage.smtp_ca_file : vantage.https_ca_file;
  const std::string policy_host = protocol::policy_host_of(target.domain);
  const std::string& host = target.host.empty() ? policy_host : target.host;
  const Peer peer{host, target.address};
  const std::string& base = target.tlsa.base.empty() ? host : target.tlsa.base;
  const std::string& zone = target.tlsa.zone.empty() ? host : target.tlsa.zone;
  const std::string owner = "_25._tcp." + base;
  const bool is_tlsa = target.tlsa.signed_name.empty();
  return shell_command(
      row.verify, {{"dns", CommandValue::dig_server(vantage.dns_server, vantage.dns_port)},
                   {"ca_cert", CommandValue::file_option("--cacert", trust)},
                   {"ca_file", CommandValue::file_option("-CAfile", trust)},
                   {"domain", CommandValue::host(target.domain)},
                   {"policy_host", CommandValue::host(policy_host)},
                   {"host", CommandValue::host(host)},
                   {"name", CommandValue::dns_name(host)},
                   {"connect", peer.endpoint(port)},
                   {"connect_to", peer.connect_to(port)},
                   {"nc", peer.host_and_port(port)},
                   {"tlsa", CommandValue::host(owner)},
                   {"signed", CommandValue::dns_name(is_tlsa ? owner : target.tlsa.signed_name)},
                   {"type", CommandValue::host(is_tlsa ? "TLSA" : target.tlsa.signed_type)},
                   {"tlsa_base", CommandValue::host(base)},
                   {"tlsa_rrdata", CommandValue::tlsa_options(target.tlsa.records)},
                   {"zone", CommandValue::dns_name(zone)}});
}

std::string example_command(const FindingRow& row) {
  VerifyTarget target{"example.com", {}, {}};
  bool mail = row.stage == Stage::mx || row.stage == Stage::smtp ||
              row.stage == Stage::mx_certificate || row.stage == Stage::dane;
  target.tlsa.base = "mx1.example.com";
  // SHA-256 of nothing.
  target.tlsa.records = {"3 1 1 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"};
  if (mail) target.host = "mx1.example.com";
  return verify_command(row, Vantage(), target);
}

}  // namespace mtasts::verdict
