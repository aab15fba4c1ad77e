// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "verdict/host/mx_software.h"

#include <gtest/gtest.h>

#include "verdict/healthy_evidence.h"

namespace mtasts::verdict {
namespace {

using protocol::ChainFault;
using protocol::SmtpAttempt;
using protocol::SmtpStatus;
using protocol::SmtpStep;

std::string name_for(std::string banner, std::string ehlo = {}) {
  SmtpAttempt attempt;
  attempt.banner = std::move(banner);
  attempt.ehlo_text = std::move(ehlo);
  const MxSoftware* software = software_of(attempt);
  return software != nullptr ? std::string(software->name) : "";
}

TEST(MxSoftware, IsKnownByItsBanner) {
  struct Case {
    const char* banner;
    const char* name;
  };
  const Case cases[] = {
      {"mx.example ESMTP Postfix (Debian/GNU)", "Postfix"},
      {"mx.example mx.example ESMTP Postfix", "Postfix"},
      {"mx.example ESMTP Exim 4.96 Fri, 27 Nov 2026 23:00:00 +0000", "Exim"},
      {"mx.example ESMTP Sendmail 8.17.1.9/8.17.1.9/Debian; Fri, 27 Nov 2026", "Sendmail"},
      {"mx.example ESMTP OpenSMTPD", "OpenSMTPD"},
      {"mx.example ESMTP Haraka/3.0.3 ready", "Haraka"},
      {"EXCH01.example.local Microsoft ESMTP MAIL Service ready at Fri, 27 Nov 2026",
       "Microsoft Exchange"},
      {"AM1.mail.protection.outlook.com Microsoft ESMTP MAIL Service ready at Fri",
       "Exchange Online"},
      {"mx.google.com ESMTP 4fb4d7f45d1cf-5c1234 - gsmtp", "Google"},
      {"mx.example Stalwart ESMTP at your service", "Stalwart"},
      {"mx.example ESMTP mox", "mox"},
      {"mx.example (PowerMTA(TM) v4.5) ESMTP service ready", "PowerMTA"},
      {"mx.example ESMTP MDaemon 20.0.0; Fri, 27 Nov 2026", "MDaemon"},
      {"mx.example ESMTP Service (Lotus Domino Release 9.0.1) ready at Fri", "HCL Domino"},
      {"mx.example ESMTP", ""},
      {"", ""},
      {"postfix.example ESMTP", ""},  // a host name says nothing
      {"sendmail.mox.example ESMTP", ""},
      {"exim", ""},
  };
  for (const Case& row : cases) EXPECT_EQ(name_for(row.banner), row.name) << row.banner;
  EXPECT_EQ(name_for("mx.example ESMTP", "mx.example Ok. XVERP=Courier XSECURITY=NONE,STARTTLS"),
            "Courier");
  EXPECT_EQ(name_for("mx.example ESMTP", "mx.example Hello postfix.exim.example"), "")
      << "EHLO's reply repeats the client's name";
}

// The fix of `code` on a host with this banner, and the severity.
struct Told {
  std::string fix;
  Severity severity = Severity::info;
};

Told told(const std::string& banner, std::string_view code,
          const std::function<void(SmtpAttempt&)>& change) {
  Scene scene;
  scene.hosts[0] = good_host("mx1.example.com", {"192.175.48.1"});
  scene.probe().banner = banner;
  change(scene.probe());
  Report report = scene.judged();
  const Finding* finding = find(report, code);
  EXPECT_NE(finding, nullptr) << code << " not in: " << summary(report);
  return finding != nullptr ? Told{finding->fix, finding->severity} : Told{};
}

void lose_starttls(SmtpAttempt& attempt) {
  attempt.status = SmtpStatus::starttls_missing;
  attempt.step = SmtpStep::ehlo;
  attempt.starttls_offered = false;
  attempt.chain = nullptr;
}
void refuse_starttls(SmtpAttempt& attempt) {
  attempt.status = SmtpStatus::starttls_rejected;
  attempt.step = SmtpStep::starttls;
  attempt.reply_code = 454;
  attempt.chain = nullptr;
}
std::function<void(SmtpAttempt&)> with_chain_fault(ChainFault fault) {
  return [fault](SmtpAttempt& attempt) {
    auto chain = *attempt.chain;
    chain.faults = {fault};
    attempt.chain = share(chain);
  };
}

TEST(MxSoftware, NamesTheSettingInTheFix) {
  struct Case {
    const char* banner;
    std::string_view code;
    std::function<void(SmtpAttempt&)> change;
    const char* words;
  };
  const Case cases[] = {
      {"mx ESMTP Postfix", "smtp-starttls-missing", lose_starttls, "smtpd_tls_security_level"},
      {"mx ESMTP Postfix", "smtp-starttls-refused", refuse_starttls, "smtpd_tls_chain_files"},
      {"mx ESMTP Sendmail 8.17", "smtp-starttls-missing", lose_starttls, "STARTTLS=server, error"},
      {"mx ESMTP Haraka/3", "smtp-starttls-missing", lose_starttls, "see its log"},
      {"mx ESMTP Courier", "smtp-starttls-missing", lose_starttls, "see its log"},
      {"mx ESMTP Exim 4.96 x", "smtp-starttls-refused", refuse_starttls, "tls_privatekey"},
      {"mx ESMTP Sendmail 8.17", "cert-incomplete-chain", with_chain_fault(ChainFault::incomplete),
       "confCACERT"},
      {"mx ESMTP Postfix", "cert-incomplete-chain", with_chain_fault(ChainFault::incomplete),
       "smtpd_tls_chain_files"},
      {"mx ESMTP OpenSMTPD", "cert-expired", with_chain_fault(ChainFault::expired), "pki"},
      {"mx Microsoft ESMTP MAIL Service", "cert-self-signed",
       with_chain_fault(ChainFault::self_signed), "Set-ReceiveConnector"},
      {"a.mail.protection.outlook.com Microsoft ESMTP", "cert-expired",
       with_chain_fault(ChainFault::expired), "provider"},
  };
  for (const Case& row : cases) {
    Told known = told(row.banner, row.code, row.change);
    Told unknown = told("mx ESMTP", row.code, row.change);
    EXPECT_NE(known.fix.find(row.words), std::string::npos) << row.banner << ": " << known.fix;
    EXPECT_EQ(unknown.fix, row_of(FindingCode(find_row(row.code)->code)).fix);
    EXPECT_EQ(known.severity, unknown.severity) << "the banner decides no severity";
  }
}

TEST(MxSoftware, OtherFindingsKeepTheirFix) {
  for (const char* banner : {"mx ESMTP Postfix", "mx ESMTP Sendmail", "mx ESMTP"}) {
    Told slow = told(banner, "smtp-banner-slow",
                     [](SmtpAttempt& attempt) { attempt.banner_time = std::chrono::seconds(7); });
    EXPECT_EQ(slow.fix, find_row("smtp-banner-slow")->fix);
  }
}

// Two servers behind one name: each address has its own, and none speaks for the host.
TEST(MxSoftware, DoesNotSpeakForAnotherServerOfThePool) {
  auto fix_for = [](const char* other_banner) {
    Scene scene;
    scene.hosts[0] = good_host("mx1.example.com", {"192.175.48.1", "192.175.48.2"});
    scene.probe(0, 0).banner = "mx ESMTP Postfix";
    scene.probe(0, 1).banner = other_banner;
    for (size_t address : {0u, 1u}) with_chain_fault(ChainFault::expired)(scene.probe(0, address));
    Report report = scene.judged();
    const Finding* finding = find(report, "cert-expired");
    return finding != nullptr ? finding->fix : std::string();
  };
  EXPECT_NE(fix_for("mx ESMTP Postfix").find("Postfix"), std::string::npos);
  EXPECT_EQ(fix_for("mx ESMTP Exim 4.96 x").find("Postfix"), std::string::npos);
}

}  // namespace
}  // namespace mtasts::verdict
