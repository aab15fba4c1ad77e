// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// [::] takes both families, and IPv4 alone where the kernel has no IPv6. The latter is played by a
// seccomp filter in a process of its own.

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstddef>

#include "web/telemetry_server.h"
#include "web_fixture.h"

namespace mtasts::web {
namespace {

const settings::Endpoint kEveryAddress{IpAddress::v6({}), 0};

// socket(AF_INET6, …) fails from now on as without IPv6 in the kernel.
bool take_ipv6_away() {
  sock_filter rules[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_INET6, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EAFNOSUPPORT),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  sock_fprog program{static_cast<unsigned short>(std::size(rules)), rules};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

bool has_ipv6() {
  HttpClient client(AddressFamily::ipv6);
  auto started = TelemetryServer::start(kEveryAddress, {});
  return started.ok() && client.connect_v6((*started)->endpoint().port);
}

TEST(DualStack, TakesBothFamilies) {
  auto started = TelemetryServer::start(kEveryAddress, {});
  ASSERT_TRUE(started.ok()) << started.failure().detail;
  const uint16_t port = (*started)->endpoint().port;
  HttpClient v4(port);
  EXPECT_EQ(v4.get("/-/healthy").status, 200);
  if (!has_ipv6()) return;
  HttpClient v6(AddressFamily::ipv6);
  ASSERT_TRUE(v6.connect_v6(port));
  EXPECT_EQ(v6.get("/-/healthy").status, 200);
}

// Exits with 0 when all went well.
[[noreturn]] void listen_without_ipv6() {
  if (!take_ipv6_away()) _exit(1);
  auto started = TelemetryServer::start(kEveryAddress, {});
  if (!started.ok()) _exit(2);
  if (!(*started)->endpoint().text().starts_with("0.0.0.0:")) _exit(3);
  HttpClient client((*started)->endpoint().port);
  if (client.get("/-/healthy").status != 200) _exit(4);
  const auto one = TelemetryServer::start({IpAddress::parse("::1").value(), 10059}, {});
  if (one.ok() || one.failure().detail.find("this machine has no IPv6") == std::string::npos)
    _exit(5);
  _exit(0);
}

TEST(DualStackDeathTest, WithoutIpv6IsIpv4) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(listen_without_ipv6(), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace mtasts::web
