// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "net/dns/ares_resolver.h"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>
#include <vector>

#include "async/keyed_lock.h"
#include "net/dns/ares_channel.h"
#include "protocol/dns/message.h"

namespace mtasts::net {

// Questions over TCP. Each has an AresChannel, and so a connection, of its own: c-ares ends all
// queries of a channel when a connection fails. There are 16 at a time. Held by shared_ptr: a
// waiting coroutine keeps it alive.
class TcpLanes {
 public:
  TcpLanes(boost::asio::any_io_executor executor, const settings::DnsSettings& settings)
      : executor_(std::move(executor)), settings_(settings), lanes_(executor_) {}

  size_t next_lane() { return next_++ % kLanes; }
  async::KeyedLock<size_t>& lanes() { return lanes_; }
  // Null after close().
  std::shared_ptr<AresChannel> open() {
    if (closed_) return nullptr;
    auto channel = std::make_shared<AresChannel>(executor_, settings_, AresChannel::Transport::tcp);
    std::erase_if(open_, [](const auto& other) { return other.expired(); });
    open_.push_back(channel);
    return channel;
  }
  void close() {
    closed_ = true;
    for (const auto& held : open_)
      if (auto channel = held.lock()) channel->close();
  }

 private:
  static constexpr size_t kLanes = 16;
  boost::asio::any_io_executor executor_;
  settings::DnsSettings settings_;
  async::KeyedLock<size_t> lanes_;
  size_t next_ = 0;
  bool closed_ = false;
  std::vector<std::weak_ptr<AresChannel>> open_;
};

namespace {

using boost::asio::awaitable;
using protocol::DnsAnswer;
using protocol::DnsStatus;
using protocol::RecordType;

// State shared by the questions of one query(); lives in its coroutine frame.
struct Inquiry {
  std::shared_ptr<AresChannel> channel;
  std::shared_ptr<TcpLanes> lanes;
  std::string client;
  protocol::DnssecFlags flags;
  // Set when the first question is sent; later questions get the remaining time.
  AresChannel::Instant deadline = AresChannel::Instant::max();
};

protocol::DnsResponse unanswered(const std::string& name, RecordType type, DnsStatus status,
                                 std::string detail) {
  protocol::DnsResponse response;
  response.answer.name = name;
  response.answer.type = type;
  response.answer.status = status;
  response.answer.detail = std::move(detail);
  return response;
}

// Asks one question on the channel until the deadline, which is set when the question is sent.
awaitable<protocol::DnsResponse> ask_on(std::shared_ptr<AresChannel> channel, Inquiry& inquiry,
                                        AresChannel::Instant& deadline, const std::string& name,
                                        RecordType type) {
  const auto waiter = std::make_shared<AresChannel::Waiter>(channel->executor());
  waiter->deadline = deadline;
  channel->ask(inquiry.client, name, type, inquiry.flags, waiter);
  while (!waiter->done) {
    const auto state = co_await boost::asio::this_coro::cancellation_state;
    if (state.cancelled() != boost::asio::cancellation_type::none) {
      co_return unanswered(name, type, DnsStatus::cancelled, "cancelled");
    }
    if (std::chrono::steady_clock::now() >= waiter->deadline) {
      deadline = waiter->deadline;
      co_return unanswered(name, type, DnsStatus::timeout, "no response");
    }
    waiter->timer.expires_at(waiter->deadline);
    boost::system::error_code ignored;
    co_await waiter->timer.async_wait(
        boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
  }
  deadline = waiter->deadline;
  co_return std::move(waiter->response);
}

// The response was truncated over UDP. That TCP does not work then is no failure of the agent's
// own network, which has just carried the response: it counts while DNS works otherwise.
awaitable<protocol::DnsResponse> ask_over_tcp(Inquiry& inquiry, const std::string& name,
                                              RecordType type) {
  const std::shared_ptr<TcpLanes> lanes = inquiry.lanes;
  const auto held = co_await lanes->lanes().acquire(lanes->next_lane());
  const std::shared_ptr<AresChannel> channel = lanes->open();
  if (channel == nullptr)
    co_return unanswered(name, type, DnsStatus::cancelled, "the resolver was shut down");
  AresChannel::Instant deadline = AresChannel::Instant::max();
  protocol::DnsResponse response = co_await ask_on(channel, inquiry, deadline, name, type);
  channel->close();
  inquiry.deadline = deadline;
  DnsAnswer& answer = response.answer;
  if (answer.status == DnsStatus::unreachable)
    answer.status = DnsStatus::servfail;
  else if (answer.status != DnsStatus::timeout)
    co_return response;
  answer.detail = "truncated over UDP, and over TCP: " + answer.detail;
  co_return response;
}

awaitable<protocol::DnsResponse> ask(Inquiry& inquiry, const std::string& name, RecordType type) {
  protocol::DnsResponse response =
      co_await ask_on(inquiry.channel, inquiry, inquiry.deadline, name, type);
  if (response.truncated) co_return co_await ask_over_tcp(inquiry, name, type);
  co_return response;
}

void merge_dnssec(const DnsAnswer& total, DnsAnswer& next) {
  protocol::DnssecFacts& facts = next.dnssec;
  auto& signatures = facts.signatures;
  signatures.insert(signatures.begin(), total.dnssec.signatures.begin(),
                    total.dnssec.signatures.end());
  if (signatures.size() > protocol::kSignatureLimit) signatures.resize(protocol::kSignatureLimit);
  facts.wildcard |= total.dnssec.wildcard;
}

// Appends the next answer of a CNAME chain to the total; false when the chain is broken.
bool merge(DnsAnswer& total, DnsAnswer next) {
  const bool first = total.cname_chain.empty();
  const std::vector<std::string> links = std::move(next.cname_chain);
  next.name = std::move(total.name);
  next.cname_chain = std::move(total.cname_chain);
  if (!first) {
    next.authenticated = next.authenticated && total.authenticated;
    merge_dnssec(total, next);
    const bool has_ttl = !links.empty() || next.status == DnsStatus::answered;
    next.ttl = has_ttl ? std::min(next.ttl, total.ttl) : total.ttl;
  }
  const auto fault = protocol::extend_chain(next, links);
  total = std::move(next);
  if (!fault) return true;
  total.status = DnsStatus::servfail;
  total.detail = *fault;
  return false;
}

awaitable<bool> follow(Inquiry& inquiry, DnsAnswer& total) {
  std::string current = total.name;
  for (;;) {
    protocol::DnsResponse response = co_await ask(inquiry, current, total.type);
    const bool open = response.target_open;
    const bool whole = merge(total, std::move(response.answer)) && !response.chain_broken;
    if (!whole) co_return false;
    // Each open answer made the chain longer, and merge() stops at 16.
    if (!open) co_return true;
    current = total.cname_chain.back();
  }
}

// Recursive resolvers answer a CNAME loop with a plain SERVFAIL; single CNAME questions reveal it.
// Stops at the end of the chain, at the first failure or at the deadline.
awaitable<void> find_cname_loop(Inquiry& inquiry, DnsAnswer& answer) {
  std::string current = answer.cname_chain.empty() ? answer.name : answer.cname_chain.back();
  for (;;) {
    const protocol::DnsResponse response = co_await ask(inquiry, current, RecordType::cname);
    if (response.answer.status != DnsStatus::answered) co_return;
    current = response.answer.names.front();
    const std::vector<std::string> link(1, current);
    const auto fault = protocol::extend_chain(answer, link);
    if (!fault) continue;
    answer.detail += "; " + *fault;
    co_return;
  }
}

bool may_be_loop(const DnsAnswer& answer) {
  // A loop at a TLSA name also shows at the addresses of the host; NS names have no CNAMEs (RFC
  // 2181 §10.3).
  const bool followed = answer.type == RecordType::txt || answer.type == RecordType::mx ||
                        answer.type == RecordType::a || answer.type == RecordType::aaaa;
  return followed && answer.status == DnsStatus::servfail && !answer.cname_loop;
}

void name_servers(DnsAnswer& answer, const AresChannel& channel) {
  if (answer.status == DnsStatus::answered || answer.status == DnsStatus::cancelled) return;
  if (answer.status == DnsStatus::timeout) {
    answer.detail += " within " + std::to_string(channel.patience().count()) + " ms";
  }
  if (!channel.servers().empty()) answer.detail += " from " + channel.servers();
}

awaitable<DnsAnswer> resolve(std::shared_ptr<AresChannel> channel, std::shared_ptr<TcpLanes> lanes,
                             CheckMetrics& metrics, std::string client, std::string name,
                             RecordType type, protocol::DnssecFlags flags) {
  // Cancellation is reported as an answer, not as an exception; the caller's setting is restored
  // below.
  const bool throws = co_await boost::asio::this_coro::throw_if_cancelled();
  co_await boost::asio::this_coro::throw_if_cancelled(false);
  const auto began = std::chrono::steady_clock::now();
  metrics.count_dns_query(protocol::name_of(type));
  DnsAnswer answer;
  answer.type = type;
  const auto canonical = protocol::canonical_name(name);
  if (canonical) {
    answer.name = *canonical;
    Inquiry inquiry;
    inquiry.channel = channel;
    inquiry.lanes = lanes;
    inquiry.client = client;
    inquiry.flags = flags;
    const bool whole = co_await follow(inquiry, answer);
    // Under CD it is asked what a failure hides; the loop was looked for before.
    if (whole && !flags.checking_disabled && may_be_loop(answer))
      co_await find_cname_loop(inquiry, answer);
    name_servers(answer, *channel);
  } else {
    answer.name = std::move(name);
    answer.status = DnsStatus::nxdomain;
    answer.detail =
        "not a DNS name: a label is empty or longer than 63 octets, or the name is longer than 255";
  }
  if (!is_conclusive(answer.status)) metrics.count_dns_failure(protocol::name_of(answer.status));
  if (answer.status != DnsStatus::cancelled)
    metrics.observe_phase(Phase::dns, std::chrono::steady_clock::now() - began);
  co_await boost::asio::this_coro::throw_if_cancelled(throws);
  co_return answer;
}

}  // namespace

AresResolver::AresResolver(boost::asio::any_io_executor executor,
                           const settings::DnsSettings& settings, CheckMetrics& metrics)
    : channel_(std::make_shared<AresChannel>(executor, settings)),
      lanes_(std::make_shared<TcpLanes>(executor, settings)),
      metrics_(metrics) {}

AresResolver::~AresResolver() {
  channel_->close();
  lanes_->close();
}

awaitable<DnsAnswer> AresResolver::query(std::string name, RecordType type) {
  return resolve(channel_, lanes_, metrics_, {}, std::move(name), type, {});
}

awaitable<DnsAnswer> AresResolver::query_for(std::string client, std::string name,
                                             RecordType type) {
  return resolve(channel_, lanes_, metrics_, std::move(client), std::move(name), type, {});
}

awaitable<DnsAnswer> AresResolver::query_dnssec(std::string client, std::string name,
                                                RecordType type, protocol::DnssecFlags flags) {
  return resolve(channel_, lanes_, metrics_, std::move(client), std::move(name), type, flags);
}

std::string AresResolver::servers() const { return channel_->servers(); }

size_t AresResolver::in_flight() const { return channel_->in_flight(); }

}  // namespace mtasts::net
