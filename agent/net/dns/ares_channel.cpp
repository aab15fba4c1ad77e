// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "net/dns/ares_channel.h"

#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <limits>
#include <optional>

namespace mtasts::net {
namespace {

using protocol::DnsStatus;
using std::chrono::milliseconds;

// c-ares detects a timeout at the next tick; the deadline of the waiter is later than that.
constexpr milliseconds kTickLimit(100);
constexpr milliseconds kSlack(250);
// 200 answers of 1232 octets plus kernel overhead; the kernel caps it at rmem_max.
constexpr int kReceiveBuffer_bytes = 1 << 20;

std::optional<uint16_t> random_id() {
  unsigned char octets[2];
  if (RAND_bytes(octets, sizeof octets) != 1) return std::nullopt;
  return static_cast<uint16_t>(octets[0] << 8 | octets[1]);
}

std::string text_of(const IpAddress& address, int port) {
  const bool v6 = address.family() == AddressFamily::ipv6;
  const std::string host = v6 ? "[" + address.text() + "]" : address.text();
  return host + ":" + std::to_string(port);
}

IpAddress address_of(const ares_addr_port_node& node) {
  if (node.family == AF_INET) {
    std::array<uint8_t, 4> octets{};
    std::copy_n(reinterpret_cast<const uint8_t*>(&node.addr), octets.size(), octets.begin());
    return IpAddress::v4(octets);
  }
  std::array<uint8_t, 16> octets{};
  std::copy_n(reinterpret_cast<const uint8_t*>(&node.addr), octets.size(), octets.begin());
  return IpAddress::v6(octets);
}

}  // namespace

struct AresChannel::Socket {
  Socket(const boost::asio::any_io_executor& executor, ares_socket_t number)
      : stream(executor), descriptor(number) {}
  boost::asio::posix::stream_descriptor stream;
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
      patience_(settings.timeout * std::max(1, settings.tries)),
      budget_(patience_ + kSlack),
      tick_interval_(std::clamp(settings.timeout / 4, milliseconds(5), kTickLimit)),
      tries_(std::max(1, settings.tries)),
      tick_timer_(executor_) {
  open(settings, transport);
}

AresChannel::~AresChannel() { close(); }

void AresChannel::open(const settings::DnsSettings& settings, Transport transport) {
  ares_options options{};
  // NOCHECKRESP: SERVFAIL and REFUSED are delivered as packets, with their extended errors, instead
  // of "could not contact DNS servers". No STAYOPEN: an idle channel closes its sockets, so that a
  // new burst uses a new source port and no stale TCP connection, and the loop can run out of work.
  // IGNTC: on its own, c-ares asks again over TCP, and when that connection fails it gives up every
  // query in flight with the server, those over UDP too.
  options.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | ARES_FLAG_NOCHECKRESP |
                  ARES_FLAG_EDNS | ARES_FLAG_IGNTC;
  if (transport == Transport::tcp) options.flags |= ARES_FLAG_USEVC;
  options.timeout = static_cast<int>(
      std::clamp<int64_t>(settings.timeout.count(), 1, std::numeric_limits<int>::max() / 16));
  // Retries are done here: c-ares would double the timeout in each round.
  options.tries = 1;
  options.ednspsz = protocol::kUdpSize_bytes;
  options.socket_receive_buffer_size = kReceiveBuffer_bytes;
  std::string lookups = "b";
  options.lookups = lookups.data();
  options.sock_state_cb = &AresChannel::on_socket_state;
  options.sock_state_cb_data = this;
  // Each attempt starts with the next server, so that a server that fails for a name is not the
  // only one asked.
  const int rotate = settings.servers.size() == 1 ? ARES_OPT_NOROTATE : ARES_OPT_ROTATE;
  const int mask = rotate | ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
                   ARES_OPT_EDNSPSZ | ARES_OPT_SOCK_RCVBUF | ARES_OPT_LOOKUPS |
                   ARES_OPT_SOCK_STATE_CB;
  ares_channel opened = nullptr;
  int status = ares_init_options(&opened, &options, mask);
  channel_.reset(status == ARES_SUCCESS ? opened : nullptr);
  if (channel_ && !settings.servers.empty()) {
    std::string servers;
    for (const auto& server : settings.servers) {
      if (!servers.empty()) servers += ',';
      servers += text_of(server.address, server.port);
    }
    status = ares_set_servers_ports_csv(channel_.get(), servers.c_str());
  }
  if (status != ARES_SUCCESS) {
    open_error_ = ares_strerror(status);
    channel_.reset();
    return;
  }
  read_servers();
}

void AresChannel::read_servers() {
  ares_addr_port_node* list = nullptr;
  if (ares_get_servers_ports(channel_.get(), &list) != ARES_SUCCESS) return;
  const Handle<ares_addr_port_node, ares_free_data> owner(list);
  for (const ares_addr_port_node* node = list; node != nullptr; node = node->next) {
    ++server_count_;
    if (!servers_.empty()) servers_ += ", ";
    servers_ += text_of(address_of(*node), node->udp_port == 0 ? 53 : node->udp_port);
  }
}

void AresChannel::close() {
  if (closed_) return;
  closed_ = true;
  tick_timer_.cancel();
  channel_.reset();  // ends the queries in flight with ARES_EDESTRUCTION
  queue_.clear();
  while (!questions_.empty()) {
    const std::shared_ptr<Question> question = questions_.begin()->second;
    fail(question, DnsStatus::cancelled, "the resolver was shut down");
  }
}

void AresChannel::ask(const std::string& name, protocol::RecordType type,
                      const std::shared_ptr<Waiter>& waiter) {
  std::shared_ptr<Question>& known = questions_[{name, type}];
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
  question->key = {name, type};
  question->waiters.push_back(waiter);
  known = question;
  if (closed_) {
    fail(question, DnsStatus::cancelled, "the resolver was shut down");
  } else if (!channel_) {
    fail(question, DnsStatus::unreachable, "c-ares failed to start: " + open_error_);
  } else {
    queue_.push_back(question);
    pump();
  }
}

void AresChannel::pump() {
  while (!queue_.empty() && in_flight_ < kDnsInFlightLimit) {
    const std::shared_ptr<Question> question = std::move(queue_.front());
    queue_.pop_front();
    if (question->has_waiters()) {
      send(question);
    } else {
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
    const Instant deadline = std::chrono::steady_clock::now() + budget_;
    for (const auto& held : question->waiters) {
      const auto waiter = held.lock();
      if (!waiter || waiter->deadline <= deadline) continue;
      waiter->deadline = deadline;
      waiter->timer.cancel();  // makes it wait again, with the new deadline
    }
  }
  const auto id = random_id();
  const auto query = protocol::encode_query(question->key.first, question->key.second,
                                            id.value_or(0), !question->without_edns);
  if (!id || !query) {
    fail(question, DnsStatus::unreachable, "the query cannot be built");
    return;
  }
  question->on_wire = true;
  ++in_flight_;
  ares_send(channel_.get(), reinterpret_cast<const unsigned char*>(query->data()),
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
  --in_flight_;
  question->on_wire = false;
  // c-ares handles the first such reply: it removes the OPT record from that query and turns its
  // own EDNS off for good. Later queries, which are still sent with OPT, are repeated without it
  // here.
  if (status == ARES_SUCCESS && protocol::rejects_edns(message) && !question->without_edns &&
      question->has_waiters()) {
    question->without_edns = true;
    queue_.push_front(question);
  } else if (status == ARES_SUCCESS && server_count_ > 1 && question->attempts < tries_ &&
             question->has_waiters() && protocol::leaves_it_to_others(message)) {
    queue_.push_front(question);
  } else if (status == ARES_SUCCESS) {
    finish(question, protocol::decode_response(message, question->key.first, question->key.second));
  } else if (status == ARES_EDESTRUCTION || status == ARES_ECANCELLED) {
    fail(question, DnsStatus::cancelled, "the resolver was shut down");
  } else if (question->attempts < tries_ && question->has_waiters()) {
    queue_.push_front(question);  // pump() runs after c-ares has returned
  } else if (status == ARES_ETIMEOUT) {
    fail(question, DnsStatus::timeout, "no response");
  } else {
    fail(question, DnsStatus::unreachable, ares_strerror(status));
  }
}

void AresChannel::fail(const std::shared_ptr<Question>& question, DnsStatus status,
                       std::string detail) {
  protocol::DnsResponse response;
  response.answer.name = question->key.first;
  response.answer.type = question->key.second;
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

void AresChannel::process(ares_socket_t readable, ares_socket_t writable) {
  if (closed_) return;
  ares_process_fd(channel_.get(), readable, writable);
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
    self->process(ARES_SOCKET_BAD, ARES_SOCKET_BAD);
  });
}

void AresChannel::on_socket_state(void* channel, ares_socket_t descriptor, int readable,
                                  int writable) {
  auto& self = *static_cast<AresChannel*>(channel);
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
    known = std::make_shared<Socket>(self.executor_, descriptor);
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
        if (!self || error || !socket->open) return;
        const ares_socket_t ready = socket->descriptor;
        self->process(for_reading ? ready : ARES_SOCKET_BAD, for_reading ? ARES_SOCKET_BAD : ready);
        self->watch(socket);
      });
}

}  // namespace mtasts::net
