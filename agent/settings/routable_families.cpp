// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "settings/routable_families.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace mtasts::settings {
namespace {

class Socket {
 public:
  explicit Socket(int family) : descriptor_(socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {}
  ~Socket() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

constexpr uint16_t kDnsPort = 53;

// The addresses of a root name server (a.root-servers.net): global, and no packet is sent there.
bool has_route_ipv4() {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(kDnsPort);
  inet_pton(AF_INET, "198.41.0.4", &to.sin_addr);
  Socket socket(AF_INET);
  return connect(socket.descriptor(), reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
}

bool has_route_ipv6() {
  sockaddr_in6 to{};
  to.sin6_family = AF_INET6;
  to.sin6_port = htons(kDnsPort);
  inet_pton(AF_INET6, "2001:503:ba3e::2:30", &to.sin6_addr);
  Socket socket(AF_INET6);
  return connect(socket.descriptor(), reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
}

}  // namespace

std::vector<AddressFamily> routable_families() {
  std::vector<AddressFamily> families;
  bool ipv6 = has_route_ipv6();
  if (has_route_ipv4() || !ipv6) families.push_back(AddressFamily::ipv4);
  if (ipv6) families.push_back(AddressFamily::ipv6);
  return families;
}

}  // namespace mtasts::settings
