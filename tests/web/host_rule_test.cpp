// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "web/host_rule.h"

#include <gtest/gtest.h>

#include "web/http_client.h"
#include "web/machine_names.h"
#include "web_fixture.h"

namespace mtasts::web {
namespace {

HttpRequest request_of(const std::string& host) {
  HttpRequest request;
  request.host = host;
  return request;
}

TEST(HostRule, AdmitsWhatAForeignPageCannotBe) {
  HostRule rule;
  settings::WebSettings settings;
  settings.external_url = "https://Monitor.example.org:8443/mtasts/";
  settings.hosts = {"mtasts.example.com", "*.lan.example", "xn--bcher-kva.example"};
  rule.use(settings, {"host.example.net", "host"});
  for (const char* good : {"127.0.0.1",
                           "127.0.0.1:10058",
                           "192.0.2.1",
                           "[::1]",
                           "[2001:db8::1]:10058",
                           "localhost",
                           "LOCALHOST:10058",
                           "a.localhost",
                           "mtasts-exporter:10058",
                           "host",
                           "host.example.net",
                           "HOST.example.NET.",
                           "monitor.example.org",
                           "monitor.example.org:1",
                           "mtasts.example.com",
                           "mtasts.example.com.:443",
                           "a.lan.example",
                           "a.b.lan.example",
                           "xn--bcher-kva.example",
                           "host.docker.internal:10058",
                           "host.containers.internal"})
    EXPECT_FALSE(rule.refusal_of(request_of(good))) << good;
  for (const char* bad :
       {"evil.example", "evil.example:10058", "mtasts.example.com.evil.example",
        "amtasts.example.com", "lan.example", ".lan.example", "alan.example", "127.0.0.1.nip.io",
        "127.0.0.1.evil.example", "localhost.evil.example", "a.host.example.net", "example.net",
        "docker.internal", "evil.internal"}) {
    const auto refusal = rule.refusal_of(request_of(bad));
    ASSERT_TRUE(refusal) << bad;
    EXPECT_EQ(refusal->status, 421);
  }
  EXPECT_EQ(rule.refusal_of(request_of("Evil.example:10058"))->body,
            "The agent is not known as evil.example; if it should be, add \"evil.example\" to the "
            "setting [web] hosts.\n");
  HttpRequest old = request_of("");
  old.host_fields = 0;
  old.version = 10;
  EXPECT_FALSE(rule.refusal_of(old)) << "no browser sends HTTP/1.0 without Host";
}

TEST(HostRule, CanBeSwitchedOffAndChanged) {
  HostRule rule;
  EXPECT_TRUE(rule.refusal_of(request_of("a.example")));
  settings::WebSettings settings;
  settings.hosts = {"*"};
  rule.use(settings, {});
  EXPECT_FALSE(rule.refusal_of(request_of("a.example")));
  settings.hosts = {"a.example"};
  rule.use(settings, {});
  EXPECT_FALSE(rule.refusal_of(request_of("a.example")));
  EXPECT_TRUE(rule.refusal_of(request_of("b.example")));
}

TEST(MachineNames, NeedNoDns) {
  using Names = std::set<std::string>;
  EXPECT_EQ(machine_names("", "127.0.0.1 x", "search y"), Names());
  EXPECT_EQ(machine_names("Host", "", ""), (Names{"host"}));
  EXPECT_EQ(machine_names("host.example.com", "", ""), (Names{"host", "host.example.com"}));
  // Debian
  EXPECT_EQ(machine_names("host",
                          "127.0.0.1\tlocalhost\n127.0.1.1\thost.example.com\thost # comment evil\n"
                          "192.0.2.9 other.example.com other\n# host evil.example\n",
                          ""),
            (Names{"host", "host.example.com"}));
  // Kubernetes
  EXPECT_EQ(machine_names("agent-0", "10.0.0.7\tagent-0.agent.mail.svc.cluster.local\tagent-0\n",
                          "search mail.svc.cluster.local svc.cluster.local\nnameserver 10.0.0.1\n"
                          "options ndots:5\n"),
            (Names{"agent-0", "agent-0.agent.mail.svc.cluster.local",
                   "agent-0.mail.svc.cluster.local", "agent-0.svc.cluster.local"}));
  EXPECT_EQ(machine_names("host", "192.0.2.1", "domain example.com\r\nsearch .\n"),
            (Names{"host", "host.example.com"}));
}

TEST_F(WebServerTest, RefusesForeignNames) {
  start();
  HostRule rule;
  site_->check_hosts(&rule);
  const auto status_of = [this](const std::string& host, const std::string& target) {
    HttpClient client(port_);
    client.send("GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
    return client.read_reply().status;
  };
  for (const char* target : {"/", "/metrics", "/-/healthy", "/nothing", "/probe?target=a.example"})
    EXPECT_EQ(status_of("rebound.example", target), 421) << target;
  EXPECT_EQ(status_of("127.0.0.1", "/metrics"), 200);
  EXPECT_EQ(status_of("127.0.0.1", "http://rebound.example/metrics"), 421);
  EXPECT_EQ(status_of("rebound.example", "http://localhost/metrics"), 200);
  HttpClient post(port_);
  post.send(
      "POST /-/reload HTTP/1.1\r\nHost: rebound.example\r\nOrigin: http://rebound.example\r\n"
      "Content-Length: 0\r\n\r\n");
  EXPECT_EQ(post.read_reply().status, 421);
  settings::WebSettings settings;
  settings.hosts = {"rebound.example"};
  rule.use(settings, {});
  EXPECT_EQ(status_of("rebound.example", "/metrics"), 200) << "after a reload";
}

}  // namespace
}  // namespace mtasts::web
