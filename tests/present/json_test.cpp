// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "present/json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "world.h"

namespace mtasts::present {
namespace {

using Json = nlohmann::ordered_json;

std::string keys_of(const Json& object) {
  std::string keys;
  for (const auto& [key, value] : object.items()) keys += (keys.empty() ? "" : " ") + key;
  return keys;
}

TEST(ReportJson, HasTheDocumentedKeysInOrder) {
  auto report = world::bad_report();
  Json json = Json::parse(report_json(*report));
  EXPECT_EQ(keys_of(json),
            "domain checked_at duration_seconds outcome stages findings record policy tlsrpt mx "
            "sender_cache rollout hosted");
  EXPECT_EQ(keys_of(json["stages"]),
            "record policy_fetch policy_certificate policy_syntax change mx smtp mx_certificate "
            "tlsrpt dane reports");
  EXPECT_EQ(keys_of(json["findings"][0]),
            "code severity stage subject message fix verify rfc tls_rpt_result_type reported");
  EXPECT_EQ(keys_of(json["record"]), "status texts id");
  EXPECT_EQ(keys_of(json["policy"]),
            "url status http_status content_type body mode max_age mx addresses certificate "
            "address_results");
  EXPECT_EQ(keys_of(json["tlsrpt"]), "status texts rua");
  EXPECT_EQ(keys_of(json["mx"][0]), "host preference implicit covered pattern addresses tlsa");
  EXPECT_EQ(keys_of(json["mx"][0]["tlsa"][0]), "usage selector matching data usable matches");
  EXPECT_EQ(keys_of(json["mx"][0]["addresses"][0]),
            "address family status starttls tls_version cipher certificate dane");
  EXPECT_EQ(keys_of(json["mx"][0]["addresses"][0]["dane"]), "status matched");
  EXPECT_EQ(keys_of(json["mx"][0]["addresses"][0]["certificate"]),
            "subject issuer dns_names serial not_before not_after chain_not_after "
            "fingerprint_sha256 key_type key_bits verified verify_error");
}

// C1 controls, DEL, direction marks, and letters that an 8-bit terminal would take for controls.
TEST(JsonText, IsPrintableAsciiAlone) {
  EXPECT_EQ(error_json("\x1B\x7F\u009B\u202E\u2028\uFEFF\U000E0041 caf\u00E9 \xFF"),
            R"({"error":"\u001b\u007f\u009b\u202e\u2028\ufeff\udb40\udc41 caf\u00e9 \ufffd"})");
  const std::string text = "\u00A7 \u4F8B \U0001F512 \"\\/";
  EXPECT_EQ(Json::parse(error_json(text))["error"], text);
}

TEST(ReportJson, SaysWhatTheAgentServes) {
  auto report = world::good_report();
  EXPECT_EQ(Json::parse(report_json(*report))["hosted"], nullptr);
  report->hosted = verdict::HostedReport{"1f", "v=STSv1; id=1f", true, false};
  EXPECT_EQ(
      Json::parse(report_json(*report))["hosted"],
      (Json{{"id", "1f"}, {"record", "v=STSv1; id=1f"}, {"served", true}, {"published", false}}));
}

TEST(ReportJson, SaysWhatSendersMayHold) {
  auto report = world::good_report();
  Json json = Json::parse(report_json(*report))["sender_cache"];
  EXPECT_EQ(json["today_until"], "2025-11-28T20:06:41Z");
  EXPECT_EQ(json["older"], Json::array());
  report->history = world::history();
  json = Json::parse(report_json(*report))["sender_cache"];
  ASSERT_EQ(json["older"].size(), 1u);
  EXPECT_EQ(json["older"][0], (Json{{"mode", "testing"},
                                    {"max_age", 86400},
                                    {"id", "20251120"},
                                    {"last_served", "2025-11-21T18:07:40Z"},
                                    {"until", "2025-11-22T18:07:40Z"}}));
  json = Json::parse(report_json(*world::bad_report()))["sender_cache"];
  EXPECT_EQ(json["today_until"], nullptr);
}

TEST(ReportJson, SaysHowFarTheRolloutIs) {
  auto report = world::good_report();
  report->rollout.reset();
  EXPECT_EQ(Json::parse(report_json(*report))["rollout"], nullptr);
  verdict::Rollout rollout;
  rollout.phase = verdict::RolloutPhase::testing_week;
  rollout.since = world::at(1763755600);
  rollout.next = verdict::NextStep{verdict::RolloutPhase::enforce_week, protocol::Mode::enforce,
                                   604800, false, std::nullopt};
  rollout.obstacles = {{verdict::ObstacleKind::finding, "mx-unreachable", "It fails.", "Mend it."}};
  report->rollout = rollout;
  Json json = Json::parse(report_json(*report))["rollout"];
  EXPECT_EQ(keys_of(json), "phase since ready next obstacles");
  EXPECT_EQ(json["phase"], "testing_week");
  EXPECT_EQ(json["since"], "2025-11-21T20:06:40Z");
  EXPECT_EQ(json["next"]["max_age"], 604800);
  EXPECT_EQ(json["next"]["earliest"], nullptr);
  EXPECT_EQ(json["obstacles"][0]["subject"], "mx-unreachable");
}

TEST(ReportJson, SaysWhatTheReportSays) {
  Json json = Json::parse(report_json(*world::good_report()));
  EXPECT_EQ(json["checked_at"], "2025-11-21T20:06:40Z");
  EXPECT_EQ(json["duration_seconds"], 1.234);
  EXPECT_EQ(json["outcome"], "ok");
  EXPECT_EQ(json["stages"]["change"], "not_applicable");
  EXPECT_EQ(json["findings"], Json::array());
  EXPECT_EQ(json["policy"]["http_status"], 200);
  EXPECT_EQ(json["policy"]["mode"], "enforce");
  EXPECT_EQ(json["policy"]["max_age"], 604800);
  EXPECT_EQ(json["policy"]["addresses"], Json::array({"192.0.2.7"}));
  EXPECT_EQ(json["policy"]["certificate"]["verified"], true);
  EXPECT_EQ(json["policy"]["certificate"]["verify_error"], nullptr);
  EXPECT_EQ(json["mx"][0]["covered"], true);
  Json worse = json["mx"][0]["addresses"][1];
  EXPECT_EQ(worse["family"], "ipv6");
  EXPECT_EQ(worse["starttls"], true);
  EXPECT_EQ(worse["certificate"]["verified"], false);
  EXPECT_EQ(worse["certificate"]["verify_error"], "certificate has expired");
  EXPECT_EQ(json["mx"][0]["addresses"][0]["dane"], Json({{"status", "verified"}, {"matched", 1}}));
  EXPECT_EQ(worse["dane"], Json({{"status", "failed"}, {"matched", 0}}));
  EXPECT_EQ(json["mx"][0]["tlsa"][0]["data"], std::string(64, 'a'));
  EXPECT_EQ(json["mx"][0]["tlsa"][1]["usable"], false);
}

TEST(ReportJson, SaysNullForWhatIsNotKnown) {
  verdict::Report empty;
  empty.mx.emplace_back();
  auto facts = std::make_shared<verdict::MxHostReport>();
  facts->addresses.emplace_back();
  empty.mx[0].facts = facts;
  Json json = Json::parse(report_json(empty));
  for (const char* key : {"http_status", "content_type", "body", "mode", "max_age", "certificate"})
    EXPECT_TRUE(json["policy"][key].is_null()) << key;
  EXPECT_TRUE(json["record"]["id"].is_null());
  EXPECT_TRUE(json["mx"][0]["covered"].is_null());
  EXPECT_TRUE(json["mx"][0]["pattern"].is_null());
  for (const char* key : {"starttls", "tls_version", "cipher", "certificate"})
    EXPECT_TRUE(json["mx"][0]["addresses"][0][key].is_null()) << key;
  EXPECT_EQ(json["mx"][0]["addresses"][0]["dane"],
            Json({{"status", "unknown"}, {"matched", nullptr}}));
  EXPECT_EQ(json["mx"][0]["tlsa"], Json::array());
}

TEST(ReportJson, SaysWhenOnlyTheNameIsWrong) {
  auto report = world::good_report();
  auto chain = std::make_shared<protocol::PeerChain>(*report->policy.chain);
  chain->name_matches = false;
  report->policy.chain = chain;
  Json json = Json::parse(report_json(*report));
  EXPECT_EQ(json["policy"]["certificate"]["verified"], false);
  EXPECT_EQ(json["policy"]["certificate"]["verify_error"], "hostname mismatch");
}

TEST(ReportJson, ReplacesWhatIsNoUtf8AndStaysOneLine) {
  std::string line = report_json(*world::bad_report());
  EXPECT_EQ(line.find('\n'), std::string::npos);
  Json json = Json::parse(line);
  EXPECT_EQ(json["record"]["texts"][0], "v=STSv1; id=\xEF\xBF\xBD\xEF\xBF\xBD<script>");
  EXPECT_EQ(json["policy"]["body"], "</pre><script>alert(1)</script>\xEF\xBF\xBD");
}

TEST(DomainsJson, ListsEveryDomain) {
  world::Published board;
  EXPECT_EQ(domains_json(board.reports.snapshot()), "{\"domains\":[]}");
  world::fill(board);
  Json json = Json::parse(domains_json(board.reports.snapshot()))["domains"];
  ASSERT_EQ(json.size(), 3u);
  EXPECT_EQ(json[0].dump(),
            "{\"domain\":\"broken.example\",\"outcome\":\"critical\","
            "\"checked_at\":\"2025-11-21T20:08:20Z\",\"findings\":{\"critical\":3,\"warning\":1,"
            "\"info\":0,\"unknown\":0}}");
  EXPECT_EQ(json[2].dump(),
            "{\"domain\":\"new.example\",\"outcome\":\"unknown\",\"checked_at\":null,"
            "\"findings\":{\"critical\":0,\"warning\":0,\"info\":0,\"unknown\":0}}");
}

TEST(DomainsJson, ComesInBoundedPieces) {
  world::Published board;
  std::vector<settings::DomainEntry> all;
  for (int i = 0; i < 2000; ++i)
    all.push_back(world::configured("d" + std::to_string(i) + ".example"));
  board.set_domains(all);
  std::string text;
  std::string piece;
  BodySource source = domains_source(board.reports.snapshot());
  while (source(piece)) {
    EXPECT_LT(piece.size(), kPiece_bytes + 1024);
    text += piece;
    piece.clear();
  }
  EXPECT_EQ(Json::parse(text)["domains"].size(), 2000u);
}

TEST(ErrorJson, IsAnObject) {
  EXPECT_EQ(error_json("no \"x\" \xff"), "{\"error\":\"no \\\"x\\\" \\ufffd\"}");
}

}  // namespace
}  // namespace mtasts::present
