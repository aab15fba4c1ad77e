// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "protocol/tlsrpt/rua_target.h"

#include <gtest/gtest.h>

namespace mtasts::protocol {
namespace {

std::string text_of(std::string_view uri) {
  auto target = rua_target(uri);
  if (!target) return "none";
  if (target->kind == RuaTarget::Kind::mailto) return "mail " + target->host;
  return "web " + target->host + " " + std::to_string(target->port);
}

TEST(RuaTarget, IsTheDomainOrHostThatReportsGoTo) {
  struct Case {
    std::string uri;
    std::string expected;
  };
  const Case cases[] = {
      {"mailto:tls@example.com", "mail example.com"},
      {"MAILTO:tls@Example.COM", "mail example.com"},
      {"mailto:tls%40example.com", "mail example.com"},  // an encoded @
      {"mailto:tls@example.com?subject=x@y.example", "mail example.com"},
      {"mailto:%22a@b%22@example.com", "mail example.com"},  // a quoted local part
      {"mailto:tls@b%C3%BCcher.example", "mail xn--bcher-kva.example"},
      {"mailto:tls@example.com.", "mail example.com"},
      {"mailto:tls@[192.0.2.1]", "none"},  // an address literal
      {"mailto:tls@192.0.2.1", "none"},
      {"mailto:a@x.example%2Cb@y.example", "none"},  // two recipients
      {"mailto:tls", "none"},
      {"mailto:@example.com", "none"},
      {"mailto:tls@", "none"},
      {"mailto:tls@exa%ZZmple.com", "none"},
      {"mailto:tls@exa%0Ample.com", "none"},
      {"mailto:tls@example.com%4", "none"},
      {"https://reports.example.com/v1/tls?d=example.com", "web reports.example.com 443"},
      {"HTTPS://Reports.Example.com", "web reports.example.com 443"},
      {"https://user:secret@reports.example.com:8443/x", "web reports.example.com 8443"},
      {"https://reports.example.com:/x", "web reports.example.com 443"},
      {"https://reports.example.com#x@evil.example", "web reports.example.com 443"},
      {"https://192.0.2.1/", "none"},
      {"https://[2001:db8::1]/", "none"},
      {"https://[2001:db8::1]:443/", "none"},
      {"https://reports.example.com:99999/", "none"},
      {"https://reports.example.com:0/", "none"},
      {"https://reports.example.com:44x/", "none"},
      {"https:reports.example.com", "none"},
      {"https:///path", "none"},
      {"http://reports.example.com/", "none"},
      {"", "none"},
      {":", "none"},
      {"https://" + std::string(3000, 'a'), "none"},
  };
  for (const Case& c : cases) EXPECT_EQ(text_of(c.uri), c.expected) << c.uri;
}

}  // namespace
}  // namespace mtasts::protocol
