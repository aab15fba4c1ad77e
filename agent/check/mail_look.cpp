// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "check/mail_look.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include "async/deadline.h"
#include "async/when_all.h"
#include "net/dns/ares_resolver.h"

namespace mtasts::check {
namespace {

namespace asio = boost::asio;
using protocol::DnsAnswer;
using protocol::DnsStatus;
using protocol::RecordType;

asio::awaitable<void> query(net::Resolver& resolver, std::string name, RecordType type,
                            DnsAnswer& answer) {
  answer.name = name;
  answer.type = type;
  answer = co_await resolver.query(name, type);
}

void add_addresses(net::Resolver& resolver, const std::string& host,
                   std::vector<DnsAnswer>& answers, std::vector<asio::awaitable<void>>& parts) {
  answers.resize(2);
  parts.push_back(query(resolver, host, RecordType::a, answers[0]));
  parts.push_back(query(resolver, host, RecordType::aaaa, answers[1]));
}

std::vector<std::string> hosts_of(const DnsAnswer& mx) {
  std::vector<protocol::MxRecord> records = mx.mx;
  std::stable_sort(records.begin(), records.end(),
                   [](const auto& a, const auto& b) { return a.preference < b.preference; });
  std::vector<std::string> hosts;
  for (const protocol::MxRecord& record : records)
    if (std::find(hosts.begin(), hosts.end(), record.host) == hosts.end())
      hosts.push_back(record.host);
  return hosts;
}

asio::awaitable<void> look_at_hosts(net::Resolver& resolver, std::string domain, MailLook& look) {
  co_await query(resolver, domain, RecordType::mx, look.mx);
  if (look.mx.status == DnsStatus::nodata) {
    std::vector<asio::awaitable<void>> parts;
    add_addresses(resolver, domain, look.apex, parts);
    co_await async::when_all(std::move(parts));
    look.implicit_mx = std::any_of(look.apex.begin(), look.apex.end(), [](const DnsAnswer& answer) {
      return answer.status == DnsStatus::answered;
    });
    if (!look.implicit_mx) co_return;
    look.hosts.resize(1);
    look.hosts[0].host = domain;
    look.hosts[0].addresses = look.apex;
    look.hosts_in_all = 1;
    co_return;
  }
  std::vector<std::string> hosts = hosts_of(look.mx);
  look.hosts_in_all = hosts.size();
  look.hosts.resize(std::min(hosts.size(), MailLook::kMostHosts));
  std::vector<asio::awaitable<void>> parts;
  for (size_t i = 0; i < look.hosts.size(); ++i) {
    MailLook::Host& host = look.hosts[i];
    host.host = hosts[i];
    if (host.host.empty() || IpAddress::parse(host.host)) continue;
    add_addresses(resolver, host.host, host.addresses, parts);
  }
  co_await async::when_all(std::move(parts));
}

asio::awaitable<void> run(net::Resolver& resolver, std::string domain, MailLook& look,
                          std::chrono::milliseconds limit, bool& ended) {
  co_await async::with_deadline(look_at_mail(resolver, domain, look), limit);
  ended = true;
}

}  // namespace

asio::awaitable<bool> look_at_mail(net::Resolver& resolver, std::string domain, MailLook& look) {
  std::string record = "_mta-sts." + domain;
  std::string tlsrpt = "_smtp._tls." + domain;
  std::vector<asio::awaitable<void>> parts;
  parts.push_back(look_at_hosts(resolver, domain, look));
  parts.push_back(query(resolver, record, RecordType::txt, look.record));
  parts.push_back(query(resolver, tlsrpt, RecordType::txt, look.tlsrpt));
  co_await async::when_all(std::move(parts));
  co_return true;
}

MailLook look_at_mail_now(const settings::Settings& settings, const DomainName& domain) {
  asio::io_context loop(1);  // outlives everything that runs on it
  net::AresResolver resolver(loop.get_executor(), settings.dns);
  MailLook look;
  bool ended = false;
  asio::co_spawn(loop, run(resolver, domain.text(), look, settings.check.timeout, ended),
                 asio::detached);
  while (!ended && loop.run_one() > 0) {
  }
  return look;
}

}  // namespace mtasts::check
