// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "net/dns/ares_channel.h"

#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <limits>
#include <optional>
#include <utility>

#include "base/log.h"
#include "net/dns/ares_lane.h"
#include "net/dns/question_octets.h"

namespace mtasts::net {
namespace {

using protocol::DnsStatus;
using std::chrono::milliseconds;

// c-ares detects a timeout at the next tick; the deadline of the waiter is later than that.
constexpr milliseconds kTickLimit(100);
constexpr milliseconds kSlack(250);
constexpr int kMostCaseLost = 3;

std::optional<uint16_t> random_id() {
  unsigned char octets[2];
  if (RAND_bytes(octets, sizeof octets) != 1) return std::nullopt;
  return static_cast<uint16_t>(octets[0] << 8 | octets[1]);
}

}  // namespace

struct AresChannel::Socket {
  Socket(const boost::asio::any_io_executor& executor, const std::shared_ptr<Lane>& owner,
         ares_socket_t number)
      : stream(executor), lane(owner), descriptor(number) {}
  boost::asio::posix::stream_descriptor stream;
  std::weak_ptr<Lane> lane;
  ares_socket_t descriptor;
  bool open = true;
  bool wanted[2] = {false, false};   // write, read
  bool waiting[2] = {false, false};  // write, read
};

bool AresChannel::Question::has_waiters() const {
  return std::any_of(waiters.begin(), waiters.end(),
                     [](const auto& waiter) { return !waiter.expired(); });
}

AresChannel::AresChannel(boost::asio::any_io_executor executor,
                         const settings::DnsSettings& settings, Transport transport)
    : executor_(std::move(executor)),
      settings_(settings),
      transport_(transport),
      patience_(settings.timeout * std::max(1, settings.tries)),
      budget_(patience_ + kSlack),
      tick_interval_(std::clamp(settings.timeout / 4, milliseconds(5), kTickLimit)),
      tries_(std::max(1, settings.tries)),
      tick_timer_(executor_) {
  if (open()) read_servers();
}

AresChannel::~AresChannel() { close(); }

void AresChannel::close() {
  if (closed_) return;
  closed_ = true;
  tick_timer_.cancel();
  // Ends the queries in flight with ARES_EDESTRUCTION.
  if (lane_) lane_->channel.reset();
  for (const auto& lane : draining_) lane->channel.reset();
  queue_.clear();
  while (!questions_.empty()) {
    const std::shared_ptr<Question> question = questions_.begin()->second;
    fail(question, DnsStatus::cancelled, "the resolver was shut down");
  }
}

void AresChannel::ask(const std::string& client, const std::string& name, protocol::RecordType type,
                      protocol::DnssecFlags flags, const std::shared_ptr<Waiter>& waiter) {
  const Key key{name, type, flags};
  std::shared_ptr<Question>& known = questions_[key];
  if (known) {
    if (known->on_wire && !known->has_waiters()) known->attempts = 1;  // orphaned: gets all tries
    if (known->attempts > 0) {
      waiter->deadline = std::min(waiter->deadline, std::chrono::steady_clock::now() + budget_);
    }
    std::erase_if(known->waiters, [](const auto& other) { return other.expired(); });
    known->waiters.push_back(waiter);
    return;
  }
  const auto question = std::make_shared<Question>();
  question->channel = this;
  question->key = key;
  question->client = client;
  question->waiters.push_back(waiter);
  known = question;
  if (closed_) {
    fail(question, DnsStatus::cancelled, "the resolver was shut down");
  } else if (!lane_) {
    fail(question, DnsStatus::unreachable, "c-ares failed to start: " + open_error_);
  } else {
    queue_.push_back(client, question);
    pump();
  }
}

void AresChannel::pump() {
  retire_used();
  const Instant now = std::chrono::steady_clock::now();
  std::shared_ptr<Question> question;
  while (in_flight_ < kDnsInFlightLimit && queue_.take(now, question)) {
    if (question->has_waiters()) {
      send(question);
      retire_used();
    } else {
      queue_.give_back(question->client, false, now);
      questions_.erase(question->key);
    }
  }
  if (in_flight_ > 0) {
    tick();
  } else if (ticking_) {
    tick_timer_.cancel();
  }
}

void AresChannel::send(const std::shared_ptr<Question>& question) {
  if (question->attempts++ == 0) {
    question->sent = std::chrono::steady_clock::now();
    const Instant deadline = question->sent + budget_;
    for (const auto& held : question->waiters) {
      const auto waiter = held.lock();
      if (!waiter || waiter->deadline <= deadline) continue;
      waiter->deadline = deadline;
      waiter->timer.cancel();  // makes it wait again, with the new deadline
    }
  }
  const auto id = random_id();
  const Key& key = question->key;
  auto query = protocol::encode_query(key.name, key.type, id.value_or(0), !question->without_edns,
                                      key.flags);
  if (!id || !query) {
    queue_.give_back(question->client, false, question->sent);
    fail(question, DnsStatus::unreachable, "the query cannot be built");
    return;
  }
  if (mixed_case_) mix_case(*query);
  question->octets = question_of(*query);
  question->on_wire = true;
  question->lane = lane_.get();
  ++in_flight_;
  ++lane_->in_flight;
  ++lane_->sent;
  ares_send(lane_->channel.get(), reinterpret_cast<const unsigned char*>(query->data()),
            static_cast<int>(query->size()), &AresChannel::on_answer, question.get());
}

void AresChannel::on_answer(void* question, int status, int /*timeouts*/, unsigned char* octets,
                            int size) {
  auto& answered = *static_cast<Question*>(question);
  AresChannel& self = *answered.channel;
  const auto found = self.questions_.find(answered.key);
  if (found == self.questions_.end()) return;
  // finish() removes the question from the map; this copy keeps it alive until the call returns.
  const std::shared_ptr<Question> held = found->second;
  std::string_view message;
  if (octets != nullptr && size > 0) {
    message = {reinterpret_cast<const char*>(octets), static_cast<size_t>(size)};
  }
  self.settle(held, status, message);
}

void AresChannel::settle(const std::shared_ptr<Question>& question, int status,
                         std::string_view message) {
  const Instant now = std::chrono::steady_clock::now();
  --in_flight_;
  --question->lane->in_flight;
  question->lane = nullptr;
  question->on_wire = false;
  queue_.give_back(question->client, status == ARES_ETIMEOUT, now);
  // c-ares handles the first such reply: it removes the OPT record from that query and turns its
  // own EDNS off for good. Later queries, which are still sent with OPT, are repeated without it
  // here.
  if (status == ARES_SUCCESS && !repeats_exactly(*question, message)) {
    if (question->has_waiters())
      queue_.push_front(question->client, question);
    else
      fail(question, DnsStatus::timeout, "no response");
  } else if (status == ARES_SUCCESS && protocol::rejects_edns(message) && !question->without_edns &&
             question->has_waiters()) {
    question->without_edns = true;
    queue_.push_front(question->client, question);
  } else if (status == ARES_SUCCESS && server_count_ > 1 && question->attempts < tries_ &&
             question->has_waiters() && protocol::leaves_it_to_others(message)) {
    queue_.push_front(question->client, question);
  } else if (status == ARES_SUCCESS) {
    auto response = protocol::decode_response(message, question->key.name, question->key.type);
    // Not every resolver repeats the CD bit; AD says nothing under it (RFC 4035 §3.2.3).
    if (question->key.flags.checking_disabled) response.answer.authenticated = false;
    finish(question, response);
  } else if (status == ARES_EDESTRUCTION || status == ARES_ECANCELLED) {
    fail(question, DnsStatus::cancelled, "the resolver was shut down");
  } else if (question->attempts < tries_ && question->has_waiters()) {
    queue_.push_front(question->client, question);  // pump() runs after c-ares has returned
  } else if (status == ARES_ETIMEOUT) {
    fail(question, DnsStatus::timeout, "no response");
  } else {
    fail(question, DnsStatus::unreachable, ares_strerror(status));
  }
}

// A response in another case is forged, or of a server that does not keep the case; such a server
// does not do so once but always. Whoever forges must have guessed id and port each time.
bool AresChannel::repeats_exactly(const Question& question, std::string_view message) {
  if (!mixed_case_ || repeats_question(message, question.octets)) return true;
  if (++case_lost_ < kMostCaseLost) return false;
  mixed_case_ = false;
  log(LogLevel::info, "the DNS resolver does not keep the case of names", {{"servers", servers_}});
  return false;
}

void AresChannel::fail(const std::shared_ptr<Question>& question, DnsStatus status,
                       std::string detail) {
  protocol::DnsResponse response;
  response.answer.name = question->key.name;
  response.answer.type = question->key.type;
  response.answer.status = status;
  response.answer.detail = std::move(detail);
  finish(question, response);
}

void AresChannel::finish(const std::shared_ptr<Question>& question,
                         const protocol::DnsResponse& response) {
  questions_.erase(question->key);
  for (const auto& held : question->waiters) {
    const auto waiter = held.lock();
    if (!waiter) continue;
    waiter->response = response;
    waiter->done = true;
    waiter->timer.cancel();
  }
}

void AresChannel::process(Lane& lane, ares_socket_t readable, ares_socket_t writable) {
  if (closed_) return;
  ares_process_fd(lane.channel.get(), readable, writable);
  pump();
}

void AresChannel::tick() {
  if (ticking_) return;
  ticking_ = true;
  tick_timer_.expires_after(tick_interval_);
  tick_timer_.async_wait([weak = weak_from_this()](const boost::system::error_code&) {
    const auto self = weak.lock();
    if (!self) return;
    self->ticking_ = false;
    std::vector<std::shared_ptr<Lane>> lanes = self->draining_;
    if (self->lane_) lanes.push_back(self->lane_);
    for (const auto& lane : lanes) self->process(*lane, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
  });
}

void AresChannel::on_socket_state(void* owner, ares_socket_t descriptor, int readable,
                                  int writable) {
  auto& lane = *static_cast<Lane*>(owner);
  AresChannel& self = *lane.self;
  std::shared_ptr<Socket>& known = self.sockets_[descriptor];
  if (readable == 0 && writable == 0) {
    if (known) {
      known->open = false;
      // c-ares closes the descriptor itself, right after this.
      if (known->stream.is_open()) known->stream.release();
    }
    self.sockets_.erase(descriptor);
    return;
  }
  if (!known) {
    known = std::make_shared<Socket>(self.executor_, lane.shared_from_this(), descriptor);
    boost::system::error_code error;
    known->stream.assign(descriptor, error);
    // Without the reactor the queries on this socket time out and report that.
    if (error) known->open = false;
  }
  known->wanted[0] = writable != 0;
  known->wanted[1] = readable != 0;
  const std::shared_ptr<Socket> socket = known;
  self.watch(socket);
}

void AresChannel::watch(const std::shared_ptr<Socket>& socket) {
  for (const bool for_reading : {false, true}) {
    if (socket->open && socket->wanted[for_reading] && !socket->waiting[for_reading]) {
      wait_on(socket, for_reading);
    }
  }
}

void AresChannel::wait_on(const std::shared_ptr<Socket>& socket, bool for_reading) {
  using boost::asio::posix::stream_descriptor;
  socket->waiting[for_reading] = true;
  socket->stream.async_wait(
      for_reading ? stream_descriptor::wait_read : stream_descriptor::wait_write,
      [weak = weak_from_this(), socket, for_reading](const boost::system::error_code& error) {
        socket->waiting[for_reading] = false;
        const auto self = weak.lock();
        const auto lane = socket->lane.lock();
        if (!self || !lane || error || !socket->open) return;
        const ares_socket_t ready = socket->descriptor;
        self->process(*lane, for_reading ? ready : ARES_SOCKET_BAD,
                      for_reading ? ARES_SOCKET_BAD : ready);
        self->watch(socket);
      });
}

}  // namespace mtasts::net
