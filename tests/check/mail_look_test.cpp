// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "check/mail_look.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include "fakes/dns_server.h"
#include "fakes/fake_ports.h"

namespace mtasts::check {
namespace {

using protocol::DnsStatus;
using protocol::RecordType;

boost::asio::awaitable<void> store(fakes::FakeResolver& resolver, std::string domain,
                                   MailLook& look) {
  co_await look_at_mail(resolver, domain, look);
}

MailLook look_with(fakes::FakeResolver& resolver) {
  boost::asio::io_context loop(1);
  MailLook look;
  boost::asio::co_spawn(loop, store(resolver, "example.com", look), boost::asio::detached);
  loop.run();
  return look;
}

TEST(MailLook, HostsByPreferenceWithTheirAddresses) {
  fakes::FakeResolver resolver;
  resolver.script("example.com", RecordType::mx).mx = {
      {20, "mx2.example.com"}, {10, "mx1.example.com"}, {30, "mx1.example.com"}};
  resolver.add_address("mx1.example.com", "192.175.48.1");
  resolver.script("_mta-sts.example.com", RecordType::txt).texts = {"v=STSv1; id=1"};
  MailLook look = look_with(resolver);
  ASSERT_EQ(look.hosts.size(), 2u);
  EXPECT_EQ(look.hosts_in_all, 2u);
  EXPECT_EQ(look.hosts[0].host, "mx1.example.com");
  ASSERT_EQ(look.hosts[0].addresses.size(), 2u);
  EXPECT_EQ(look.hosts[0].addresses[0].addresses.size(), 1u);
  EXPECT_EQ(look.hosts[1].addresses[0].status, DnsStatus::nxdomain);
  EXPECT_EQ(look.record.texts.size(), 1u);
  EXPECT_EQ(look.tlsrpt.status, DnsStatus::nxdomain);
  EXPECT_FALSE(look.implicit_mx);
}

TEST(MailLook, TheDomainItselfWithoutMx) {
  fakes::FakeResolver resolver;
  resolver.script("example.com", RecordType::mx, DnsStatus::nodata);
  resolver.add_address("example.com", "192.175.48.1");
  MailLook look = look_with(resolver);
  EXPECT_TRUE(look.implicit_mx);
  ASSERT_EQ(look.hosts.size(), 1u);
  EXPECT_EQ(look.hosts[0].host, "example.com");
}

TEST(MailLook, NoMailAtAll) {
  fakes::FakeResolver resolver;
  resolver.script("example.com", RecordType::mx, DnsStatus::nodata);
  resolver.script("example.com", RecordType::a, DnsStatus::nodata);
  resolver.script("example.com", RecordType::aaaa, DnsStatus::nodata);
  MailLook look = look_with(resolver);
  EXPECT_FALSE(look.implicit_mx);
  EXPECT_TRUE(look.hosts.empty());
  EXPECT_EQ(look.apex.size(), 2u);
}

TEST(MailLook, NeitherNullMxNorAddressesAreLookedUp) {
  fakes::FakeResolver resolver;
  resolver.script("example.com", RecordType::mx).mx = {{0, ""}, {10, "192.0.2.1"}};
  MailLook look = look_with(resolver);
  ASSERT_EQ(look.hosts.size(), 2u);
  EXPECT_TRUE(look.hosts[0].addresses.empty());
  EXPECT_TRUE(look.hosts[1].addresses.empty());
  EXPECT_EQ(resolver.asked.size(), 3u);
}

TEST(MailLook, HostsAreBounded) {
  fakes::FakeResolver resolver;
  protocol::DnsAnswer& mx = resolver.script("example.com", RecordType::mx);
  for (int i = 0; i < 500; ++i) mx.mx.push_back({10, "mx" + std::to_string(i) + ".example.com"});
  MailLook look = look_with(resolver);
  EXPECT_EQ(look.hosts.size(), MailLook::kMostHosts);
  EXPECT_EQ(look.hosts_in_all, 500u);
  EXPECT_LE(resolver.asked.size(), 3 + 2 * MailLook::kMostHosts);
}

TEST(MailLook, WithAServer) {
  fakes::DnsServer server;
  server.add_mx("example.com", 10, "mx1.example.com");
  server.add_address("mx1.example.com", "192.175.48.1");
  settings::Settings settings;
  settings.dns = server.settings();
  MailLook look = look_at_mail_now(settings, *DomainName::parse("example.com"));
  EXPECT_EQ(look.mx.status, DnsStatus::answered);
  ASSERT_EQ(look.hosts.size(), 1u);
  EXPECT_EQ(look.hosts[0].addresses[0].status, DnsStatus::answered);
}

TEST(MailLook, EndsWithTheTimeout) {
  fakes::DnsServer server;
  server.behave("example.com", fakes::DnsBehaviour::silent);
  settings::Settings settings;
  settings.dns = server.settings(std::chrono::seconds(60));
  settings.check.timeout = std::chrono::milliseconds(200);
  MailLook look = look_at_mail_now(settings, *DomainName::parse("example.com"));
  EXPECT_EQ(look.mx.status, DnsStatus::cancelled);
  EXPECT_TRUE(look.hosts.empty());
}

}  // namespace
}  // namespace mtasts::check
