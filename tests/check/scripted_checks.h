// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Checks over scripted ports: a healthy domain, one.example, in which a test breaks one part.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "check/checker.h"
#include "check/thresholds.h"
#include "fakes/fake_ports.h"
#include "verdict/judge.h"

namespace mtasts::check {

namespace asio = boost::asio;
using protocol::DnsStatus;
using protocol::HttpsAttempt;
using protocol::HttpsStatus;
using protocol::RecordType;
using protocol::SmtpAttempt;
using protocol::SmtpStatus;
using std::chrono::milliseconds;
using verdict::Outcome;
using verdict::Severity;

inline constexpr auto kLimit = std::chrono::seconds(20);

class ScriptedChecks : public ::testing::Test {
 protected:
  ScriptedChecks() {
    settings_.network.families = {AddressFamily::ipv4};
    settings_.canary.dns = {"zone.example", "zone.test"};
    settings_.canary.https = {"canary.example"};
    settings_.canary.smtp = {"mxcanary.example"};
    fetcher_.answer = [this](const std::string& host, const IpAddress&) {
      HttpsAttempt attempt;
      attempt.status = https_down_ ? HttpsStatus::connect_timeout : HttpsStatus::responded;
      if (https_down_) return attempt;
      attempt.chain = fakes::trusted_chain(host);
      attempt.http_status = 200;
      attempt.content_type = "text/plain";
      attempt.body =
          "version: STSv1\r\nmode: enforce\r\nmx: *.mail.example\r\nmax_age: 2592000\r\n";
      return attempt;
    };
    prober_.answer = [this](const std::string& host, const IpAddress&) {
      SmtpAttempt attempt;
      attempt.status = smtp_down_ ? SmtpStatus::connect_timeout : SmtpStatus::ok;
      if (host == refusing_host_) attempt.status = SmtpStatus::refused;
      if (attempt.status != SmtpStatus::ok) return attempt;
      attempt.reply_code = 220;
      attempt.starttls_offered = true;
      attempt.chain = fakes::trusted_chain(host);
      return attempt;
    };
    resolver_.add_address("canary.example", "192.175.48.200");
    resolver_.add_address("mxcanary.example", "192.175.48.201");
    resolver_.script("zone.example", RecordType::ns).names = {"ns.example"};
    add_domain("one.example", {"mx1.mail.example"});
    resolver_.add_address("mx1.mail.example", "192.175.48.1");
  }

  void add_domain(const std::string& domain, const std::vector<std::string>& hosts) {
    resolver_.script("_mta-sts." + domain, RecordType::txt).texts = {"v=STSv1; id=1;"};
    resolver_.script("_smtp._tls." + domain, RecordType::txt).texts = {"v=TLSRPTv1; rua=mailto:a@" +
                                                                       domain};
    resolver_.add_address("mta-sts." + domain, "192.175.48.100");
    auto& mx = resolver_.script(domain, RecordType::mx);
    for (const std::string& host : hosts) mx.mx.push_back({10, host});
  }

  // The engine's parts are created late, so that a test can change the settings first.
  void build() {
    tasks_ = std::make_unique<async::TaskGroup>(loop_.get_executor());
    channels_ = std::make_unique<ChannelMonitor>(environment(), settings_);
    mx_probes_ = std::make_unique<MxProbeCache>(environment(), *channels_, settings_,
                                                thresholds_of(settings_));
    checker_ = std::make_unique<Checker>(environment(), *mx_probes_, *channels_, settings_);
  }

  Environment environment() {
    Environment made{loop_.get_executor(), *tasks_, resolver_, fetcher_, prober_};
    made.steady_now = [this] { return std::chrono::steady_clock::now() + later_; };
    made.lag = lag_.get();
    made.ad_trust = trust_;
    return made;
  }

  std::vector<verdict::Report> check(const std::vector<std::string>& domains,
                                     milliseconds limit = kLimit) {
    if (checker_ == nullptr) build();
    std::vector<verdict::Report> reports(domains.size());
    for (size_t i = 0; i < domains.size(); ++i)
      asio::co_spawn(loop_, run(domains[i], limit, reports[i]), asio::detached);
    loop_.restart();
    loop_.run();
    return reports;
  }

  asio::awaitable<void> run(std::string domain, milliseconds limit, verdict::Report& report) {
    DomainName name = *DomainName::parse(domain);
    verdict::Evidence evidence = co_await checker_->check(name, limit);
    report = verdict::judge(evidence, nullptr, thresholds_of(settings_), evidence.finished);
  }

  static std::string summary(const verdict::Report& report) {
    std::string text;
    for (const auto& finding : report.findings)
      text += std::string(finding.code()) + ":" + std::string(name_of(finding.severity)) + " ";
    return text;
  }

  // Random names below the canaries' zones that were asked for.
  int canary_queries() const {
    int count = 0;
    for (const auto& [key, times] : resolver_.asked)
      if (key.first.starts_with("mtasts-")) count += times;
    return count;
  }

  asio::io_context loop_;
  settings::Settings settings_;
  fakes::FakeResolver resolver_;
  fakes::FakeFetcher fetcher_;
  fakes::FakeProber prober_;
  bool https_down_ = false;
  bool smtp_down_ = false;
  std::string refusing_host_;
  milliseconds later_{0};                // added to the steady clock
  std::optional<net::AdTrust> trust_;    // empty: nothing is looked up for DANE
  std::unique_ptr<async::LoopLag> lag_;  // a test may set it before the first check
  std::unique_ptr<async::TaskGroup> tasks_;
  std::unique_ptr<ChannelMonitor> channels_;
  std::unique_ptr<MxProbeCache> mx_probes_;
  std::unique_ptr<Checker> checker_;
};

}  // namespace mtasts::check
