// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "present/agent_metrics.h"
#include "present/exposition.h"
#include "present/exposition_text.h"
#include "present/metrics_table.h"
#include "world.h"

namespace mtasts::present {
namespace {

std::string golden(const std::string& name) {
  std::ifstream file(std::string(MTASTS_TESTS_DIR) + "/golden/" + name);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(MetricsTable, IsTheGoldenList) {
  std::string list;
  for (const Metric& metric : metrics_table())
    list.append(metric.name)
        .append(" ")
        .append(name_of(metric.type))
        .append(" {")
        .append(metric.labels)
        .append("}\n");
  EXPECT_EQ(list, golden("metrics.txt"))
      << "names are a contract: change tests/golden/metrics.txt on purpose or not at all";
}

TEST(MetricsTable, RowsAreWhole) {
  std::set<std::string_view> names;
  size_t in_scopes = 0;
  for (auto scope : {MetricScope::domain, MetricScope::host, MetricScope::agent,
                     MetricScope::hosted, MetricScope::probe})
    in_scopes += metrics_of(scope).size();
  EXPECT_EQ(in_scopes, metrics_table().size()) << "rows of one scope must stand together";
  for (const Metric& metric : metrics_table()) {
    EXPECT_TRUE(names.insert(metric.name).second) << metric.name << " twice";
    EXPECT_EQ(metric.of_domain != nullptr, metric.scope == MetricScope::domain) << metric.name;
    EXPECT_EQ(metric.of_host != nullptr, metric.scope == MetricScope::host) << metric.name;
    EXPECT_EQ(metric.name.ends_with("_total"), metric.type == MetricType::counter) << metric.name;
    EXPECT_TRUE(metric.help.ends_with(".") || metric.help.ends_with("1 or 0.")) << metric.name;
  }
}

TEST(Exposition, OfASmallWorldIsTheGoldenText) {
  world::Published board;
  world::fill(board);
  EXPECT_EQ(whole(exposition_source("", board.exposition.snapshot())), golden("exposition.txt"));
}

TEST(Exposition, LosesTheSeriesOfARemovedDomain) {
  world::Published board;
  world::fill(board);
  board.set_domains({world::configured("broken.example")});
  std::string text = whole(exposition_source("", board.exposition.snapshot()));
  EXPECT_EQ(text.find("domain=\"example.com\""), std::string::npos);
  EXPECT_NE(text.find("mtasts_mx_starttls{mx=\"mx1.example.com\"} 1\n"), std::string::npos);
  board.set_domains({});
  EXPECT_EQ(whole(exposition_source("", board.exposition.snapshot())), "");
}

TEST(Exposition, PiecesAreBoundedAndFamiliesContiguous) {
  world::Published board;
  std::vector<settings::DomainEntry> all;
  for (int i = 0; i < 3000; ++i)
    all.push_back(world::configured("d" + std::to_string(i) + ".example"));
  board.set_domains(all);
  auto facts = world::host_facts();
  for (const auto& domain : all)
    ASSERT_TRUE(board.publish(world::good_report(domain.name.text(), facts)));
  Exposition exposition("# HELP a b\n# TYPE a gauge\na 1\n", board.exposition.snapshot());
  std::string text;
  std::string piece;
  size_t pieces = 0;
  while (exposition.next(piece)) {
    EXPECT_LT(piece.size(), kPiece_bytes + 8192);
    text += piece;
    piece.clear();
    ++pieces;
  }
  EXPECT_GT(pieces, 50u);
  expect_well_formed(text);
}

TEST(Exposition, OfAProbeHoldsOneDomainAndItsHosts) {
  std::string text = probe_exposition(world::bad_report(), nullptr);
  expect_well_formed(text);
  EXPECT_NE(text.find("\nmtasts_probe_success 0\n"), std::string::npos);
  EXPECT_NE(text.find("\nmtasts_probe_duration_seconds 2\n"), std::string::npos);
  EXPECT_NE(text.find("mtasts_mx_reachable{mx=\"mx1.example.com\"} 1\n"), std::string::npos);
  EXPECT_NE(text.find("mtasts_findings{domain=\"broken.example\",severity=\"critical\"} 3\n"),
            std::string::npos);
  text = probe_exposition(world::good_report(), nullptr);
  EXPECT_NE(text.find("\nmtasts_probe_success 1\n"), std::string::npos);
  EXPECT_NE(text.find("\nmtasts_probe_outcome{outcome=\"ok\"} 1\n"), std::string::npos);

  board::DomainEntry before;
  before.stages[2] = {verdict::StageResult::fail, world::at(7)};
  text = probe_exposition(world::bad_report(), &before);
  EXPECT_NE(text.find("mtasts_stage_last_conclusive_timestamp_seconds{domain=\"broken.example\","
                      "stage=\"policy_certificate\"} 7\n"),
            std::string::npos);
}

TEST(RolloutMetrics, HaveOnePhaseAndNoneWhileItIsUnknown) {
  auto report = world::good_report();
  board::DomainEntry entry{"example.com", nullptr, report, {}, nullptr};
  std::string text = probe_exposition(report, &entry);
  EXPECT_EQ(text.find("mtasts_rollout_"), std::string::npos);
  report->rollout = verdict::Rollout();
  for (verdict::RolloutPhase phase : verdict::kRolloutPhases) {
    report->rollout->phase = phase;
    text = probe_exposition(report, &entry);
    std::string name(name_of(phase));
    EXPECT_NE(text.find("phase=\"" + name + "\"} 1\n"), std::string::npos) << text;
    size_t ones = 0;
    size_t all = 0;
    for (size_t at = 0; (at = text.find("mtasts_rollout_phase{", at)) != std::string::npos; ++at) {
      ++all;
      ones += text.substr(text.find("} ", at) + 2, 1) == "1";
    }
    EXPECT_EQ(ones, 1u);
    EXPECT_EQ(all, verdict::kRolloutPhases.size());
    EXPECT_NE(text.find("mtasts_rollout_ready{domain=\"example.com\"} 0\n"), std::string::npos);
  }
}

TEST(MxMetrics, ReportTheWorstAddressAndIgnoreUnobservedOnes) {
  using verdict::AddressStatus;
  struct Case {
    std::vector<std::pair<AddressStatus, bool>> addresses;  // status, unobserved
    std::string expected;                                   // mtasts_mx_reachable; empty: no sample
    std::string count;                                      // mtasts_mx_reachable_addresses
  };
  const Case cases[] = {
      {{{AddressStatus::ok, false}}, "1", "1"},
      {{{AddressStatus::ok, false}, {AddressStatus::timeout, false}},
       "0",
       "1"},  // the worst counts
      {{{AddressStatus::ok, false}, {AddressStatus::timeout, true}},
       "1",
       "1"},                                          // not observed, so not failed
      {{{AddressStatus::refused, true}}, "", ""},     // nothing observed
      {{{AddressStatus::refused, false}}, "0", "0"},  // down
      {{{AddressStatus::refused, false}, {AddressStatus::timeout, true}}, "0", ""},  // perhaps down
      {{{AddressStatus::skipped, false}}, "", ""},                                   // not probed
      {{{AddressStatus::smtp_failed, true}},
       "1",
       "1"},         // it answered, though it deferred the agent
      {{}, "", ""},  // no address
  };
  for (const Case& c : cases) {
    auto facts = std::make_shared<verdict::MxHostReport>();
    for (auto [status, unobserved] : c.addresses) {
      verdict::MxAddressReport address;
      address.status = status;
      address.unobserved = unobserved;
      facts->addresses.push_back(address);
    }
    auto text = render_host({"mx.example", facts})->text;
    auto ending = [](const std::string& value) { return value.empty() ? "" : "} " + value + "\n"; };
    EXPECT_EQ(text.segment(0), ending(c.expected));
    EXPECT_EQ(text.segment(1), ending(c.count));
  }
}

TEST(MxMetrics, BothEndsOfValidityAreOfTheCertificateThatEndsFirst) {
  auto facts = std::make_shared<verdict::MxHostReport>();
  for (auto [from, until] : {std::pair(100, 900), std::pair(500, 700), std::pair(600, 800)}) {
    auto chain = std::make_shared<protocol::PeerChain>();
    chain->leaf.not_before = protocol::CertificateTime(std::chrono::seconds(from));
    chain->leaf.not_after = protocol::CertificateTime(std::chrono::seconds(until));
    chain->chain_not_after = chain->leaf.not_after;
    facts->addresses.emplace_back().chain = chain;
  }
  auto text = render_host({"mx.example", facts})->text;
  EXPECT_EQ(text.segment(3), "} 500\n");
  EXPECT_EQ(text.segment(4), "} 700\n");
}

// Absent where DANE does not apply or was not observed.
TEST(MxMetrics, DaneIsThatOfTheWorstAddress) {
  using verdict::DaneStatus;
  struct Case {
    std::vector<DaneStatus> addresses;
    std::string verified;
    int records;
    std::string count;
  };
  const Case cases[] = {
      {{DaneStatus::verified, DaneStatus::verified}, "1", 2, "2"},
      {{DaneStatus::verified, DaneStatus::failed}, "0", 2, "2"},
      {{DaneStatus::bogus}, "0", 0, ""},
      {{DaneStatus::verified, DaneStatus::unknown}, "1", 1, "1"},
      {{DaneStatus::unusable}, "", 1, "1"},
      {{DaneStatus::insecure}, "", 3, "3"},
      {{DaneStatus::none, DaneStatus::unknown}, "", 0, ""},
  };
  for (const Case& c : cases) {
    auto facts = std::make_shared<verdict::MxHostReport>();
    for (DaneStatus status : c.addresses) facts->addresses.emplace_back().dane = status;
    facts->tlsa_count = c.records;
    auto text = render_host({"mx.example", facts})->text;
    auto ending = [](const std::string& value) { return value.empty() ? "" : "} " + value + "\n"; };
    EXPECT_EQ(text.segment(7), ending(c.verified));
    EXPECT_EQ(text.segment(8), ending(c.count));
  }
}

TEST(Samples, EscapeWhatPrometheusRefuses) {
  const std::pair<std::string, std::string> cases[] = {
      {"plain", "plain"},
      {"a\"b", "a\\\"b"},  // quote
      {"a\\b", "a\\\\b"},  // backslash
      {"a\nb", "a\\nb"},   // line end
      {"b\xc3\xbc"
       "cher",
       "b\xc3\xbc"
       "cher"},                                   // UTF-8 stays
      {"a\xff", "a\\\\xFF"},                      // no UTF-8
      {std::string("a\0b", 3), "a\\\\x00b"},      // NUL ends the input of some parsers
      {"\xed\xa0\x80", "\\\\xED\\\\xA0\\\\x80"},  // a surrogate is no UTF-8
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(label_value(text), expected);
  EXPECT_EQ(help_text("a\\b\nc\"d"), "a\\\\b\\nc\"d");
}

TEST(Samples, WriteTheShortestExactNumber) {
  const std::pair<double, std::string> cases[] = {{0, "0"},
                                                  {-1, "-1"},
                                                  {100000, "100000"},
                                                  {0.1, "0.1"},
                                                  {1763755600.25, "1763755600.25"},
                                                  {std::nan(""), "NaN"},
                                                  {INFINITY, "+Inf"},
                                                  {-INFINITY, "-Inf"},
                                                  {1e300, "1e+300"}};
  for (const auto& [number, expected] : cases) EXPECT_EQ(number_text(number), expected);
}

TEST(Samples, AreBoundedAndNeverTwice) {
  std::string text = "{a=\"x\"} 0\n";  // of the previous family
  SampleWriter samples(text);
  samples.add({{"a", "x"}}, 1);
  samples.add({{"a", "x"}}, 2);
  EXPECT_EQ(text, "{a=\"x\"} 0\n{a=\"x\"} 1\n");
  for (size_t i = 0; i < 2 * kMostSamples; ++i) samples.add({{"a", std::to_string(i)}}, 1);
  EXPECT_EQ(static_cast<size_t>(std::count(text.begin(), text.end(), '\n')), kMostSamples + 1);
}

TEST(Exposition, OfAProbeTellsUnknownFromFailed) {
  using verdict::Outcome;
  struct Case {
    Outcome outcome;
    const char* success;  // null: absent
  };
  for (auto [outcome, success] : {Case{Outcome::ok, "1"}, Case{Outcome::warning, "1"},
                                  Case{Outcome::critical, "0"}, Case{Outcome::unknown, nullptr}}) {
    verdict::Report report = *world::good_report();
    report.outcome = outcome;
    std::string text =
        probe_exposition(std::make_shared<const verdict::Report>(std::move(report)), nullptr);
    expect_well_formed(text);
    EXPECT_EQ(text.find("mtasts_probe_success") != std::string::npos, success != nullptr);
    if (success != nullptr) {
      EXPECT_NE(text.find("\nmtasts_probe_success " + std::string(success) + "\n"),
                std::string::npos);
    }
    for (Outcome each : enumerators<Outcome>()) {
      std::string line = "\nmtasts_probe_outcome{outcome=\"" + std::string(name_of(each)) + "\"} " +
                         (each == outcome ? "1\n" : "0\n");
      EXPECT_NE(text.find(line), std::string::npos) << line;
    }
  }
}

TEST(AgentMetrics, AChannelWithoutEvidenceHasNoSeries) {
  AgentMetrics metrics({"0.1.0", "abc", "g++ 12"});
  metrics.set_channel_alive(ChannelKind::dns, std::nullopt);
  metrics.set_dns_validating(std::nullopt);
  EXPECT_EQ(metrics.text().find("mtasts_channel_alive{"), std::string::npos);
  EXPECT_EQ(metrics.text().find("\nmtasts_dns_validating "), std::string::npos);
  metrics.set_dns_validating(false);
  EXPECT_NE(metrics.text().find("\nmtasts_dns_validating 0\n"), std::string::npos);
  metrics.set_dns_validating(true);
  EXPECT_NE(metrics.text().find("\nmtasts_dns_validating 1\n"), std::string::npos);
  metrics.set_channel_alive(ChannelKind::dns, true);
  EXPECT_NE(metrics.text().find("mtasts_channel_alive{channel=\"dns\"} 1\n"), std::string::npos);
  metrics.set_channel_alive(ChannelKind::dns, std::nullopt);
  EXPECT_EQ(metrics.text().find("mtasts_channel_alive{"), std::string::npos);
}

TEST(AgentMetrics, AreThoseOfTheTable) {
  AgentMetrics metrics({"0.1.0", "abc", "g++ 12"});
  metrics.count_check(true);
  metrics.count_check(false);
  metrics.set_checks_in_flight(3);
  metrics.set_queue(7, std::chrono::milliseconds(1500));
  metrics.observe_phase(Phase::smtp, std::chrono::milliseconds(300));
  metrics.count_dns_query("TXT");
  metrics.count_dns_query("TXT");
  metrics.count_dns_failure("SERVFAIL");
  metrics.set_channel_alive(ChannelKind::smtp, false);
  metrics.set_channel_outage(ChannelKind::smtp, true);
  metrics.set_dns_validating(true);
  metrics.config_loaded(world::at(1763755600), "0123abcd");
  metrics.set_shard(1, 3);
  metrics.enable_reports();
  metrics.count_rejected_report(reports::Rejection::foreign_domain);
  metrics.set_mailbox(MailboxFacts{world::at(1763755700), 12, 2});
  metrics.set_web_certificate({world::at(1771000000), world::at(1781000000), false});
  metrics.set_endpoint_certificate(
      EndpointCertificate{world::at(1770000000), world::at(1780000000), false});
  metrics.set_web_logins(WebLogins{20, 3, 1});
  metrics.set_spool_entries(4);
  metrics.set_policy_host(
      AgentMetrics::PolicyHostFacts{{}, Time(std::chrono::seconds(1790000000))});
  metrics.observe_loop_lag(std::chrono::milliseconds(40));
  metrics.observe_loop_lag(std::chrono::milliseconds(60));
  std::string text = metrics.text();
  for (const char* line :
       {"mtasts_checks_total 2\n",
        "mtasts_checks_inconclusive_total 1\n",
        "mtasts_checks_in_flight 3\n",
        "mtasts_check_queue_length 7\n",
        "mtasts_check_lag_seconds 1.5\n",
        "mtasts_dns_queries_total{type=\"TXT\"} 2\n",
        "mtasts_dns_query_failures_total{reason=\"SERVFAIL\"} 1\n",
        "mtasts_channel_alive{channel=\"smtp\"} 0\n",
        "mtasts_channel_outage{channel=\"smtp\"} 1\n",
        "mtasts_dns_validating 1\n",
        "mtasts_phase_duration_seconds_bucket{phase=\"smtp\",le=\"0.25\"} 0\n",
        "mtasts_phase_duration_seconds_bucket{phase=\"smtp\",le=\"0.5\"} 1\n",
        "mtasts_phase_duration_seconds_count{phase=\"dns\"} 0\n",
        "mtasts_loop_lag_seconds_bucket{le=\"0.05\"} 1\n",
        "mtasts_loop_lag_seconds_bucket{le=\"0.1\"} 2\n",
        "mtasts_loop_lag_seconds_count 2\n",
        "mtasts_exporter_config_last_reload_successful 1\n",
        "mtasts_exporter_config_last_reload_success_timestamp_seconds 1763755600\n",
        "mtasts_shard_ordinal 1\n",
        "mtasts_shards 3\n",
        "tlsrpt_reports_rejected_total{reason=\"foreign_domain\"} 1\n",
        "tlsrpt_reports_rejected_total{reason=\"unauthenticated\"} 0\n",
        "tlsrpt_mailbox_last_success_timestamp_seconds 1763755700\n",
        "tlsrpt_mailbox_messages_total 12\n",
        "tlsrpt_mailbox_failures_total 2\n",
        "tlsrpt_endpoint_certificate_not_before_timestamp_seconds 1770000000\n",
        "tlsrpt_endpoint_certificate_not_after_timestamp_seconds 1780000000\n",
        "tlsrpt_endpoint_certificate_current 0\n",
        "mtasts_exporter_web_certificate_not_before_timestamp_seconds 1771000000\n",
        "mtasts_exporter_web_certificate_not_after_timestamp_seconds 1781000000\n",
        "mtasts_exporter_web_certificate_current 0\n",
        "mtasts_exporter_web_authentications_total{result=\"accepted\"} 20\n",
        "mtasts_exporter_web_authentications_total{result=\"rejected\"} 3\n",
        "mtasts_exporter_web_authentications_total{result=\"throttled\"} 1\n",
        "tlsrpt_spool_entries 4\n",
        "mtasts_hosted_policy_certificate_not_after_timestamp_seconds 1790000000\n"})
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
  metrics.config_refused();
  EXPECT_NE(metrics.text().find("mtasts_exporter_config_last_reload_successful 0\n"),
            std::string::npos);

  std::set<std::string> exported;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("# TYPE ")) exported.insert(line.substr(7));
  std::set<std::string> table;
  for (const Metric& metric : metrics_of(MetricScope::agent))
    table.insert(std::string(metric.name) + " " + std::string(name_of(metric.type)));
  EXPECT_EQ(exported, table);
}

TEST(AgentMetrics, LoginsHaveSeriesWhileThereAreUsers) {
  AgentMetrics metrics({"1", "", "c"});
  constexpr const char* kName = "mtasts_exporter_web_authentications_total{";
  metrics.set_web_logins(std::nullopt);
  EXPECT_EQ(metrics.text().find(kName), std::string::npos);
  metrics.set_web_logins(WebLogins{});
  EXPECT_NE(metrics.text().find(std::string(kName) + "result=\"rejected\"} 0\n"), std::string::npos)
      << "a rate needs the zero";
  metrics.set_web_logins(WebLogins{5, 4, 3});
  metrics.set_web_logins(WebLogins{6, 4, 3});
  EXPECT_NE(metrics.text().find(std::string(kName) + "result=\"accepted\"} 6\n"),
            std::string::npos);
  metrics.set_web_logins(std::nullopt);
  EXPECT_EQ(metrics.text().find(kName), std::string::npos);
}

TEST(MetricsTable, UnknownNameIsABrokenInvariant) {
  EXPECT_EQ(metric_named("mtasts_findings").name, "mtasts_findings");
  EXPECT_THROW(metric_named("mtasts_finding_"), std::logic_error);
  EXPECT_THROW(metric_named(""), std::logic_error);
}

TEST(AgentMetrics, LabelsStayAClosedSet) {
  AgentMetrics metrics({"0.1.0", "", "g++ 12"});
  for (int i = 0; i < 1000; ++i) metrics.count_dns_failure("reason" + std::to_string(i));
  std::string text = metrics.text();
  EXPECT_NE(text.find("{reason=\"other\"} 968\n"), std::string::npos) << text;
  EXPECT_EQ(text.find("revision="), std::string::npos);
}

TEST(AgentMetrics, ReadTheProcess) {
  std::string text = process_metrics_text();
  std::map<std::string, double> values;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (!line.starts_with("#"))
      values[line.substr(0, line.find(' '))] = std::stod(line.substr(line.find(' ')));
  EXPECT_EQ(values.size(), 6u) << text;
  EXPECT_GT(values["process_resident_memory_bytes"], 1e6);
  EXPECT_GT(values["process_virtual_memory_bytes"], values["process_resident_memory_bytes"]);
  EXPECT_GE(values["process_open_fds"], 3);
  EXPECT_GE(values["process_max_fds"], values["process_open_fds"]);
  double now = unix_seconds(system_now());
  EXPECT_LT(values["process_start_time_seconds"], now + 2);
  EXPECT_GT(values["process_start_time_seconds"], now - 600);
}

}  // namespace
}  // namespace mtasts::present
