// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "check/lookup.h"

#include <boost/asio/use_awaitable.hpp>

#include "async/when_all.h"
#include "check/standstill.h"

namespace mtasts::check {

namespace asio = boost::asio;
using protocol::DnsAnswer;
using protocol::DnsStatus;
using protocol::RecordType;

asio::awaitable<void> Lookup::query(std::string name, RecordType type, std::string target,
                                    DnsAnswer& answer, std::string client,
                                    protocol::DnssecFlags flags) {
  answer.name = name;
  answer.type = type;
  Standstill standstill(lag_);
  if (client.empty()) client = target;
  if (flags == protocol::DnssecFlags{})
    answer = co_await resolver_.query_for(client, name, type);
  else
    answer = co_await resolver_.query_dnssec(client, name, type, flags);
  standstill.excuse(answer);
  if (protocol::is_conclusive(answer.status)) channels_.note_success(Channel::dns, target);
  if (answer.status == DnsStatus::answered) channels_.note_record();
}

asio::awaitable<void> Lookup::addresses(std::string host, std::string target,
                                        std::vector<DnsAnswer>& answers, std::string client) {
  answers.resize(2);
  std::vector<asio::awaitable<void>> lookups;
  lookups.push_back(query(host, RecordType::a, target, answers[0], client));
  lookups.push_back(query(host, RecordType::aaaa, target, answers[1], client));
  co_await async::when_all(std::move(lookups));
}

ChannelUse LookupSummary::use() const {
  ChannelUse use;  // a domain's own answers do not prove the channel
  for (const DnsAnswer* answer : answers_) {
    if (protocol::is_conclusive(answer->status) || answer->status == DnsStatus::cancelled) continue;
    use.failed = true;
    use.failure = failure_of(answer->status);
  }
  use.answered = !use.failed;
  return use;
}

asio::awaitable<void> LookupSummary::assess(ChannelMonitor& channels, const DnsAnswer& main,
                                            std::string target, SteadyTime since,
                                            ChannelSet& available,
                                            std::vector<verdict::ChannelFault>& faults) {
  bool finished = false, found = false, denied = false;
  for (const DnsAnswer* answer : answers_) {
    finished |= answer->status != DnsStatus::cancelled;
    found |= answer->status == DnsStatus::answered;
    denied |= protocol::is_denial(answer->status);
  }
  if (!finished) co_return;
  bool nxdomain = main.status == DnsStatus::nxdomain;
  ChannelUse seen = use();
  channels.note_lookups(target, seen.failed ? seen.failure
                                : nxdomain  ? failure_of(main.status)
                                            : uint16_t{0});
  if (denied && !found) {
    std::optional<std::string> reason = co_await channels.implausible_denial(nxdomain, since);
    if (reason) {
      faults.push_back({Channel::dns, verdict::ChannelFault::Kind::denies, *reason});
      for (DnsAnswer* answer : answers_)
        if (protocol::is_denial(answer->status)) answer->status = DnsStatus::denied;
      co_return;
    }
  }
  co_await channels.assess(Channel::dns, seen, target, since, available, faults);
}

}  // namespace mtasts::check
