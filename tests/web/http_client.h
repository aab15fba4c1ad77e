// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// A small blocking HTTP client on loopback for the tests of the servers: it sends any octets,
// however invalid, and parses responses (Content-Length, chunks, gzip). Every wait ends after ten
// seconds.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

#include <charconv>
#include <map>
#include <string>
#include <string_view>

#include "base/ascii.h"
#include "base/ip_address.h"

namespace mtasts::web {

struct Reply {
  int status = 0;                              // 0: no response
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;                            // chunks joined; not decoded otherwise
  bool whole = false;                          // the body is complete
};

class HttpClient {
 public:
  explicit HttpClient(uint16_t port) : HttpClient() { connect(port); }
  // Not connected yet.
  explicit HttpClient(AddressFamily family = AddressFamily::ipv4)
      : socket_(::socket(family == AddressFamily::ipv4 ? AF_INET : AF_INET6, SOCK_STREAM, 0)) {
    timeval limit{10, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  }
  ~HttpClient() { ::close(socket_); }
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Buffered by the system; before connect().
  void receive_at_most(int bytes) {
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  }
  bool connect(uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    return connected_;
  }
  // To ::1; the client is of AF_INET6.
  bool connect_v6(uint16_t port) {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(port);
    address.sin6_addr = in6addr_loopback;
    connected_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    return connected_;
  }
  bool connected() const { return connected_; }

  // False when the peer has closed the connection.
  bool send(std::string_view text) {
    while (!text.empty()) {
      ssize_t sent = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      text.remove_prefix(static_cast<size_t>(sent));
    }
    return true;
  }

  Reply get(const std::string& target, const std::string& headers = "",
            const std::string& method = "GET") {
    send(method + " " + target + " HTTP/1.1\r\nHost: agent.example\r\n" + headers + "\r\n");
    return read_reply(method == "HEAD");
  }

  Reply read_reply(bool head = false) {
    Reply reply;
    size_t end = std::string::npos;
    while ((end = buffer_.find("\r\n\r\n")) == std::string::npos)
      if (!fill()) return reply;
    parse_head(reply, buffer_.substr(0, end + 2));
    buffer_.erase(0, end + 4);
    if (head) {
      reply.whole = true;
    } else if (reply.headers.contains("transfer-encoding")) {
      read_chunks(reply);
    } else if (reply.headers.contains("content-length")) {
      size_t length = std::stoul(reply.headers["content-length"]);
      while (buffer_.size() < length)
        if (!fill()) return reply;
      reply.body = buffer_.substr(0, length);
      buffer_.erase(0, length);
      reply.whole = true;
    } else {
      while (fill()) {
      }
      reply.body = std::exchange(buffer_, {});
      reply.whole = true;
    }
    return reply;
  }

  // True when there is data to read.
  bool wait_for_octets() {
    char octet = 0;
    return ::recv(socket_, &octet, 1, MSG_PEEK) == 1;
  }

  // True when the peer has closed the connection and sent nothing more.
  bool at_end() { return buffer_.empty() && !fill(); }

 private:
  bool fill() {
    char octets[16384];
    ssize_t got = ::recv(socket_, octets, sizeof octets, 0);
    if (got <= 0) return false;
    buffer_.append(octets, static_cast<size_t>(got));
    return true;
  }

  static void parse_head(Reply& reply, std::string_view head) {
    std::from_chars(head.data() + 9, head.data() + 12, reply.status);
    head.remove_prefix(head.find("\r\n") + 2);
    while (!head.empty()) {
      std::string_view line = head.substr(0, head.find("\r\n"));
      size_t colon = line.find(": ");
      reply.headers[ascii_lower(line.substr(0, colon))] = line.substr(colon + 2);
      head.remove_prefix(line.size() + 2);
    }
  }

  void read_chunks(Reply& reply) {
    while (true) {
      size_t line = 0;
      while ((line = buffer_.find("\r\n")) == std::string::npos)
        if (!fill()) return;
      size_t length = 0;
      std::from_chars(buffer_.data(), buffer_.data() + line, length, 16);
      while (buffer_.size() < line + 2 + length + 2)
        if (!fill()) return;
      reply.body += buffer_.substr(line + 2, length);
      buffer_.erase(0, line + 2 + length + 2);
      if (length > 0) continue;
      reply.whole = true;
      return;
    }
  }

  int socket_;
  bool connected_ = false;
  std::string buffer_;
};

// Empty when it is not a complete gzip stream.
inline std::string gunzipped(std::string text) {
  z_stream stream{};
  if (inflateInit2(&stream, 15 + 16) != Z_OK) return {};
  std::string out;
  stream.next_in = reinterpret_cast<Bytef*>(text.data());
  stream.avail_in = static_cast<uInt>(text.size());
  int status = Z_OK;
  while (status == Z_OK) {
    char octets[16384];
    stream.next_out = reinterpret_cast<Bytef*>(octets);
    stream.avail_out = sizeof octets;
    status = inflate(&stream, Z_NO_FLUSH);
    out.append(octets, sizeof octets - stream.avail_out);
  }
  bool whole = status == Z_STREAM_END && stream.avail_in == 0;
  inflateEnd(&stream);
  return whole ? out : std::string();
}

}  // namespace mtasts::web
