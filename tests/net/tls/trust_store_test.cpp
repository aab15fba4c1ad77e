// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include <gmock/gmock.h>

#include <cstdlib>
#include <string>

#include "net/tls/tls_observer_fixture.h"

namespace mtasts::net {
namespace {

using testing::HasSubstr;

struct BadBundle {
  const char* name;
  std::string pem;
  const char* words;
};

TEST_F(TlsObserverTest, BadTrustStores) {
  const BadBundle cases[] = {
      {"empty.pem", "", "contains no PEM certificate"},
      {"words.pem", "these are not certificates\n", "contains no PEM certificate"},
      {"broken.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
       "certificate 1"},
      {"second.pem",
       root_.certificate_pem() + "-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n",
       "certificate 2"},
  };
  for (const BadBundle& test : cases) {
    auto file = fakes::write_pem(directory_.path(), test.name, test.pem);
    auto made = TlsObserver::create(file.string(), system_now);
    ASSERT_FALSE(made.ok()) << test.name;
    EXPECT_THAT(made.failure().detail, HasSubstr(test.words));
    EXPECT_THAT(made.failure().detail, HasSubstr(test.name));
  }
}

TEST_F(TlsObserverTest, MissingTrustStore) {
  auto made = TlsObserver::create((directory_.path() / "absent.pem").string(), system_now);
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.failure().kind, FailureKind::not_found);
  EXPECT_THAT(made.failure().detail, HasSubstr("absent.pem"));
  EXPECT_THAT(made.failure().detail, HasSubstr("No such file"));
}

TEST_F(TlsObserverTest, DirectoryAsTrustStore) {
  auto made = TlsObserver::create(directory_.path().string(), system_now);
  ASSERT_FALSE(made.ok());
  EXPECT_THAT(made.failure().detail, HasSubstr("Is a directory"));
}

TEST_F(TlsObserverTest, SystemTrustStoreFollowsItsVariable) {
  auto file = fakes::write_pem(directory_.path(), "system.pem", root_.certificate_pem());
  ASSERT_EQ(setenv("SSL_CERT_FILE", file.c_str(), 1), 0);
  auto made = TlsObserver::create("", [this] { return now_; });
  unsetenv("SSL_CERT_FILE");
  ASSERT_TRUE(made.ok());
  observer_ = *made;
  EXPECT_TRUE(chain_of(inner_.issue(named("mx.example")))->verified());
}

}  // namespace
}  // namespace mtasts::net
