// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// MailWorld: domains with MTA-STS, one DNS server, and mail providers that host policies and
// receive mail, all on addresses of 127/8 with a common HTTPS port and a common SMTP port.
// Everything is healthy until a domain is moved to its own server or its DNS is scripted to fail.
// May be changed by one thread while it runs; the destructor ends all servers. IPv4 only. Throws
// when it cannot be built.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "fakes/certificate_factory.h"
#include "fakes/dns_server.h"
#include "fakes/https_server.h"
#include "fakes/smtp_server.h"
#include "settings/settings.h"

namespace mtasts::fakes {

struct MailDomain {
  std::string name;         // "d017.example"
  std::string policy_host;  // "mta-sts.d017.example"
  std::string mx_host;      // covered by the policy; many domains share one
  std::string policy;       // mode enforce, valid, CRLF lines
};

class MailWorld {
 public:
  explicit MailWorld(size_t domains);

  const std::vector<MailDomain>& domains() const { return domains_; }
  DnsServer& dns() { return dns_; }

  // Settings that trust only this world; short limits, canaries at a healthy provider.
  settings::Settings settings() const;

  // A valid certificate for the host; a name set in the options is kept.
  Identity identity_for(const std::string& host, LeafOptions options = {}) const;

  // Moves the policy or the mail of the domain to its own server. Mail moves to a new name,
  // mx_host_of_its_own(), that no other domain uses.
  void give_policy_server(const MailDomain& domain, HttpsScript script, Identity identity);
  void give_mx_server(const MailDomain& domain, SmtpScript script);
  static std::string mx_host_of_its_own(const MailDomain& domain);
  // As above, but to an address where nothing listens.
  void refuse_policy(const MailDomain& domain);
  void refuse_mail(const MailDomain& domain);
  // Adds many MX hosts, all with the same address.
  void flood_mx(const MailDomain& domain, size_t hosts, SmtpScript script);

 private:
  struct Provider {
    std::unique_ptr<HttpsServer> https;
    std::unique_ptr<SmtpServer> smtp;
    std::string address;
  };

  void add_provider(size_t number, const std::vector<std::string>& policy_hosts);
  void add_domain(size_t number);
  std::string new_address();
  void move_policy(const MailDomain& domain, const std::string& address);
  void move_mail(const MailDomain& domain, const std::string& address);

  TemporaryDirectory directory_;
  CertificateAuthority root_;
  CertificateAuthority inner_;
  std::string ca_file_;
  DnsServer dns_;
  uint16_t https_port_ = 0;
  uint16_t smtp_port_ = 0;
  std::vector<Provider> providers_;
  std::vector<MailDomain> domains_;
  std::vector<std::unique_ptr<HttpsServer>> https_servers_;
  std::vector<std::unique_ptr<SmtpServer>> smtp_servers_;
  size_t addresses_ = 0;
};

}  // namespace mtasts::fakes
