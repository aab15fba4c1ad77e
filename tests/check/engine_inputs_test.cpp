// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// What an engine is made of, and what another one may take over from it.
#include "check/engine_inputs.h"

#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "fakes/certificate_factory.h"
#include "scripted_checks.h"

namespace mtasts::check {
namespace {

struct Change {
  std::string what;
  std::function<void(settings::Settings&)> apply;
  bool keeps_mx, keeps_extra;
};

TEST(EngineInputs, ATakeoverIsRefusedOnlyForWhatShapedIt) {
  const std::vector<Change> changes = {
      {"interval", [](auto& s) { s.check.interval *= 2; }, true, true},
      {"smtp_interval", [](auto& s) { s.check.smtp_interval *= 2; }, true, true},
      {"timeout of a check", [](auto& s) { s.check.timeout *= 2; }, true, true},
      {"expiry", [](auto& s) { s.check.expiry_critical *= 2; }, false, true},
      {"DNS timeout", [](auto& s) { s.dns.timeout *= 2; }, true, true},
      {"DNS server",
       [](auto& s) {
         s.dns.servers = {{*IpAddress::parse("192.0.2.1"), 53}};
       },
       false, true},
      {"HTTPS port", [](auto& s) { s.https.port = 4443; }, true, false},
      {"SMTP port", [](auto& s) { s.smtp.port = 2525; }, false, true},
      {"EHLO name", [](auto& s) { s.smtp.ehlo_name = "probe.example"; }, false, true},
      {"canary", [](auto& s) { s.canary.https.clear(); }, true, true},
      {"families", [](auto& s) { s.network.families = {AddressFamily::ipv6}; }, false, false},
      {"log", [](auto& s) { s.log.level = LogLevel::debug; }, true, true},
  };
  const auto before = engine_inputs_of(settings::Settings{});
  ASSERT_TRUE(before.ok()) << before.failure().detail;
  for (const Change& change : changes) {
    settings::Settings settings;
    change.apply(settings);
    const auto after = engine_inputs_of(settings);
    ASSERT_TRUE(after.ok());
    EXPECT_EQ(may_inherit_mx(*before, *after), change.keeps_mx) << change.what;
    EXPECT_EQ(may_inherit_extra(*before, *after), change.keeps_extra) << change.what;
  }
}

TEST(EngineInputs, TheContentOfACaFileCounts) {
  fakes::TemporaryDirectory directory;
  settings::Settings settings;
  settings.smtp.ca_file = (directory.path() / "ca.pem").string();
  EXPECT_FALSE(engine_inputs_of(settings).ok()) << "there is none";
  std::ofstream(settings.smtp.ca_file) << "one";
  const auto before = engine_inputs_of(settings);
  ASSERT_TRUE(before.ok()) << before.failure().detail;
  EXPECT_EQ(*before, *engine_inputs_of(settings));
  EXPECT_TRUE(may_inherit_mx(*before, *engine_inputs_of(settings)));
  std::ofstream(settings.smtp.ca_file) << "other";
  const auto after = engine_inputs_of(settings);
  ASSERT_TRUE(after.ok());
  EXPECT_NE(*before, *after);
  EXPECT_FALSE(may_inherit_mx(*before, *after));
  EXPECT_TRUE(may_inherit_extra(*before, *after)) << "HTTPS trusts the system";
}

using Inheritance = ScriptedChecks;

TEST_F(Inheritance, WhatADomainHasUsedOfItsAllowanceIsNotForgotten) {
  build();
  for (size_t i = 0; i < NameAllowance::kMostNames; ++i)
    EXPECT_TRUE(mx_probes_->admit("hostile.example", "mx" + std::to_string(i) + ".example"));
  Environment environment{loop_.get_executor(), *tasks_, resolver_, fetcher_, prober_};
  MxProbeCache next(environment, *channels_, settings_, thresholds_of(settings_));
  next.inherit_limits(*mx_probes_);
  EXPECT_FALSE(next.admit("hostile.example", "one-more.example")) << "a reload is no new hour";
  EXPECT_TRUE(next.admit("other.example", "one-more.example"));
}

}  // namespace
}  // namespace mtasts::check
