// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "net/https/curl_multi.h"

#include <chrono>
#include <stdexcept>
#include <utility>

namespace mtasts::net {
namespace {

CURLM* make_multi() {
  // Once per process, before the first handle.
  static const CURLcode global = curl_global_init(CURL_GLOBAL_DEFAULT);
  return global == CURLE_OK ? curl_multi_init() : nullptr;
}

}  // namespace

CurlMulti::CurlMulti(boost::asio::any_io_executor executor)
    : executor_(std::move(executor)), timer_(executor_), multi_(make_multi()) {
  if (!multi_) throw std::runtime_error("cannot initialize libcurl");
  curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETFUNCTION, &CurlMulti::on_socket);
  curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_.get(), CURLMOPT_TIMERFUNCTION, &CurlMulti::on_timer);
  curl_multi_setopt(multi_.get(), CURLMOPT_TIMERDATA, this);
  // Each probe uses a new connection; idle ones are never kept.
  curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, 1L);
  curl_multi_setopt(multi_.get(), CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
}

CurlMulti::~CurlMulti() {
  curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETFUNCTION, nullptr);
  curl_multi_setopt(multi_.get(), CURLMOPT_TIMERFUNCTION, nullptr);
  sockets_.clear();
}

bool CurlMulti::add(CURL* easy, CurlListener* listener) {
  listeners_[easy] = listener;
  if (curl_multi_add_handle(multi_.get(), easy) == CURLM_OK) return true;
  listeners_.erase(easy);
  return false;
}

void CurlMulti::remove(CURL* easy) {
  if (listeners_.erase(easy) > 0) curl_multi_remove_handle(multi_.get(), easy);
}

int CurlMulti::on_socket(CURL*, curl_socket_t number, int what, void* self, void*) {
  static_cast<CurlMulti*>(self)->watch(number, what);
  return 0;  // any other value would end every transfer of the multi handle
}

int CurlMulti::on_timer(CURLM*, long milliseconds, void* self) {
  static_cast<CurlMulti*>(self)->arm_timer(milliseconds);
  return 0;
}

void CurlMulti::watch(curl_socket_t number, int wanted) {
  auto found = sockets_.find(number);
  if (wanted == CURL_POLL_REMOVE) {
    if (found == sockets_.end()) return;
    found->second->wanted = CURL_POLL_NONE;
    found->second->descriptor.release();  // cancels its waits
    sockets_.erase(found);
    return;
  }
  if (found == sockets_.end()) {
    auto socket = std::make_shared<Socket>(executor_);
    boost::system::error_code error;
    socket->descriptor.assign(number, error);
    if (error) return;  // cannot wait for it: the deadline of the transfer ends it
    found = sockets_.emplace(number, std::move(socket)).first;
  }
  found->second->wanted = wanted;
  wait(number, found->second);
}

void CurlMulti::wait(curl_socket_t number, const SocketPtr& socket) {
  if ((socket->wanted & CURL_POLL_IN) != 0 && !socket->reading) wait_for(number, socket, true);
  if ((socket->wanted & CURL_POLL_OUT) != 0 && !socket->writing) wait_for(number, socket, false);
}

void CurlMulti::wait_for(curl_socket_t number, const SocketPtr& socket, bool to_read) {
  using Wait = boost::asio::posix::descriptor_base;
  (to_read ? socket->reading : socket->writing) = true;
  auto ready = [self = weak_from_this(), weak = std::weak_ptr<Socket>(socket), number,
                to_read](const boost::system::error_code& error) {
    auto multi = self.lock();
    auto awaited = weak.lock();
    if (!multi || !awaited) return;
    (to_read ? awaited->reading : awaited->writing) = false;
    if (error) return;
    if ((awaited->wanted & (to_read ? CURL_POLL_IN : CURL_POLL_OUT)) == 0) return;
    multi->drive(number, to_read ? CURL_CSELECT_IN : CURL_CSELECT_OUT);
    // libcurl reports only changes: without one, the previous request remains valid.
    auto still = multi->sockets_.find(number);
    if (still != multi->sockets_.end() && still->second == awaited) multi->wait(number, awaited);
  };
  socket->descriptor.async_wait(to_read ? Wait::wait_read : Wait::wait_write, std::move(ready));
}

// libcurl forbids calls into it from its callbacks, so even a zero timeout goes through the loop.
void CurlMulti::arm_timer(long milliseconds) {
  if (milliseconds < 0) {
    timer_.cancel();
    return;
  }
  timer_.expires_after(std::chrono::milliseconds(milliseconds));
  timer_.async_wait([self = weak_from_this()](const boost::system::error_code& error) {
    auto multi = self.lock();
    if (multi && !error) multi->drive(CURL_SOCKET_TIMEOUT, 0);
  });
}

void CurlMulti::drive(curl_socket_t number, int events) {
  int running = 0;
  curl_multi_socket_action(multi_.get(), number, events, &running);
  report_done();
}

void CurlMulti::report_done() {
  int left = 0;
  while (CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code = message->data.result;
    auto found = listeners_.find(message->easy_handle);
    if (found != listeners_.end()) found->second->on_done(code);
  }
}

}  // namespace mtasts::net
