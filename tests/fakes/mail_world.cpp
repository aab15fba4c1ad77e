// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "fakes/mail_world.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace mtasts::fakes {
namespace {

using protocol::RecordType;

constexpr size_t kProviders = 10;
// A provider hosts consecutive domains, so that each has both good and bad ones.
constexpr size_t kDomainsInARow = 10;
// Every n-th domain has its own MX host name on the address of its provider.
constexpr size_t kOwnMxName = 4;
constexpr const char* kCanary = "canary.example";

size_t provider_of(size_t domain) { return domain / kDomainsInARow % kProviders; }

MailDomain domain_of(size_t number) {
  MailDomain domain;
  domain.name = fmt::format("d{:03}.example", number);
  domain.policy_host = "mta-sts." + domain.name;
  size_t provider = provider_of(number);
  domain.mx_host = number % kOwnMxName == 0 ? fmt::format("mx{}.p{}.example", number, provider)
                                            : fmt::format("mx.p{}.example", provider);
  domain.policy =
      "version: STSv1\r\nmode: enforce\r\n"
      "mx: *.p" +
      std::to_string(provider) + ".example\r\nmax_age: 2592000\r\n";
  return domain;
}

}  // namespace

MailWorld::MailWorld(size_t domains)
    : root_(CertificateAuthority::root()),
      inner_(root_.intermediate()),
      ca_file_(write_pem(directory_.path(), "roots.pem", root_.certificate_pem()).string()) {
  std::vector<std::vector<std::string>> policy_hosts(kProviders);
  for (size_t number = 0; number < domains; ++number) {
    domains_.push_back(domain_of(number));
    policy_hosts[provider_of(number)].push_back(domains_.back().policy_host);
  }
  policy_hosts.front().emplace_back(kCanary);
  for (size_t number = 0; number < kProviders; ++number) add_provider(number, policy_hosts[number]);
  for (size_t number = 0; number < domains; ++number) add_domain(number);
  dns_.add_address(kCanary, providers_.front().address);
  dns_.add_ns(kCanary, "ns.example");
}

// The first provider uses free ports on 127.0.0.1; all others use the same port numbers.
void MailWorld::add_provider(size_t number, const std::vector<std::string>& policy_hosts) {
  Provider provider;
  provider.address = number == 0 ? "127.0.0.1" : fmt::format("127.61.0.{}", number);
  LeafOptions names;
  names.dns_names = policy_hosts;
  HttpsScript policy;
  policy.response = policy_response(domains_.at(number * kDomainsInARow % domains_.size()).policy);
  provider.https = std::make_unique<HttpsServer>(inner_.issue(names), std::move(policy),
                                                 provider.address, https_port_);
  https_port_ = provider.https->port();
  SmtpScript mail;
  mail.identity = identity_for(fmt::format("*.p{}.example", number));
  provider.smtp = std::make_unique<SmtpServer>(std::move(mail), provider.address, smtp_port_);
  smtp_port_ = provider.smtp->port();
  dns_.add_address(fmt::format("mx.p{}.example", number), provider.address);
  providers_.push_back(std::move(provider));
}

void MailWorld::add_domain(size_t number) {
  const MailDomain& domain = domains_[number];
  const std::string& address = providers_[provider_of(number)].address;
  dns_.add_txt("_mta-sts." + domain.name, fmt::format("v=STSv1; id=20261101T{:06};", number));
  dns_.add_txt("_smtp._tls." + domain.name, "v=TLSRPTv1; rua=mailto:reports@" + domain.name);
  dns_.add_address(domain.policy_host, address);
  dns_.add_mx(domain.name, 10, domain.mx_host);
  if (number % kOwnMxName == 0) dns_.add_address(domain.mx_host, address);
}

settings::Settings MailWorld::settings() const {
  settings::Settings settings;
  settings.check.timeout = std::chrono::seconds(10);
  settings.dns = dns_.settings(std::chrono::milliseconds(500), 2);
  settings.https.port = https_port_;
  settings.https.timeout = std::chrono::seconds(2);
  settings.https.ca_file = ca_file_;
  settings.smtp.port = smtp_port_;
  settings.smtp.timeout = std::chrono::seconds(2);
  settings.smtp.ca_file = ca_file_;
  settings.smtp.ehlo_name = "probe.example";
  settings.canary.dns = {kCanary};
  settings.canary.https = {kCanary};
  settings.canary.smtp = {"mx.p0.example"};
  settings.network.allow_private_addresses = true;
  settings.network.families = {AddressFamily::ipv4};
  return settings;
}

Identity MailWorld::identity_for(const std::string& host, LeafOptions options) const {
  if (options.dns_names.empty()) options.dns_names = {host};
  return inner_.issue(options);
}

std::string MailWorld::new_address() {
  size_t number = addresses_++;
  return fmt::format("127.62.{}.{}", number / 250, number % 250 + 1);
}

void MailWorld::move_policy(const MailDomain& domain, const std::string& address) {
  dns_.remove(domain.policy_host, RecordType::a);
  dns_.add_address(domain.policy_host, address);
}

void MailWorld::move_mail(const MailDomain& domain, const std::string& address) {
  dns_.remove(domain.name, RecordType::mx);
  dns_.add_mx(domain.name, 10, mx_host_of_its_own(domain));
  dns_.add_address(mx_host_of_its_own(domain), address);
}

std::string MailWorld::mx_host_of_its_own(const MailDomain& domain) {
  return domain.name.substr(0, domain.name.find('.')) +
         domain.mx_host.substr(domain.mx_host.find('.'));
}

void MailWorld::give_policy_server(const MailDomain& domain, HttpsScript script,
                                   Identity identity) {
  std::string address = new_address();
  https_servers_.push_back(
      std::make_unique<HttpsServer>(std::move(identity), std::move(script), address, https_port_));
  move_policy(domain, address);
}

void MailWorld::give_mx_server(const MailDomain& domain, SmtpScript script) {
  std::string address = new_address();
  smtp_servers_.push_back(std::make_unique<SmtpServer>(std::move(script), address, smtp_port_));
  move_mail(domain, address);
}

void MailWorld::refuse_policy(const MailDomain& domain) { move_policy(domain, new_address()); }

void MailWorld::refuse_mail(const MailDomain& domain) { move_mail(domain, new_address()); }

void MailWorld::flood_mx(const MailDomain& domain, size_t hosts, SmtpScript script) {
  std::string address = new_address();
  smtp_servers_.push_back(std::make_unique<SmtpServer>(std::move(script), address, smtp_port_));
  dns_.remove(domain.name, RecordType::mx);
  for (size_t number = 0; number < hosts; ++number) {
    std::string host = fmt::format("flood{}-{}", number, mx_host_of_its_own(domain));
    dns_.add_mx(domain.name, 10, host);
    dns_.add_address(host, address);
  }
}

}  // namespace mtasts::fakes
