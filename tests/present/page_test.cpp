// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "present/page.h"

#include <gtest/gtest.h>

#include "present/metrics_table.h"
#include "world.h"

namespace mtasts::present {
namespace {

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

size_t count_of(const std::string& text, std::string_view part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

TEST(Html, EscapesEverything) {
  EXPECT_EQ(html_text("<a href=\"x\" b='y'>&amp;"),
            "&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;amp;");
  EXPECT_EQ(html_text("a\xff\x01"), "a\\xFF\\x01");
  EXPECT_EQ(html_text("abcdef", 3), "abc…");
  EXPECT_EQ(html_lines("a\r\nb<\n\x1b", 100), "a\nb&lt;\n\\x1B\n");
  EXPECT_EQ(html_lines("abcdef", 3), "abc\n…\n");
}

TEST(Html, AllowsItsOwnStyleAlone) {
  std::string policy = page_security_policy();
  EXPECT_TRUE(policy.starts_with("default-src 'none'; style-src 'sha256-"));
  EXPECT_FALSE(has(policy, "unsafe"));
  EXPECT_FALSE(has(policy, "sha256-'")) << "no digest";
  std::string page = html_page("t", "");
  EXPECT_EQ(count_of(page, "<style>"), 1u);
  EXPECT_FALSE(has(page, "style=")) << "the policy blocks style attributes";
  EXPECT_TRUE(has(page, "<style>\n:root{")) << "the licence of page.css is not sent";
  EXPECT_TRUE(has(page, "input,button{font:inherit;padding:.3rem .6rem}\n</style>"));
}

class PageTest : public testing::Test {
 protected:
  PageTest() { world::fill(published_); }
  world::Published published_;
};

TEST_F(PageTest, ABannerNamesTheChannelsThatAreUnavailable) {
  EXPECT_FALSE(has(index_page(published_.reports.snapshot(), ""), "class=\"banner\""));
  using Kind = verdict::ChannelFault::Kind;
  published_.reports.set_channel_faults({
      {Channel::dns, Kind::denies, "name servers of com: NXDOMAIN from 192.0.2.53:53"},
      {Channel::smtp_ipv6, Kind::unreachable, "<mx.example>: timeout"},
  });
  std::string page = index_page(published_.reports.snapshot(), "");
  EXPECT_TRUE(has(page, "class=\"banner\""));
  EXPECT_TRUE(has(page, "name servers of com: NXDOMAIN from 192.0.2.53:53"));
  EXPECT_TRUE(has(page, "<strong>smtp over ipv6</strong>: &lt;mx.example&gt;: timeout"));
  published_.reports.set_channel_faults({});
  EXPECT_FALSE(has(index_page(published_.reports.snapshot(), ""), "class=\"banner\""));
}

TEST_F(PageTest, ListsTheWorstFirst) {
  std::string page = index_page(published_.reports.snapshot(), "");
  size_t broken = page.find("broken.example</a>");
  size_t good = page.find("example.com</a>");
  size_t unchecked = page.find("new.example</a>");
  EXPECT_LT(broken, good);
  EXPECT_LT(good, unchecked);
  ASSERT_NE(unchecked, std::string::npos);
  EXPECT_TRUE(has(page, "No record at _mta-sts.broken.example."));
  EXPECT_TRUE(has(page, "Mend it &lt;now&gt;."));
  EXPECT_TRUE(has(page, "not checked yet"));
  EXPECT_TRUE(has(page, "no action needed"));
  EXPECT_TRUE(has(page, "href=\"domains/broken.example\""));
}

TEST_F(PageTest, FiltersByDomainAndFinding) {
  struct Case {
    std::string filter;
    std::vector<std::string> listed;
  };
  const Case cases[] = {
      {"broken", {"broken.example"}},
      {"BROKEN.example", {"broken.example"}},  // case-insensitive
      {".com", {"example.com"}},
      {"mx-not-covered", {"broken.example"}},  // a code
      {"no-such", {}},
      {"\"><script>alert(1)</script>", {}},  // comes back escaped
  };
  for (const Case& c : cases) {
    std::string page = index_page(published_.reports.snapshot(), c.filter);
    EXPECT_EQ(count_of(page, "<a href=\"domains/"), c.listed.size()) << c.filter;
    for (const std::string& name : c.listed) EXPECT_TRUE(has(page, name + "</a>")) << c.filter;
    EXPECT_TRUE(has(page, "value=\"" + html_text(c.filter) + "\""));
    EXPECT_FALSE(has(page, "<script"));
  }
}

TEST_F(PageTest, FindsAndShowsNamesInUnicode) {
  published_.set_domains({world::configured("bücher.example")});
  std::string page = index_page(published_.reports.snapshot(), "bücher.example");
  EXPECT_TRUE(has(page, ">bücher.example</a>"));
  EXPECT_TRUE(has(page, "href=\"domains/xn--bcher-kva.example\""));
}

TEST_F(PageTest, StaysBoundedWithManyDomains) {
  std::vector<settings::DomainEntry> all;
  for (int i = 0; i < 2000; ++i)
    all.push_back(world::configured("d" + std::to_string(i) + ".example"));
  published_.set_domains(all);
  auto facts = world::host_facts();
  for (size_t i = 0; i < all.size(); ++i)
    published_.publish(i == 1999 ? world::bad_report(all[i].name.text(), facts)
                                 : world::good_report(all[i].name.text(), facts));
  std::string page = index_page(published_.reports.snapshot(), "");
  EXPECT_EQ(count_of(page, "<a href=\"domains/"), kMostRows);
  EXPECT_TRUE(has(page, "first 500 of 2000"));
  EXPECT_LT(page.find("d1999.example</a>"), page.find("d0.example</a>"));
}

TEST_F(PageTest, ShowsEverythingAboutADomain) {
  std::string page = domain_page(*published_.reports.find("broken.example"));
  for (std::string_view part :
       {"sts-txt-missing", "No record at _mta-sts.broken.example.", "Mend it &lt;now&gt;.",
        "dig +short &quot;TXT&quot;", "RFC 8461 §4.1", "mx1.example.com", "192.0.2.1",
        "2001:db8::1", "certificate has expired", "not covered",
        "v=STSv1; id=\\xFF\\xFE&lt;script&gt;", "&lt;/pre&gt;&lt;script&gt;alert(1)",
        "Suggested policy", "mode: testing\nmx: mx1.example.com\n",
        "href=\"../api/v1/domains/broken.example\"", "mx\\xFF&quot;&lt;b&gt;.example"})
    EXPECT_TRUE(has(page, part)) << part;
  EXPECT_FALSE(has(page, "<script"));
  EXPECT_FALSE(has(page, "\xff"));
}

TEST_F(PageTest, ShowsWhatSendersReport) {
  EXPECT_FALSE(has(domain_page(*published_.reports.find("example.com")), "TLS reports"))
      << "reports are not taken in";
  published_.set_reported("example.com", world::reported());
  std::string page = domain_page(*published_.reports.find("example.com"));
  for (std::string_view part :
       {"<h2>TLS reports</h2>", "from 2025-11-14 to 2025-11-21",
        "<span class=\"tag critical\">act</span> 5.70 % failed: 57 of 1000 sessions",
        "<td>Google Inc.</td><td>937</td><td>47</td><td>2025-11-20</td>",
        "Evil\\xFF &lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;Sons&quot; <span class=\"tag "
        "unknown\">not authenticated</span></td><td>63</td><td>10</td>",
        "<td>Silent Ltd</td><td>0</td><td>0</td><td>2025-11-01 <span class=\"dim\">(before the "
        "window)</span>",
        "<code>certificate-expired</code></td><td "
        "class=\"wide\"><code>mx1.example.com</code><br><code>192.0.2.1"
        "</code></td><td>47</td><td>Google Inc.</td><td class=\"days\">2025-11-18 to "
        "2025-11-20</td>",
        "<code>other</code> &lt;b&gt;bad&lt;/b&gt;\\x1B<br><span class=\"dim\">&lt;i&gt;no\\xFF",
        "<b>Cause:</b> the certificate that mx1.example.com presented has expired.<br><b>Fix:</b> "
        "renew the certificate of mx1.example.com, and reload",
        "<pre>openssl s_client -starttls smtp -connect mx1.example.com:25 -servername",
        "<pre>mtasts-exporter check example.com\n</pre>", "Watch the reports of the next 48",
        "mode=enforce max_age=604800 mx=*.example.com",
        "href=\"../api/v1/domains/example.com/reports\">Reports</a>"})
    EXPECT_TRUE(has(page, part)) << part << page;
  EXPECT_FALSE(has(page, "<script"));
  EXPECT_FALSE(has(page, "\xff"));
}

TEST_F(PageTest, ListsRejectedReports) {
  auto page = [this](std::string_view filter = "") {
    return index_page(published_.reports.snapshot(), filter);
  };
  EXPECT_FALSE(has(page(), "Rejected TLS reports")) << "reports are not taken in";
  published_.reports.set_rejected_reports(std::make_shared<const reports::RejectedReports>());
  EXPECT_FALSE(has(page(), "Rejected TLS reports")) << "there are none";
  reports::RejectedReport hostile{world::at(1763700000), "https", "<b>Evil\xff",
                                  reports::Rejection::foreign_domain,
                                  "not about a configured domain: <script>alert(1)</script>"};
  reports::RejectedReport nameless = hostile;
  nameless.from.clear();
  published_.reports.set_rejected_reports(std::make_shared<const reports::RejectedReports>(
      reports::RejectedReports{hostile, nameless}));
  for (std::string_view part :
       {"<h2>Rejected TLS reports</h2>",
        "<td class=\"days\">2025-11-21T04:40:00Z</td><td>https</td><td "
        "class=\"wide\">&lt;b&gt;Evil\\xFF</td><td>foreign_domain</td><td class=\"wide\">not about "
        "a configured domain: &lt;script&gt;alert(1)&lt;/script&gt;</td>",
        "<td class=\"wide\"><span class=\"dim\">not told</span></td>"})
    EXPECT_TRUE(has(page(), part)) << part << page();
  EXPECT_FALSE(has(page(), "<script"));
  EXPECT_FALSE(has(page("example"), "Rejected TLS reports")) << "somebody searches";
  hostile.detail = hostile.from = std::string(60000, '<');
  published_.reports.set_rejected_reports(
      std::make_shared<const reports::RejectedReports>(reports::RejectedReports(1000, hostile)));
  EXPECT_LT(page().size(), 200000u);
}

TEST_F(PageTest, SaysThatNoReportHasArrived) {
  published_.set_reported("example.com", {});
  std::string page = domain_page(*published_.reports.find("example.com"));
  EXPECT_TRUE(has(page, "No report has arrived yet"));
  EXPECT_FALSE(has(page, "<h3>Senders</h3>"));
}

TEST_F(PageTest, SaysWhoReportsAFindingToo) {
  auto report = world::bad_report();
  EXPECT_FALSE(has(domain_page(*published_.reports.find("broken.example")), "<b>Senders:</b>"));
  report->findings[1].reported = verdict::ReportedBy{{"<Google>"}, 1, 47, 937, "2025-11-20"};
  published_.publish(report);
  std::string page = domain_page(*published_.reports.find("broken.example"));
  EXPECT_TRUE(has(page,
                  "<p><b>Senders:</b> also reported by &lt;Google&gt;: 47 of 937 sessions "
                  "since 2025-11-20</p>"))
      << page;
}

TEST_F(PageTest, StaysBoundedWithHostileSenders) {
  reports::DomainSummary summary = world::reported();
  auto organization = summary.organizations[1];
  organization.name = std::string(60000, '<');
  summary.organizations.assign(reports::kMostOrganizations, organization);
  summary.organizations_dropped = 900;
  auto failure = summary.failures[1];
  failure.type_text = failure.reason = failure.receiving_mx = organization.name;
  failure.organizations.assign(10, organization.name);
  failure.organization_count = 9000;
  summary.failures.assign(reports::kMostFailureSummaries, failure);
  auto policy = summary.policies[0];
  policy.policy = organization.name;
  policy.organizations = failure.organizations;
  summary.policies.assign(reports::kMostPolicySummaries, policy);
  published_.set_reported("example.com", summary);
  std::string page = domain_page(*published_.reports.find("example.com"));
  EXPECT_LT(page.size(), 1u << 19);
  EXPECT_TRUE(has(page, "And 950 more."));
  EXPECT_TRUE(has(page, "And 150 more."));
  EXPECT_TRUE(has(page, "and 8997 more"));
}

TEST_F(PageTest, ShowsTheResultAtEachAddressOfThePolicyHost) {
  auto report = *world::good_report("broken.example");
  verdict::PolicyAddressReport stale;
  stale.address = IpAddress::parse("192.0.2.8").value();
  stale.status = verdict::PolicyAddressStatus::ok;
  stale.http_status = 200;
  stale.verified = false;
  report.policy.address_results = {stale};
  published_.publish(std::make_shared<const verdict::Report>(report));
  EXPECT_TRUE(has(domain_page(*published_.reports.find("broken.example")),
                  "192.0.2.8</code> ok, certificate not valid"));
}

TEST_F(PageTest, ShowsThePolicyThatTheAgentServes) {
  EXPECT_FALSE(
      has(domain_page(*published_.reports.find("broken.example")), "Served by this agent"));
  auto report = *world::good_report("broken.example");
  report.hosted = verdict::HostedReport{"1f", "v=STSv1; id=1f", true, false};
  published_.publish(std::make_shared<const verdict::Report>(report));
  std::string page = domain_page(*published_.reports.find("broken.example"));
  EXPECT_TRUE(has(page, "<h2>Served by this agent</h2>"));
  EXPECT_TRUE(has(page, "Senders get this policy; its record is not published."));
  EXPECT_TRUE(has(page, "TXT record at _mta-sts.broken.example:</p>\n<pre>v=STSv1; id=1f</pre>"));
}

TEST_F(PageTest, LinksAreRelativeWithoutAnExternalUrl) {
  for (const std::string& page : {index_page(published_.reports.snapshot(), ""),
                                  domain_page(*published_.reports.find("broken.example")),
                                  domain_page(*published_.reports.find("new.example"))}) {
    EXPECT_FALSE(has(page, "href=\"/")) << page;
    EXPECT_FALSE(has(page, "href=\"http"));
    EXPECT_FALSE(has(page, "canonical"));
    EXPECT_FALSE(has(page, "<footer"));
  }
}

TEST_F(PageTest, LinksCarryThePrefix) {
  const PageLinks links{"/a&b/c", "https://h.example/a&b/c"};
  std::string page = index_page(published_.reports.snapshot(), "", links);
  EXPECT_EQ(count_of(page, "href=\"/a&amp;b/c/domains/"), 3u);
  EXPECT_TRUE(has(page, "<link rel=\"canonical\" href=\"https://h.example/a&amp;b/c/\">"));
  EXPECT_TRUE(has(page,
                  "<footer class=\"dim\"><a href=\"https://h.example/a&amp;b/c/\">"
                  "https://h.example/a&amp;b/c/</a></footer>"));
  page = domain_page(*published_.reports.find("broken.example"), links);
  EXPECT_TRUE(has(page, "<a href=\"/a&amp;b/c/\">All domains</a>"));
  EXPECT_TRUE(has(page, "<a href=\"/a&amp;b/c/api/v1/domains/broken.example\">JSON</a>"));
  EXPECT_TRUE(
      has(page, "rel=\"canonical\" href=\"https://h.example/a&amp;b/c/domains/broken.example\">"));
  EXPECT_FALSE(has(page, "href=\"../"));
  page = message_page("No", "Nothing.", links);
  EXPECT_TRUE(has(page, "<a href=\"/a&amp;b/c/\">All domains</a>"));
  EXPECT_FALSE(has(page, "canonical")) << "a message is no page of its own";
  // A URL without a path: links need no prefix.
  page = domain_page(*published_.reports.find("broken.example"), {"", "https://h.example"});
  EXPECT_TRUE(has(page, "<a href=\"../\">All domains</a>"));
  EXPECT_TRUE(has(page, "href=\"https://h.example/domains/broken.example\">"));
}

TEST_F(PageTest, StaysBoundedWithHostileReports) {
  auto report = world::bad_report();
  auto facts = std::make_shared<verdict::MxHostReport>(*world::host_facts());
  auto chain = std::make_shared<protocol::PeerChain>(*facts->addresses[0].chain);
  chain->leaf.dns_names.assign(200, std::string(60000, '<'));
  facts->addresses.assign(500, facts->addresses[0]);
  for (auto& address : facts->addresses) address.chain = chain;
  report->mx.assign(500, report->mx[0]);
  for (auto& mx : report->mx) mx.facts = facts;
  report->findings.assign(5000, report->findings[1]);
  for (auto& finding : report->findings) finding.message = std::string(60000, '<');
  report->policy.body = std::string(64 * 1024, '<');
  published_.publish(report);
  EXPECT_LT(domain_page(*published_.reports.find("broken.example")).size(), 8u << 20);
  EXPECT_LT(index_page(published_.reports.snapshot(), "").size(), 1u << 20);
}

}  // namespace
}  // namespace mtasts::present
