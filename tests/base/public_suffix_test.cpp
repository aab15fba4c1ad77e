// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "base/public_suffix.h"

#include <gtest/gtest.h>

namespace mtasts {
namespace {

TEST(PublicSuffix, IsWhereAnybodyRegistersNames) {
  for (const char* name : {"com", "co.uk", "github.io", "xn--p1ai", "unlisted-top-level", "foo.ck"})
    EXPECT_TRUE(is_public_suffix(name)) << name;
  for (const char* name : {"", "example.com", "mail.protection.outlook.com", "aspmx.l.google.com",
                           "user.github.io", "www.ck", "a.b.example.co.uk"})
    EXPECT_FALSE(is_public_suffix(name)) << name;
}

TEST(OrganisationalDomain, IsTheNameRegisteredAtARegistry) {
  struct Case {
    const char* name;
    const char* expected;
  };
  const Case cases[] = {
      {"example.com", "example.com"},
      {"a.b.example.co.uk", "example.co.uk"},
      {"com", "com"},
      {"co.uk", "co.uk"},
      {"", ""},
      {"host.customer.github.io", "github.io"},  // one company, whoever its customers are
      {"mta-sts.example", "mta-sts.example"},    // a top-level domain that is not listed
      {"a.xn--e1afmkfd.xn--p1ai", "xn--e1afmkfd.xn--p1ai"},
      {"..", ".."},
  };
  for (const Case& c : cases) EXPECT_EQ(organisational_domain(c.name), c.expected) << c.name;
}

}  // namespace
}  // namespace mtasts
