// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// A scripted in-memory AuthorityProber: a server that is not scripted does not answer. Loop thread
// only.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "async/deadline.h"
#include "net/dns/authority_prober.h"

namespace mtasts::fakes {

class FakeAuthorityProber : public net::AuthorityProber {
 public:
  struct Server {
    protocol::AuthorityAnswer answer;
    std::optional<uint32_t> serial;
  };
  std::map<std::string, Server> servers;  // by address
  std::vector<std::string> asked;         // addresses
  std::vector<std::string> serials_asked;
  std::map<std::string, Server> later;  // replaces the server after its first answer

  Server& script(const std::string& address, std::vector<std::string> texts, uint32_t serial = 1) {
    Server& server = servers[address];
    server.answer.answer.status =
        texts.empty() ? protocol::DnsStatus::nodata : protocol::DnsStatus::answered;
    server.answer.answer.texts = std::move(texts);
    server.answer.authoritative = true;
    server.serial = serial;
    return server;
  }

  boost::asio::awaitable<protocol::AuthorityAnswer> ask(IpAddress server, std::string name,
                                                        protocol::RecordType type) override {
    asked.push_back(server.text());
    co_await async::sleep_for(std::chrono::milliseconds(0));
    protocol::AuthorityAnswer result;
    result.answer.status = protocol::DnsStatus::timeout;
    auto found = servers.find(server.text());
    if (found != servers.end()) result = found->second.answer;
    auto next = later.find(server.text());
    if (next != later.end()) servers[server.text()] = next->second;
    result.answer.name = name;
    result.answer.type = type;
    co_return result;
  }
  boost::asio::awaitable<std::optional<uint32_t>> serial(IpAddress server, std::string) override {
    serials_asked.push_back(server.text());
    co_await async::sleep_for(std::chrono::milliseconds(0));
    auto found = servers.find(server.text());
    if (found == servers.end()) co_return std::nullopt;
    co_return found->second.serial;
  }
};

}  // namespace mtasts::fakes
