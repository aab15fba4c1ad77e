// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "service/board_names.h"

#include <gmock/gmock.h>

#include "fakes/board_domains.h"

namespace mtasts::service {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

settings::DomainEntry configured(const std::string& name) {
  return {DomainName::parse(name).value(), {}, std::nullopt};
}

void publish(board::LatestReports& board, const std::string& domain,
             const std::vector<std::string>& hosts) {
  auto report = std::make_shared<verdict::Report>();
  report->domain = domain;
  for (const std::string& host : hosts) {
    verdict::MxReport mx;
    mx.host = host;
    report->mx.push_back(mx);
  }
  board.publish(report);
}

TEST(BoardNames, KnowsTheConfiguredDomainsAndTheirMxHosts) {
  board::LatestReports board;
  fakes::set_domains(board,
                     {configured("a.example"), configured("b.example"), configured("c.example")});
  publish(board, "a.example", {"mx1.example.net", "MX1.example.net", "mx2.example.net"});
  publish(board, "b.example", {"mx1.example.net"});
  BoardNames names(board);
  EXPECT_TRUE(names.is_configured("c.example"));
  EXPECT_FALSE(names.is_configured("mx1.example.net"));
  EXPECT_THAT(names.domains_of_mx("mx1.example.net"), ElementsAre("a.example", "b.example"));
  EXPECT_THAT(names.domains_of_mx("mx2.example.net"), ElementsAre("a.example"));
  EXPECT_THAT(names.domains_of_mx("mx3.example.net"), IsEmpty());
}

TEST(BoardNames, KnowsWhetherEveryDomainWasLookedUp) {
  board::LatestReports board;
  fakes::set_domains(board, {configured("a.example"), configured("b.example")});
  EXPECT_FALSE(BoardNames(board).knows_mx_hosts());
  publish(board, "a.example", {"mx1.example.net"});
  EXPECT_FALSE(BoardNames(board).knows_mx_hosts());
  auto unseen = std::make_shared<verdict::Report>();
  unseen->domain = "b.example";
  unseen->stages[static_cast<size_t>(verdict::Stage::mx)] = verdict::StageResult::unknown;
  board.publish(unseen);
  EXPECT_FALSE(BoardNames(board).knows_mx_hosts()) << "the resolver failed";
  auto remembered = std::make_shared<verdict::Report>(*unseen);
  auto history = std::make_shared<verdict::History>();
  history->mx.value = std::vector<std::string>{"MX9.example.net"};
  remembered->history = history;
  board.publish(remembered);
  EXPECT_TRUE(BoardNames(board).knows_mx_hosts()) << "from an earlier check";
  EXPECT_THAT(BoardNames(board).domains_of_mx("mx9.example.net"), ElementsAre("b.example"));
  auto none = std::make_shared<verdict::Report>(*unseen);
  none->stages[static_cast<size_t>(verdict::Stage::mx)] = verdict::StageResult::fail;
  board.publish(none);
  BoardNames names(board);
  EXPECT_TRUE(names.knows_mx_hosts()) << "it has none";
  fakes::set_domains(board,
                     {configured("a.example"), configured("b.example"), configured("c.example")});
  EXPECT_TRUE(names.knows_mx_hosts()) << "the index is as it was";
  names.domains_changed();
  EXPECT_FALSE(names.knows_mx_hosts());
}

TEST(BoardNames, BoundsTheDomainsOfOneHost) {
  board::LatestReports board;
  std::vector<settings::DomainEntry> domains;
  for (int i = 0; i < 150; ++i) domains.push_back(configured("d" + std::to_string(i) + ".example"));
  fakes::set_domains(board, domains);
  for (const auto& domain : domains) publish(board, domain.name.text(), {"mx.example.net"});
  EXPECT_THAT(BoardNames(board).domains_of_mx("mx.example.net"), SizeIs(100));
}

}  // namespace
}  // namespace mtasts::service
