// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "net/smtp/smtp_exchange.h"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/system/errc.hpp>
#include <exception>
#include <utility>

#include "base/ascii.h"
#include "base/printable.h"
#include "base/time.h"
#include "protocol/smtp/deferral.h"

namespace mtasts::net {

namespace asio = boost::asio;
using protocol::SmtpStatus;
using protocol::SmtpStep;
using protocol::StarttlsDialogue;
using std::chrono::steady_clock;
using Action = StarttlsDialogue::Action;

namespace {

constexpr std::chrono::seconds kConnectLimit{10};
constexpr std::chrono::seconds kQuitLimit{5};  // the result is already known
constexpr size_t kClearTextShown_bytes = 80;
// A reply over the limits is a tarpit's, not a flood, when it took this long.
constexpr std::chrono::seconds kLeastDrip{2};

std::chrono::milliseconds since(steady_clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - start);
}

// RFC 5321 §4.1.3: a client without a name uses its address.
std::string address_literal(const IpAddress& address) {
  std::string literal = address.family() == AddressFamily::ipv6 ? "[IPv6:" : "[";
  literal += address.text();
  literal += ']';
  return literal;
}

// The local host had no free socket or memory: says nothing about the peer.
bool is_local_shortage(const boost::system::error_code& error) {
  return error == asio::error::no_descriptors || error == asio::error::no_memory ||
         error == asio::error::no_buffer_space ||
         error == boost::system::errc::too_many_files_open_in_system ||
         error == boost::system::errc::address_not_available;
}

}  // namespace

SmtpExchange::SmtpExchange(const asio::any_io_executor& executor,
                           std::shared_ptr<const TlsObserver> observer,
                           const SmtpProbeRequest& request, const TlsOffer& offer)
    : observer_(std::move(observer)),
      request_(request),
      offer_(offer),
      connection_(std::make_shared<SmtpConnection>(executor)),
      dialogue_(request.ehlo_name, request.goal) {
  attempt_.address = request.address;
  attempt_.detail = "cancelled before completion";
}

asio::awaitable<void> SmtpExchange::run() {
  try {
    co_await run_to_end();
  } catch (const std::exception&) {
    // Asio throws at the next co_await after a cancellation between two operations.
    end(SmtpStatus::cancelled, "cancelled at " + std::string(name_of(attempt_.step)));
  }
  connection_->close();
}

asio::awaitable<void> SmtpExchange::run_to_end() {
  // Never inside a condition: g++ 12 miscompiles `if (co_await …)`.
  bool going_on = co_await connect();
  if (going_on) going_on = co_await converse();
  if (going_on) going_on = co_await start_tls();
  if (going_on) co_await quit();
}

asio::awaitable<bool> SmtpExchange::connect() {
  auto began = steady_clock::now();
  connection_->expire_at(soon(kConnectLimit));
  IoStatus status = co_await connection_->connect(request_.address, request_.port);
  attempt_.connect_time = since(began);
  connected_ = steady_clock::now();
  pace_ = protocol::ReplyPace(connected_);
  if (status != IoStatus::done) {
    note_connect_failure(status);
    co_return false;
  }
  if (request_.ehlo_name.empty())
    dialogue_ = StarttlsDialogue(address_literal(connection_->local_address()), request_.goal);
  connection_->expire_at(request_.deadline);
  co_return true;
}

// One read or write of the dialogue.
asio::awaitable<IoStatus> SmtpExchange::step() {
  std::string octets;
  if (dialogue_.next() == Action::write) {
    octets = dialogue_.take_output();
    co_return co_await connection_->write(std::move(octets));
  }
  IoStatus status = co_await connection_->read(octets);
  if (status == IoStatus::done) {
    dialogue_.feed(octets);
    note_octets(octets.size());
  }
  co_return status;
}

asio::awaitable<bool> SmtpExchange::converse() {
  attempt_.step = SmtpStep::banner;
  while (dialogue_.next() == Action::read || dialogue_.next() == Action::write) {
    if (dialogue_.next() == Action::write && dialogue_.leaving()) {
      connection_->write_at_once(dialogue_.take_output());
      break;
    }
    IoStatus status = co_await step();
    if (attempt_.banner_time.count() == 0 && dialogue_.reply_code() != 0)
      attempt_.banner_time = std::max(since(connected_), std::chrono::milliseconds(1));
    if (status == IoStatus::closed) dialogue_.closed();
    note_dialogue();
    if (status != IoStatus::done && status != IoStatus::closed) {
      note_silence(status);
      co_return false;
    }
  }
  note_dialogue();
  if (dialogue_.next() == Action::handshake) co_return true;
  // Over the limits, or closed by a server that grew tired of its own tarpit.
  bool drip = dialogue_.status() == SmtpStatus::protocol_error && since(connected_) >= kLeastDrip &&
              note_drip();
  if (!drip) end(dialogue_.status(), dialogue_.detail());
  co_return false;
}

asio::awaitable<bool> SmtpExchange::start_tls() {
  // RFC 3207 §4.2: the server must not send anything until the ClientHello. Octets already received
  // are clear text and would otherwise be taken for part of the handshake.
  std::string waiting = connection_->take_waiting();
  attempt_.injected_bytes += waiting.size();
  injected_text_ = dialogue_.injected_text().empty() ? waiting : dialogue_.injected_text();
  IoStatus status = co_await connection_->handshake(observer_, offer_, request_.host);
  attempt_.chain = connection_->tls()->chain();
  attempt_.presented = connection_->tls()->presented();
  if (status != IoStatus::done) {
    note_tls_failure(status);
    co_return false;
  }
  attempt_.tls_version = connection_->tls()->version();
  attempt_.cipher = connection_->tls()->cipher();
  tls_is_old_ = connection_->tls()->older_than_1_2();
  end(SmtpStatus::ok, "");
  co_return true;
}

// RFC 3207 §4.2: a client sends EHLO again after the handshake. Its outcome does not affect the TLS
// result.
asio::awaitable<void> SmtpExchange::quit() {
  connection_->expire_at(soon(kQuitLimit));
  dialogue_.handshake_done();
  while (dialogue_.next() == Action::read || dialogue_.next() == Action::write) {
    attempt_.step = dialogue_.step();
    IoStatus status = co_await step();
    if (status == IoStatus::cancelled)
      end(SmtpStatus::cancelled, "cancelled after the TLS handshake");
    if (status != IoStatus::done) break;
  }
}

void SmtpExchange::note_dialogue() {
  attempt_.step = dialogue_.step();
  attempt_.reply_code = dialogue_.reply_code();
  attempt_.reply_text = dialogue_.reply_text();
  attempt_.starttls_offered = dialogue_.starttls_offered();
  attempt_.injected_bytes = dialogue_.injected_bytes();
  attempt_.banner = dialogue_.banner();
  attempt_.ehlo_text = dialogue_.ehlo_text();
}

void SmtpExchange::note_octets(size_t size_bytes) {
  reply_bytes_ += size_bytes;
  pace_.note_octets(steady_clock::now(), !dialogue_.in_reply());
}

bool SmtpExchange::note_drip() {
  if (!pace_.is_drip(steady_clock::now())) return false;
  end(SmtpStatus::tarpit, std::to_string(reply_bytes_) + " bytes in " + about(since(connected_)) +
                              " by " + std::string(name_of(dialogue_.step())));
  return true;
}

void SmtpExchange::note_silence(IoStatus status) {
  std::string step(name_of(dialogue_.step()));
  attempt_.unfinished_reply = dialogue_.unfinished_reply();
  if (status == IoStatus::cancelled) {
    end(SmtpStatus::cancelled, "cancelled at " + step);
  } else if (status == IoStatus::timed_out && note_drip()) {
    return;
  } else if (dialogue_.stop_waiting()) {
    attempt_.unfinished_reply.clear();
    note_dialogue();
    end(dialogue_.status(), dialogue_.detail());
  } else if (status == IoStatus::timed_out) {
    bool part = dialogue_.in_reply();
    end(SmtpStatus::timeout, (part ? "only part of a reply at " : "no response at ") + step +
                                 " within " + duration_text(request_.timeout));
  } else {  // the connection was lost without a reply from the server
    end(SmtpStatus::timeout, "connection lost at " + step + ": " + connection_->error().message());
  }
}

void SmtpExchange::note_connect_failure(IoStatus status) {
  const boost::system::error_code& error = connection_->error();
  if (status == IoStatus::cancelled) {
    end(SmtpStatus::cancelled, "cancelled at connect");
  } else if (status == IoStatus::timed_out || error == asio::error::timed_out) {
    end(SmtpStatus::connect_timeout,
        "no response to the connection attempt within " +
            duration_text(std::min<std::chrono::milliseconds>(kConnectLimit, request_.timeout)));
  } else if (error == asio::error::connection_refused || error == asio::error::connection_reset) {
    end(SmtpStatus::refused, error.message());
  } else if (is_local_shortage(error)) {
    end(SmtpStatus::cancelled, "no socket available: " + error.message());
  } else {
    end(SmtpStatus::unreachable, error.message());
  }
}

void SmtpExchange::note_tls_failure(IoStatus status) {
  const TlsClient& tls = *connection_->tls();
  may_be_version_ = tls.may_be_version() && offer_.versions == TlsVersions::modern;
  if (status == IoStatus::cancelled) {
    end(SmtpStatus::cancelled, "cancelled at the TLS handshake");
  } else if (tls.limit() != TlsLimit::none) {
    end(SmtpStatus::cancelled, words_of(tls.limit()));
    may_be_version_ = false;
  } else if (note_refusal_in_place_of_tls()) {
    may_be_version_ = false;
  } else if (status == IoStatus::timed_out) {
    end(SmtpStatus::tls_timeout,
        "the TLS handshake did not complete within " + duration_text(request_.timeout));
  } else if (status == IoStatus::closed) {
    end(SmtpStatus::tls_closed, tls.detail() + " during the TLS handshake");
  } else if (!tls.clear_text().empty()) {
    end(SmtpStatus::tls_failed,
        "plaintext instead of TLS: \"" + printable(tls.clear_text(), kClearTextShown_bytes) + "\"");
    may_be_version_ = false;
  } else {
    end(SmtpStatus::tls_failed, tls.detail());
  }
}

// A server may find the client over a limit when STARTTLS is already accepted: `421 …` follows the
// 220, or answers the ClientHello.
bool SmtpExchange::note_refusal_in_place_of_tls() {
  const std::string& answer = connection_->tls()->clear_text();
  StarttlsDialogue reader("");
  reader.feed(answer.empty() ? injected_text_ + "\r\n" : answer);
  reader.stop_waiting();
  if (reader.status() != SmtpStatus::banner_rejected) return false;
  protocol::SmtpAttempt refused = attempt_;
  refused.status = SmtpStatus::starttls_rejected;
  refused.step = SmtpStep::starttls;
  refused.reply_code = reader.reply_code();
  refused.reply_text = reader.reply_text();
  refused.detail = "the server accepted STARTTLS, then sent " + std::to_string(refused.reply_code) +
                   " " + refused.reply_text;
  if (!protocol::is_deferral(refused)) return false;
  if (answer.empty()) refused.injected_bytes = 0;  // the refusal itself
  attempt_ = std::move(refused);
  return true;
}

void SmtpExchange::end(SmtpStatus status, std::string detail) {
  attempt_.status = status;
  attempt_.detail = std::move(detail);
}

SmtpExchange::SteadyTime SmtpExchange::soon(std::chrono::milliseconds limit) const {
  return std::min(request_.deadline, steady_clock::now() + limit);
}

}  // namespace mtasts::net
