// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include <string>
#include <utility>
#include <vector>

#include "fakes/wait_until.h"
#include "net/smtp/smtp_prober_fixture.h"

namespace mtasts::net {
namespace {

TEST_F(SmtpProberTest, SecuresAGoodServer) {
  SmtpServer server(script());
  SmtpAttempt attempt = probe(server.port());
  EXPECT_EQ(attempt.status, SmtpStatus::ok) << attempt.detail;
  EXPECT_EQ(attempt.step, SmtpStep::done);
  EXPECT_EQ(attempt.detail, "");
  EXPECT_EQ(attempt.reply_code, 220);
  EXPECT_EQ(attempt.starttls_offered, std::optional<bool>(true));
  EXPECT_EQ(attempt.injected_bytes, 0U);
  EXPECT_EQ(attempt.tls_version, "TLSv1.3");
  EXPECT_NE(attempt.cipher, "");
  ASSERT_TRUE(attempt.chain);
  EXPECT_TRUE(attempt.chain->verified()) << attempt.chain->verify_error;
  EXPECT_GE(attempt.banner_time, 1ms);
  EXPECT_LE(attempt.total_time, kPlenty);
  EXPECT_EQ(server.connections(), 1);
  EXPECT_EQ(server.server_names(), std::vector<std::string>{kHost});
  std::vector<std::string> said = {"EHLO probe.example", "STARTTLS", "EHLO probe.example", "QUIT"};
  ASSERT_TRUE(
      fakes::wait_until("the connection to close", [&] { return server.open_connections() == 0; }));
  EXPECT_EQ(server.commands(), said);
}

TEST_F(SmtpProberTest, SpeaksIpv6) {
  SmtpServer server(script(), "::1");
  SmtpAttempt attempt = probe(server.port(), kPlenty, "::1");
  EXPECT_EQ(attempt.status, SmtpStatus::ok) << attempt.detail;
  EXPECT_EQ(attempt.address.text(), "::1");
}

TEST_F(SmtpProberTest, SendsAName) {
  SmtpServer server(script(), "::1");
  settings::SmtpSettings settings = settings_for(server.port(), kPlenty);
  settings.ehlo_name.clear();
  AsioSmtpProber prober(loop_, observer_, settings);
  run(prober.probe(kHost, *IpAddress::parse("::1")));
  ASSERT_FALSE(server.commands().empty());
  std::string ehlo = server.commands().front();
  bool literal = ehlo == "EHLO [IPv6:::1]";
  EXPECT_TRUE(literal || ehlo.find('.') != std::string::npos) << ehlo;
}

TEST_F(SmtpProberTest, KeepsABadCertificateAsEvidence) {
  SmtpScript wrong = script();
  wrong.identity = identity_for("other.example");
  SmtpAttempt attempt = probe(wrong);
  EXPECT_EQ(attempt.status, SmtpStatus::ok);
  ASSERT_TRUE(attempt.chain);
  EXPECT_FALSE(attempt.chain->name_matches);
  EXPECT_EQ(attempt.chain->leaf.dns_names, std::vector<std::string>{"other.example"});
}

TEST_F(SmtpProberTest, ReportsFaultsBeforeTls) {
  struct Case {
    SmtpScript script;
    SmtpStatus status;
    SmtpStep step;
    int code;
    const char* detail;
  };
  auto says = [](const char* banner, const char* ehlo = nullptr, const char* starttls = nullptr) {
    SmtpScript made = script();
    made.banner = banner;
    if (ehlo != nullptr) made.ehlo = ehlo;
    if (starttls != nullptr) made.starttls = starttls;
    return made;
  };
  using enum SmtpStatus;
  using enum SmtpStep;
  const char* hello = "220 mx\r\n";
  const Case cases[] = {
      {says("554 no service\r\n"), banner_rejected, banner, 554, "554 no service"},
      {says("421 busy\r\n"), banner_rejected, banner, 421, "421 busy"},
      {says("SSH-2.0-x\r\n"), protocol_error, banner, 0, "SSH-2.0-x"},
      {says(hello, "502 what\r\n"), ehlo_rejected, ehlo, 502, "502 what"},
      {says(hello, "421 later\r\n"), ehlo_rejected, ehlo, 421, "421 later"},
      {says(hello, "250 mx\r\n"), starttls_missing, ehlo, 250, "does not list STARTTLS"},
      {says(hello, "250-mx\r\n250 XXXXXXXA\r\n"), starttls_stripped, ehlo, 250, "XXXXXXXA"},
      {says(hello, nullptr, "454 no keys\r\n"), starttls_rejected, starttls, 454, "454 no keys"},
      {faulty(SmtpFault::close, SmtpMoment::banner), protocol_error, banner, 0, "at banner"},
      {faulty(SmtpFault::reset, SmtpMoment::banner), protocol_error, banner, 0, "at banner"},
      {faulty(SmtpFault::close, SmtpMoment::ehlo), protocol_error, ehlo, 220, "at EHLO"},
      {faulty(SmtpFault::reset, SmtpMoment::ehlo), protocol_error, ehlo, 220, "at EHLO"},
      {faulty(SmtpFault::close, SmtpMoment::starttls), protocol_error, starttls, 250,
       "at STARTTLS"},
      {faulty(SmtpFault::endless, SmtpMoment::banner), protocol_error, banner, 0, "128 lines"},
      {faulty(SmtpFault::endless, SmtpMoment::ehlo), protocol_error, ehlo, 220, "128 lines"},
  };
  for (const Case& row : cases) {
    SmtpServer server(row.script);
    SmtpAttempt attempt = probe(server.port());
    EXPECT_EQ(name_of(attempt.status), name_of(row.status)) << attempt.detail;
    EXPECT_EQ(name_of(attempt.step), name_of(row.step)) << row.detail;
    EXPECT_EQ(attempt.reply_code, row.code) << row.detail;
    EXPECT_NE(attempt.detail.find(row.detail), std::string::npos) << attempt.detail;
    EXPECT_FALSE(attempt.chain);
    EXPECT_EQ(server.connections(), 1) << row.detail;
  }
}

TEST_F(SmtpProberTest, ReportsTheStepOfATimeout) {
  struct Case {
    SmtpMoment moment;
    SmtpStatus status;
    SmtpStep step;
    const char* detail;
  };
  const Case cases[] = {
      {SmtpMoment::banner, SmtpStatus::timeout, SmtpStep::banner, "no response at banner"},
      {SmtpMoment::ehlo, SmtpStatus::timeout, SmtpStep::ehlo, "no response at EHLO"},
      {SmtpMoment::starttls, SmtpStatus::timeout, SmtpStep::starttls, "no response at STARTTLS"},
      {SmtpMoment::handshake, SmtpStatus::tls_timeout, SmtpStep::handshake, "did not complete"},
      {SmtpMoment::ehlo_after_tls, SmtpStatus::ok, SmtpStep::ehlo_after_tls, ""},
  };
  for (const Case& row : cases) {
    SmtpServer server(faulty(SmtpFault::silence, row.moment));
    auto limit = row.status == SmtpStatus::ok ? 2500ms : 800ms;
    SmtpAttempt attempt = probe(server.port(), limit);
    EXPECT_EQ(name_of(attempt.status), name_of(row.status)) << attempt.detail;
    EXPECT_EQ(name_of(attempt.step), name_of(row.step));
    EXPECT_NE(attempt.detail.find(row.detail), std::string::npos) << attempt.detail;
    EXPECT_GE(attempt.total_time, limit);
    EXPECT_LT(attempt.total_time, limit + 5s);
    EXPECT_EQ(server.connections(), 1);
  }
}

TEST_F(SmtpProberTest, ASlowServerIsCutOffAtTheLimit) {
  SmtpScript slow = script();
  slow.banner = std::string("220 ") + std::string(1000, 'x') + "\r\n";
  slow.octet_pause = 20ms;
  SmtpAttempt attempt = probe(slow, kShort);
  EXPECT_EQ(attempt.status, SmtpStatus::tarpit) << attempt.detail;
  EXPECT_EQ(attempt.step, SmtpStep::banner);
  EXPECT_TRUE(attempt.unfinished_reply.starts_with("220 x")) << attempt.unfinished_reply;
  EXPECT_TRUE(is_deferral(attempt));
}

TEST_F(SmtpProberTest, WaitsForTheWholeBanner) {
  SmtpScript postscreen = script();
  postscreen.banner = "220-mx.example\r\n220-wait\r\n220 mx.example ESMTP\r\n";
  postscreen.line_pause = 100ms;
  SmtpAttempt attempt = probe(postscreen);
  EXPECT_EQ(attempt.status, SmtpStatus::ok) << attempt.detail;
  EXPECT_GE(attempt.banner_time, 190ms);
}

TEST_F(SmtpProberTest, ReadsWhatDripsIn) {
  SmtpScript dripping = script();
  dripping.octet_pause = 1ms;
  EXPECT_EQ(probe(dripping).status, SmtpStatus::ok);
}

TEST_F(SmtpProberTest, ReportsHowTheConnectionFailed) {
  fakes::RefusingPort refusing;
  SmtpAttempt attempt = probe(refusing.port());
  EXPECT_EQ(attempt.status, SmtpStatus::refused) << attempt.detail;
  EXPECT_EQ(attempt.step, SmtpStep::connect);
  EXPECT_EQ(attempt.reply_code, 0);
  EXPECT_FALSE(answered(attempt));

  fakes::DeafPort deaf;
  attempt = probe(deaf.port(), kShort);
  EXPECT_EQ(attempt.status, SmtpStatus::connect_timeout) << attempt.detail;
  EXPECT_EQ(attempt.detail, "no response to the connection attempt within 300ms");

  // TCP to a multicast address fails at once in the kernel.
  attempt = probe(25, kPlenty, "224.0.0.1");
  EXPECT_EQ(attempt.status, SmtpStatus::unreachable) << attempt.detail;
}

TEST_F(SmtpProberTest, ReportsHowTheHandshakeFailed) {
  struct Case {
    SmtpScript script;
    SmtpStatus status;
    int connections;
    const char* detail;
  };
  auto in_place_of_tls = [](std::string octets) {
    SmtpScript made = script();
    made.in_place_of_tls = std::move(octets);
    return made;
  };
  constexpr uint8_t kHandshakeFailure = 40;  // RFC 8446 §6
  constexpr uint8_t kProtocolVersion = 70;
  constexpr uint8_t kInternalError = 80;
  using enum SmtpStatus;
  const Case cases[] = {
      {faulty(SmtpFault::close, SmtpMoment::handshake), tls_closed, 2, "TLS handshake"},
      {faulty(SmtpFault::reset, SmtpMoment::handshake), tls_closed, 2, "connection reset"},
      {in_place_of_tls(fakes::tls_alert(kHandshakeFailure)), tls_failed, 2, "handshake failure"},
      {in_place_of_tls(fakes::tls_alert(kProtocolVersion)), tls_failed, 2, "protocol version"},
      {in_place_of_tls(fakes::tls_alert(kInternalError)), tls_failed, 1, "internal error"},
      {in_place_of_tls("500 what?\r\n"), tls_failed, 1, "plaintext instead of TLS: \"500 what?"},
      {in_place_of_tls(std::string(100, '\x01')), tls_failed, 1, ""},
  };
  for (const Case& row : cases) {
    SmtpServer server(row.script);
    SmtpAttempt attempt = probe(server.port());
    EXPECT_EQ(name_of(attempt.status), name_of(row.status)) << attempt.detail;
    EXPECT_EQ(attempt.step, SmtpStep::handshake);
    EXPECT_NE(attempt.detail.find(row.detail), std::string::npos) << attempt.detail;
    EXPECT_NE(attempt.detail, "");
    EXPECT_EQ(attempt.starttls_offered, std::optional<bool>(true));
    EXPECT_EQ(attempt.tls_version, "");
    EXPECT_EQ(server.connections(), row.connections) << attempt.detail;
  }
}

TEST_F(SmtpProberTest, KeepsTheChainOfAFailedHandshake) {
  SmtpScript demanding = script();
  demanding.tls = SmtpTls::client_certificate;
  SmtpAttempt attempt = probe(demanding);
  EXPECT_EQ(attempt.status, SmtpStatus::tls_failed) << attempt.detail;
  ASSERT_TRUE(attempt.chain);
  EXPECT_TRUE(attempt.chain->verified());
}

TEST_F(SmtpProberTest, DistinguishesOldTlsFromBrokenTls) {
  SmtpScript old = script();
  old.tls = SmtpTls::only_1_1;
  SmtpServer server(old);
  SmtpAttempt attempt = probe(server.port());
  EXPECT_EQ(attempt.status, SmtpStatus::tls_version_old) << attempt.detail;
  EXPECT_EQ(attempt.step, SmtpStep::handshake);
  EXPECT_EQ(attempt.tls_version, "TLSv1.1");
  EXPECT_NE(attempt.detail.find("only TLSv1.1"), std::string::npos) << attempt.detail;
  ASSERT_TRUE(attempt.chain);
  EXPECT_TRUE(attempt.chain->verified());
  EXPECT_EQ(server.connections(), 2);

  old.tls = SmtpTls::only_1_2;
  attempt = probe(old);
  EXPECT_EQ(attempt.status, SmtpStatus::ok) << attempt.detail;
  EXPECT_EQ(attempt.tls_version, "TLSv1.2");
}

TEST_F(SmtpProberTest, AHandshakeThatWorksAtTheSecondTryIsGood) {
  SmtpServer server([](int connection) {
    return connection == 1 ? faulty(SmtpFault::close, SmtpMoment::handshake) : script();
  });
  SmtpAttempt attempt = probe(server.port());
  EXPECT_EQ(attempt.status, SmtpStatus::ok) << attempt.detail;
  EXPECT_EQ(attempt.tls_version, "TLSv1.3");
  EXPECT_EQ(server.connections(), 2);
}

TEST_F(SmtpProberTest, OneLimitForBothTries) {
  SmtpServer server([](int connection) {
    auto fault = connection == 1 ? SmtpFault::close : SmtpFault::silence;
    return faulty(fault, SmtpMoment::handshake);
  });
  SmtpAttempt attempt = probe(server.port(), 2s);
  EXPECT_EQ(attempt.status, SmtpStatus::tls_closed) << attempt.detail;
  EXPECT_EQ(server.connections(), 2);
  EXPECT_GE(attempt.total_time, 2s);
  EXPECT_LT(attempt.total_time, 7s);
}

TEST_F(SmtpProberTest, CountsWhatIsInjectedWithThe220) {
  SmtpScript injecting = script();
  injecting.starttls += "250 injected\r\n";
  SmtpAttempt attempt = probe(injecting);
  EXPECT_EQ(attempt.status, SmtpStatus::ok) << attempt.detail;
  EXPECT_EQ(attempt.injected_bytes, 14U);
}

TEST_F(SmtpProberTest, CountsWhatWaitsInTheKernelBeforeTheClientHello) {
  // One read takes 4096 octets: the 220 fills it, so that the octets after it are not read with it.
  SmtpScript injecting = script();
  std::string rest(1024 - 6, 'x');
  injecting.starttls = "220-" + rest + "\r\n220-" + rest + "\r\n220-" + rest + "\r\n220 " + rest +
                       "\r\n" + "250 injected\r\n";
  SmtpAttempt attempt = probe(injecting);
  EXPECT_EQ(attempt.status, SmtpStatus::ok) << attempt.detail;
  EXPECT_EQ(attempt.injected_bytes, 14U);
}

TEST_F(SmtpProberTest, FailuresAfterTheHandshakeAreIgnored) {
  const SmtpScript scripts[] = {
      faulty(SmtpFault::close, SmtpMoment::ehlo_after_tls),
      faulty(SmtpFault::reset, SmtpMoment::ehlo_after_tls),
      faulty(SmtpFault::endless, SmtpMoment::ehlo_after_tls),
      faulty(SmtpFault::reset, SmtpMoment::quit),
      faulty(SmtpFault::silence, SmtpMoment::quit),
  };
  for (const SmtpScript& row : scripts) {
    SmtpAttempt attempt = probe(row);
    EXPECT_EQ(attempt.status, SmtpStatus::ok) << attempt.detail;
    EXPECT_EQ(attempt.detail, "");
    EXPECT_EQ(attempt.reply_code, 220);
    EXPECT_LT(attempt.total_time, 10s);
  }
}

TEST_F(SmtpProberTest, ReadsOnlyTheBannerForACanary) {
  SmtpServer server(script());
  AsioSmtpProber prober(loop_, observer_, settings_for(server.port(), kPlenty));
  SmtpAttempt attempt = run(prober.greet(kHost, *IpAddress::parse("127.0.0.1")));
  EXPECT_EQ(attempt.status, SmtpStatus::ok) << attempt.detail;
  EXPECT_EQ(attempt.step, SmtpStep::banner);
  EXPECT_EQ(attempt.reply_code, 220);
  EXPECT_TRUE(answered(attempt));
  EXPECT_FALSE(attempt.chain);
  ASSERT_TRUE(
      fakes::wait_until("the connection to close", [&] { return server.open_connections() == 0; }));
  EXPECT_EQ(server.commands(), std::vector<std::string>{"QUIT"});

  SmtpScript rejecting = script();
  rejecting.banner = "554 no\r\n";
  SmtpServer closed(rejecting);
  AsioSmtpProber other(loop_, observer_, settings_for(closed.port(), kPlenty));
  attempt = run(other.greet(kHost, *IpAddress::parse("127.0.0.1")));
  EXPECT_EQ(attempt.status, SmtpStatus::banner_rejected);
  EXPECT_EQ(attempt.reply_code, 554);
}

}  // namespace
}  // namespace mtasts::net
