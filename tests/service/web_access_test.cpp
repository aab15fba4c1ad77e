// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Users and TLS of the web port through reloads.

#include <gtest/gtest.h>

#include <cstdlib>

#include "fakes/certificate_factory.h"
#include "service/service_fixture.h"

namespace mtasts::service {
namespace {

using settings::WebRole;
using testing::HasSubstr;

const std::string kSecret = "$2y$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW";
const std::string kUser = "Authorization: Basic dXNlcjpzZWNyZXQ=\r\n";   // user:secret
const std::string kWrong = "Authorization: Basic dXNlcjpvdGhlcnM=\r\n";  // user:others

class WebAccessService : public ServiceTest {
 protected:
  void set_users(std::vector<settings::WebUser> users) {
    configure({kZero});
    std::lock_guard lock(mutex_);
    loaded_.settings.web.access.users = std::move(users);
  }
  int ask(const std::string& target, const std::string& headers, const std::string& method) const {
    web::HttpClient client(port_);
    return client.get(target, headers, method).status;
  }
};

TEST_F(WebAccessService, ReloadsChangeUsersAtOnce) {
  start();
  EXPECT_EQ(ask("/metrics", "", "GET"), 200);
  set_users({{"user", kSecret, WebRole::write}});
  EXPECT_EQ(ask("/-/reload", "", "POST"), 200);
  EXPECT_EQ(ask("/metrics", "", "GET"), 401);
  EXPECT_EQ(ask("/metrics", kWrong, "GET"), 401);
  EXPECT_EQ(ask("/metrics", kUser, "GET"), 200);
  set_users({{"user", kSecret, WebRole::read}});
  EXPECT_EQ(ask("/-/reload", kUser, "POST"), 200);
  EXPECT_EQ(ask("/-/reload", kUser, "POST"), 403);
  EXPECT_EQ(ask("/metrics", kUser, "GET"), 200);
}

TEST_F(WebAccessService, LoginsAreExportedWhileThereAreUsers) {
  const std::string name = "mtasts_exporter_web_authentications_total{result=";
  start();
  EXPECT_EQ(get("/metrics").body.find(name), std::string::npos);
  set_users({{"user", kSecret, WebRole::write}});
  EXPECT_EQ(ask("/-/reload", "", "POST"), 200);
  EXPECT_EQ(ask("/metrics", kWrong, "GET"), 401);
  const std::string line = name + "\"rejected\"} 1\n";
  EXPECT_TRUE(fakes::wait_until("the counter", [&] {
    web::HttpClient client(port_);
    return client.get("/metrics", kUser).body.find(line) != std::string::npos;
  }));
}

// A certificate that cannot be used leaves everything as it was, the users as well.
TEST_F(WebAccessService, ABadCertificateRejectsTheReload) {
  start();
  set_users({{"user", kSecret, WebRole::write}});
  {
    std::lock_guard lock(mutex_);
    loaded_.settings.web.tls.cert_file = "/nonexistent/tls.crt";
    loaded_.settings.web.tls.key_file = "/nonexistent/tls.key";
  }
  const web::Reply reply = get("/-/reload", "POST");
  EXPECT_EQ(reply.status, 500);
  EXPECT_THAT(reply.body, HasSubstr("cannot use [web.tls] cert_file /nonexistent/tls.crt"));
  EXPECT_EQ(ask("/metrics", "", "GET"), 200);
}

TEST_F(WebAccessService, TheCertificateIsExported) {
  const fakes::TemporaryDirectory root;
  fakes::LeafOptions options;
  options.dns_names.push_back("agent.example");
  const fakes::Identity identity = fakes::self_signed(options);
  auto& tls = loaded_.settings.web.tls;
  tls.cert_file = fakes::write_pem(root.path(), "tls.crt", identity.certificate_chain_pem).string();
  tls.key_file = fakes::write_pem(root.path(), "tls.key", identity.private_key_pem).string();
  auto started = service_.start(load());
  ASSERT_TRUE(started.ok()) << started.failure().detail;
  port_ = service_.web_endpoints().at(0).port;
  thread_ = std::thread([this] { service_.run(); });
  web::HttpClient plain(port_);
  plain.send("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_NE(plain.read_reply().status, 200) << "plain HTTP is not served";
  const std::string curl = "curl -sk --max-time 20 https://127.0.0.1:" + std::to_string(port_) +
                           "/metrics | grep -q '^mtasts_exporter_web_certificate_current 1$'";
  EXPECT_TRUE(fakes::wait_until("the metric", [&] { return std::system(curl.c_str()) == 0; }));
}

}  // namespace
}  // namespace mtasts::service
