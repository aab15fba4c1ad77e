// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// CurlMulti: one libcurl multi handle driven by Asio: the loop waits for its sockets and runs its
// timer; libcurl owns the sockets. Independent of HTTP. Loop thread only. Must be held by a
// shared_ptr; pending handlers on the loop hold a weak_ptr.
#pragma once

#include <curl/curl.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <unordered_map>

#include "base/handle.h"

namespace mtasts::net {

// Called when libcurl is done with an easy handle; must not add or remove handles in the call.
class CurlListener {
 public:
  virtual ~CurlListener() = default;
  virtual void on_done(CURLcode code) = 0;
};

class CurlMulti : public std::enable_shared_from_this<CurlMulti> {
 public:
  explicit CurlMulti(boost::asio::any_io_executor executor);
  ~CurlMulti();
  CurlMulti(const CurlMulti&) = delete;
  CurlMulti& operator=(const CurlMulti&) = delete;

  // `easy` and `listener` must live until removed. False: libcurl failed to add it.
  bool add(CURL* easy, CurlListener* listener);
  // Ends a running transfer at once without calling the listener. Removing twice is harmless.
  void remove(CURL* easy);

  const boost::asio::any_io_executor& executor() const { return executor_; }

 private:
  struct Socket {
    explicit Socket(const boost::asio::any_io_executor& executor) : descriptor(executor) {}
    ~Socket() {
      if (descriptor.is_open()) descriptor.release();  // libcurl closes it
    }
    boost::asio::posix::stream_descriptor descriptor;
    int wanted = CURL_POLL_NONE;
    bool reading = false;
    bool writing = false;
  };
  using SocketPtr = std::shared_ptr<Socket>;

  static int on_socket(CURL* easy, curl_socket_t number, int what, void* self, void* known);
  static int on_timer(CURLM* multi, long milliseconds, void* self);
  void watch(curl_socket_t number, int wanted);
  void wait(curl_socket_t number, const SocketPtr& socket);
  void wait_for(curl_socket_t number, const SocketPtr& socket, bool to_read);
  void arm_timer(long milliseconds);
  void drive(curl_socket_t number, int events);
  void report_done();

  boost::asio::any_io_executor executor_;
  boost::asio::steady_timer timer_;
  std::unordered_map<curl_socket_t, SocketPtr> sockets_;
  std::unordered_map<CURL*, CurlListener*> listeners_;
  Handle<CURLM, curl_multi_cleanup> multi_;
};

}  // namespace mtasts::net
