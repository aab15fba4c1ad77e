// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The world of the samples in README.md and docs/: a DNS server, policy hosts and mail servers on
// loopback. example.com has one fault, a wildcard that does not cover its MX host; example.net is
// healthy. Prints where they are as one JSON object, and ends when its standard input does.
#include <iostream>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "fakes/certificate_factory.h"
#include "fakes/dns_packet.h"
#include "fakes/dns_server.h"
#include "fakes/https_server.h"
#include "fakes/smtp_server.h"

namespace mtasts::fakes {
namespace {

constexpr const char* kCanary = "canary.example";

std::string policy_of(const std::string& pattern) {
  return "version: STSv1\r\nmode: enforce\r\nmx: " + pattern + "\r\nmax_age: 2592000\r\n";
}

void publish(DnsServer& dns, const std::string& domain, const std::string& address) {
  dns.add_txt("_mta-sts." + domain, "v=STSv1; id=20261101T100000;");
  dns.add_txt("_smtp._tls." + domain, "v=TLSRPTv1; rua=mailto:tlsrpt@" + domain);
  dns.add_address("mta-sts." + domain, address);
}

Identity certificate_for(const CertificateAuthority& authority, std::vector<std::string> names) {
  LeafOptions options;
  options.common_name = names.front();
  options.dns_names = std::move(names);
  return authority.issue(options);
}

int run() {
  AuthorityOptions root_name;
  root_name.common_name = "Example Root";
  AuthorityOptions inner_name;
  inner_name.common_name = "Example CA 1";
  auto root = CertificateAuthority::root(root_name);
  auto inner = root.intermediate(inner_name);
  TemporaryDirectory directory;
  auto ca_file = write_pem(directory.path(), "roots.pem", root.certificate_pem());

  const std::string com = "127.63.0.1";
  const std::string net = "127.63.0.2";
  HttpsScript com_policy;
  com_policy.response = policy_response(policy_of("*.example.com"));
  HttpsServer com_host(certificate_for(inner, {"mta-sts.example.com"}), com_policy, com);
  HttpsScript net_policy;
  net_policy.response = policy_response(policy_of("*.example.net"));
  HttpsServer net_host(certificate_for(inner, {"mta-sts.example.net", kCanary}), net_policy, net,
                       com_host.port());
  SmtpScript com_mail;
  com_mail.identity = certificate_for(inner, {"mx1.eu.example.com"});
  SmtpServer com_mx(com_mail, com);
  SmtpScript net_mail;
  net_mail.identity = certificate_for(inner, {"mx1.example.net", "mx2.example.net"});
  SmtpServer net_mx(net_mail, net, com_mx.port());

  DnsServer dns;
  publish(dns, "example.com", com);
  dns.add_mx("example.com", 10, "mx1.eu.example.com");
  dns.add_address("mx1.eu.example.com", com);
  publish(dns, "example.net", net);
  dns.add_mx("example.net", 10, "mx1.example.net");
  dns.add_mx("example.net", 20, "mx2.example.net");
  // One with a slip, one for mail to nobody, for `generate`.
  dns.add_mx("slip.example", 10, "mx1.example.net");
  dns.add_mx("slip.example", 20, "mx.slip.example.slip.example");
  dns.add_mx("null.example", 0, "");
  dns.add_mx("dane.example", 10, "mx.dane.example");
  dns.add_address("mx.dane.example", net);
  dns.add_tlsa("_25._tcp.mx.dane.example", wire_tlsa(3, 1, 1, std::string(64, 'a')));
  dns.add_address("mx1.example.net", net);
  dns.add_address("mx2.example.net", net);
  dns.add_address(kCanary, net);
  dns.add_ns(kCanary, "ns.example");

  nlohmann::json places = {{"dns", dns.port()},         {"https", com_host.port()},
                           {"smtp", com_mx.port()},     {"ca_file", ca_file.string()},
                           {"canary", kCanary},         {"canary_mx", "mx1.example.net"},
                           {"dns_address", "127.0.0.1"}};
  std::cout << places.dump() << std::endl;
  std::cin.ignore(std::numeric_limits<std::streamsize>::max());
  return 0;
}

}  // namespace
}  // namespace mtasts::fakes

int main() { return mtasts::fakes::run(); }
