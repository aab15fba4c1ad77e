// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "check/lookup.h"

#include <boost/asio/use_awaitable.hpp>

#include "async/when_all.h"

namespace mtasts::check {

namespace asio = boost::asio;
using protocol::DnsAnswer;
using protocol::RecordType;

asio::awaitable<void> Lookup::query(std::string name, RecordType type, std::string target,
                                    DnsAnswer& answer) {
  answer.name = name;
  answer.type = type;
  answer = co_await resolver_.query(name, type);
  if (protocol::is_conclusive(answer.status)) channels_.note_success(Channel::dns, target);
}

asio::awaitable<void> Lookup::addresses(std::string host, std::string target,
                                        std::vector<DnsAnswer>& answers) {
  answers.resize(2);
  std::vector<asio::awaitable<void>> lookups;
  lookups.push_back(query(host, RecordType::a, target, answers[0]));
  lookups.push_back(query(host, RecordType::aaaa, target, answers[1]));
  co_await async::when_all(std::move(lookups));
}

}  // namespace mtasts::check
