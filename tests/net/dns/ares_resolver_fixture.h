// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Shared by the AresResolver tests: a scripted server, a loop, and a resolver that uses both.
// Single-threaded except for the server.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "fakes/dns_server.h"
#include "net/dns/ares_resolver.h"

namespace mtasts::net {

// Long enough for a slow machine; a test that needs a timeout sets a short one.
inline constexpr std::chrono::milliseconds kPatience(10'000);

class AresResolverFixture : public testing::Test {
 protected:
  void use(std::chrono::milliseconds timeout, int tries) {
    resolver = std::make_unique<AresResolver>(io.get_executor(), server.settings(timeout, tries));
  }

  // Starts a query; the answer is available after run().
  std::shared_ptr<std::optional<protocol::DnsAnswer>> start(const std::string& name,
                                                            protocol::RecordType type) {
    const auto answer = std::make_shared<std::optional<protocol::DnsAnswer>>();
    const auto store = [answer](const std::exception_ptr& error, protocol::DnsAnswer value) {
      EXPECT_FALSE(error);
      *answer = std::move(value);
    };
    boost::asio::co_spawn(io, resolver->query(name, type), store);
    return answer;
  }

  // The same for the check of a domain.
  std::shared_ptr<std::optional<protocol::DnsAnswer>> start_for(const std::string& client,
                                                                const std::string& name,
                                                                protocol::RecordType type) {
    const auto answer = std::make_shared<std::optional<protocol::DnsAnswer>>();
    const auto store = [answer](const std::exception_ptr& error, protocol::DnsAnswer value) {
      EXPECT_FALSE(error);
      *answer = std::move(value);
    };
    boost::asio::co_spawn(io, resolver->query_for(client, name, type), store);
    return answer;
  }

  void run() {
    io.restart();
    io.run();
  }

  protocol::DnsAnswer ask(const std::string& name, protocol::RecordType type) {
    const auto answer = start(name, type);
    run();
    return answer->value_or(protocol::DnsAnswer{});
  }

  fakes::DnsServer server;
  boost::asio::io_context io;
  std::unique_ptr<AresResolver> resolver =
      std::make_unique<AresResolver>(io.get_executor(), server.settings(kPatience, 2));
};

}  // namespace mtasts::net
