// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "web/exposition_request.h"

#include <gtest/gtest.h>

#include "present/exposition_text.h"
#include "present/world.h"
#include "web/web_site.h"

namespace mtasts::web {
namespace {

TEST(ExpositionFormat, IsWhatTheClientPrefers) {
  struct Case {
    std::string_view accept;
    bool open;
  };
  const Case cases[] = {
      {"", false},
      {"*/*", false},
      {"text/html,application/xhtml+xml,*/*;q=0.8", false},
      {"application/openmetrics-text", true},
      {"Application/OpenMetrics-Text; Version=1.0.0", true},
      {"application/openmetrics-text; version=\"1.0.0\"; charset=utf-8", true},
      {"application/openmetrics-text; version=2.0.0", false},
      {"application/openmetrics-text; version=0.0.1", false},
      // Prometheus 2 and 3.
      {"application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0."
       "75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
       true},
      {"application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/"
       "openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,"
       "text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
       true},
      // Prometheus with scrape_protocols that put text first.
      {"text/plain;version=0.0.4;q=0.6,application/openmetrics-text;version=1.0.0;q=0.5", false},
      {"application/openmetrics-text;q=0", false},
      {"application/openmetrics-text;q=0.5, text/plain;q=0.5", true},
      {"application/openmetrics-text;q=0.5, text/*;q=0.9", false},
      {"application/openmetrics-text;q=0.5, */*;q=0.9", false},
      // The most specific range counts.
      {"application/openmetrics-text;version=1.0.0;q=0, application/openmetrics-text", false},
      {"application/openmetrics-text;q=much", false},
      {"application/*", false},
      {",;=,\"", false},
      {"a/b;c=\"x,application/openmetrics-text\"", false},
  };
  for (const Case& c : cases)
    EXPECT_EQ(exposition_format(c.accept) == present::ExpositionFormat::openmetrics, c.open)
        << c.accept;
}

TEST(ExpositionFormat, LooksAtABoundedNumberOfRanges) {
  std::string accept;
  for (int i = 0; i < 100; ++i) accept += "a/b,";
  EXPECT_EQ(exposition_format(accept + "application/openmetrics-text"),
            present::ExpositionFormat::text);
}

TEST(ExpositionRequest, TakesRepeatedParameters) {
  auto target = parse_target("/metrics?name[]=a&x=y&name[]=&name%5B%5D=b");
  ASSERT_TRUE(target.ok());
  EXPECT_EQ(values_of(*target, "name[]"), (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(values_of(*target, "domain").empty());
}

class Scrape : public testing::Test {
 protected:
  Scrape() {
    present::world::fill(board_);
    WebActions actions;
    actions.agent_metrics = [] {
      return present::metric_head(present::metric_named("mtasts_checks_total")) +
             "mtasts_checks_total 5\n";
    };
    site_ = std::make_unique<WebSite>(board_.reports, board_.exposition, std::move(actions),
                                      settings::ProbeSettings{});
  }

  HttpResponse scraped(const std::string& target, const std::string& accept = "") const {
    HttpRequest request;
    request.method = "GET";
    request.target = target;
    request.host = "agent.example";
    request.accept = accept;
    HttpResponse response;
    site_->answer(request, [&](HttpResponse answered) { response = std::move(answered); });
    if (response.source) response.body = present::whole(std::exchange(response.source, nullptr));
    return response;
  }

  present::world::Published board_;
  std::unique_ptr<WebSite> site_;
};

TEST_F(Scrape, HasTheFormatAskedFor) {
  const HttpResponse text = scraped("/metrics");
  EXPECT_EQ(text.content_type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_TRUE(text.body.starts_with("# HELP mtasts_checks_total "));
  EXPECT_EQ(text.body.find("# EOF"), std::string::npos);
  const HttpResponse open = scraped("/metrics", "application/openmetrics-text; version=1.0.0");
  EXPECT_EQ(open.content_type, "application/openmetrics-text; version=1.0.0; charset=utf-8");
  EXPECT_TRUE(open.body.starts_with("# HELP mtasts_checks "));
  EXPECT_NE(open.body.find("\nmtasts_checks_total 5\nmtasts_checks_created "), std::string::npos);
  EXPECT_TRUE(open.body.ends_with("\n# EOF\n"));
}

TEST_F(Scrape, HasTheFamiliesAskedFor) {
  const HttpResponse some = scraped("/metrics?name[]=mtasts_checks_total&name[]=mtasts_domain_*");
  EXPECT_TRUE(some.body.starts_with("# HELP mtasts_checks_total "));
  EXPECT_NE(some.body.find("mtasts_domain_info{domain=\"example.com\""), std::string::npos);
  EXPECT_EQ(some.body.find("mtasts_findings"), std::string::npos);
  EXPECT_EQ(scraped("/metrics?name[]=no_such_metric").body, "");
}

TEST_F(Scrape, HasTheDomainsAskedFor) {
  const HttpResponse one = scraped("/metrics?domain=EXAMPLE.com.");
  EXPECT_EQ(one.status, 200);
  EXPECT_NE(one.body.find("mtasts_findings{domain=\"example.com\""), std::string::npos);
  EXPECT_NE(one.body.find("mtasts_mx_starttls{mx=\"mx1.example.com\"}"), std::string::npos);
  EXPECT_EQ(one.body.find("broken.example\""), std::string::npos);
  EXPECT_EQ(one.body.find("mtasts_checks_total"), std::string::npos);
  const HttpResponse two = scraped("/metrics?domain=example.com&domain=broken.example");
  EXPECT_NE(two.body.find("{domain=\"broken.example\""), std::string::npos);
  EXPECT_EQ(scraped("/metrics?domain=other.example").status, 404);
  EXPECT_EQ(scraped("/metrics?domain=a..b").status, 404);
}

TEST_F(Scrape, LacksWhatTheSettingsLeaveOut) {
  site_->set_metrics({{"mtasts_checks_*", "mtasts_stage_*"}});
  for (const char* accept : {"", "application/openmetrics-text"}) {
    const HttpResponse text = scraped("/metrics", accept);
    EXPECT_EQ(text.body.find("mtasts_checks"), std::string::npos);
    EXPECT_EQ(text.body.find("mtasts_stage_"), std::string::npos);
    EXPECT_NE(text.body.find("mtasts_findings"), std::string::npos);
  }
  site_->set_metrics({});
  EXPECT_NE(scraped("/metrics").body.find("mtasts_stage_success"), std::string::npos);
}

TEST_F(Scrape, OfTheLeanSetLacksWhatNoAlertNeeds) {
  site_->set_metrics({{"mtasts_policy_info"}, true});
  const HttpResponse text = scraped("/metrics");
  EXPECT_EQ(text.body.find("mtasts_stage_success"), std::string::npos);
  EXPECT_EQ(text.body.find("mtasts_policy_info"), std::string::npos) << "excluded";
  EXPECT_NE(text.body.find("mtasts_fault{"), std::string::npos);
  EXPECT_NE(text.body.find("mtasts_last_check_timestamp_seconds{"), std::string::npos);
  EXPECT_NE(text.body.find("mtasts_checks_total"), std::string::npos);
}

}  // namespace
}  // namespace mtasts::web
