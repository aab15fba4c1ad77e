// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// TLS reports from a POST to metrics, findings and the API, across reloads and restarts.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>

#include "base/time.h"
#include "fakes/wait_until.h"
#include "service/service_fixture.h"

namespace mtasts::service {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string report_json(const std::string& id, const std::string& domain, int good, int bad) {
  std::string day = date_text(system_now() - std::chrono::hours(24));
  return fmt::format(
      R"({{"organization-name":"Company-X","date-range":{{"start-datetime":"{4}T00:00:00Z",)"
      R"("end-datetime":"{4}T23:59:59Z"}},"contact-info":"tls@company-x.example","report-id":"{0}",)"
      R"("policies":[{{"policy":{{"policy-type":"sts","policy-domain":"{1}"}},)"
      R"("summary":{{"total-successful-session-count":{2},"total-failure-session-count":{3}}}}}]}})",
      id, domain, good, bad, day);
}

class ReportServiceTest : public ServiceTest {
 protected:
  ReportServiceTest() {
    std::string folder = std::filesystem::temp_directory_path() / "mtasts-service-XXXXXX";
    folder_ = ::mkdtemp(folder.data());
    loaded_.settings.state.path = folder_ + "/state.db";
    loaded_.settings.reports.enabled = true;
    loaded_.settings.reports.https.listen = {{IpAddress::parse("127.0.0.1").value(), 0}};
  }
  ~ReportServiceTest() override {
    stop();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  int post(Service& service, const std::string& body) {
    web::HttpClient client(service.report_endpoints().at(0).port);
    client.send(fmt::format("POST /tlsrpt HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{}",
                            body.size(), body));
    return client.read_reply().status;
  }
  std::string metrics() const { return get("/metrics").body; }
  testing::AssertionResult shows(const std::string& line) const {
    return fakes::wait_until(line, [&] { return metrics().find(line) != std::string::npos; });
  }
  // `change` the settings that the next load returns, and have it loaded.
  int reload(const std::function<void(settings::ReportsSettings&)>& change) {
    {
      std::lock_guard lock(mutex_);
      change(loaded_.settings.reports);
      loaded_.settings.hash = std::to_string(++generation_);
    }
    return get("/-/reload", "POST").status;
  }

  std::string folder_;
};

TEST_F(ReportServiceTest, APostReachesMetricsAndApi) {
  start();
  EXPECT_THAT(metrics(), HasSubstr("tlsrpt_reports_total{domain=\"d000.example\"} 0"));
  EXPECT_EQ(post(service_, report_json("1", kZero, 90, 10)), 201);
  EXPECT_EQ(post(service_, report_json("1", kZero, 90, 10)), 200) << "known";
  EXPECT_TRUE(shows("tlsrpt_reports_total{domain=\"d000.example\"} 1"));
  EXPECT_TRUE(shows("tlsrpt_failure_ratio{domain=\"d000.example\"} 0.1"));
  EXPECT_THAT(metrics(), HasSubstr("tlsrpt_reports_total{domain=\"d001.example\"} 0"));
  std::string listed = get("/api/v1/domains/d000.example/reports").body;
  EXPECT_THAT(listed, HasSubstr("Company-X"));
  EXPECT_EQ(get("/api/v1/domains/foreign.example/reports").status, 404);
}

TEST_F(ReportServiceTest, WhatIsNoReportIsCountedAndChangesNothing) {
  start();
  EXPECT_EQ(post(service_, "not json {{{"), 201) << "its meaning is worked out later";
  EXPECT_EQ(post(service_, report_json("2", "foreign.example", 5, 5)), 201);
  EXPECT_TRUE(shows("tlsrpt_reports_rejected_total{reason=\"malformed\"} 1"));
  EXPECT_TRUE(shows("tlsrpt_reports_rejected_total{reason=\"foreign_domain\"} 1"));
  EXPECT_THAT(metrics(), HasSubstr("tlsrpt_reports_total{domain=\"d000.example\"} 0"));
  EXPECT_THAT(metrics(), Not(HasSubstr("tlsrpt_failure_ratio{")));
  auto listed = [this] { return get("/api/v1/reports/rejected").body; };
  EXPECT_TRUE(fakes::wait_until("foreign.example", [&] {
    return listed().find("not about a configured domain: foreign.example") != std::string::npos;
  }));
  EXPECT_THAT(listed(), HasSubstr("Company-X"));
  EXPECT_THAT(get("/").body, HasSubstr("Rejected TLS reports"));
  EXPECT_EQ(reload([](settings::ReportsSettings& reports) { reports.enabled = false; }), 200);
  EXPECT_EQ(get("/api/v1/reports/rejected").status, 501);
}

TEST_F(ReportServiceTest, ReportsOutliveARestart) {
  start();
  EXPECT_EQ(post(service_, report_json("1", kZero, 90, 10)), 201);
  EXPECT_TRUE(shows("tlsrpt_reports_total{domain=\"d000.example\"} 1"));
  stop();
  Service again([this] { return load(); });
  auto started = again.start(load());
  ASSERT_TRUE(started.ok()) << started.failure().detail;
  port_ = again.web_endpoints().at(0).port;
  std::thread thread([&] { again.run(); });
  EXPECT_TRUE(shows("tlsrpt_failure_ratio{domain=\"d000.example\"} 0.1"));
  again.request_stop();
  thread.join();
}

TEST_F(ReportServiceTest, AReloadSwitchesReportsOffAndOn) {
  start();
  EXPECT_EQ(post(service_, report_json("1", kZero, 90, 10)), 201);
  EXPECT_TRUE(shows("tlsrpt_failure_ratio{domain=\"d000.example\"} 0.1"));
  EXPECT_EQ(reload([](settings::ReportsSettings& reports) { reports.enabled = false; }), 200);
  EXPECT_THAT(metrics(), Not(HasSubstr("tlsrpt_reports_total{")));
  EXPECT_NE(get("/api/v1/domains/d000.example/reports").status, 200);
  EXPECT_EQ(reload([](settings::ReportsSettings& reports) { reports.enabled = true; }), 200);
  EXPECT_TRUE(shows("tlsrpt_failure_ratio{domain=\"d000.example\"} 0.1"));
}

TEST_F(ReportServiceTest, AReloadThatCannotListenKeepsTheFormerSettings) {
  start();
  settings::Endpoint taken = service_.web_endpoints().at(0);
  EXPECT_EQ(reload([&](settings::ReportsSettings& reports) { reports.https.listen = {taken}; }),
            500);
  EXPECT_EQ(post(service_, report_json("1", kZero, 90, 10)), 201);
  EXPECT_TRUE(shows("tlsrpt_reports_total{domain=\"d000.example\"} 1"));
}

TEST_F(ReportServiceTest, ADomainThatIsAddedLaterHasItsSeries) {
  start();
  configure({kZero, kOne, kTwo});
  EXPECT_EQ(get("/-/reload", "POST").status, 200);
  EXPECT_TRUE(shows("tlsrpt_reports_total{domain=\"d002.example\"} 0"));
  EXPECT_EQ(post(service_, report_json("1", kTwo, 3, 0)), 201);
  EXPECT_TRUE(shows("tlsrpt_reports_total{domain=\"d002.example\"} 1"));
}

}  // namespace
}  // namespace mtasts::service
