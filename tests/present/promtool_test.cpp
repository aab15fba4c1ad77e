// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The exposition checked with Prometheus' own parser and linter, and the cost of a large one.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <ctime>
#include <fstream>

#include "present/agent_metrics.h"
#include "present/exposition.h"
#include "present/metrics_table.h"
#include "world.h"

namespace mtasts::present {
namespace {

// The output of `promtool check metrics`, followed by its exit status.
std::string promtool_says(const std::string& exposition) {
  std::string path = testing::TempDir() + "exposition-" + std::to_string(::getpid()) + ".txt";
  std::ofstream(path) << exposition;
  std::FILE* pipe = ::popen(("promtool check metrics < " + path + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return "cannot run promtool";
  std::string said;
  char octets[4096];
  for (size_t got = 0; (got = std::fread(octets, 1, sizeof octets, pipe)) > 0;)
    said.append(octets, got);
  int status = ::pclose(pipe);
  std::remove(path.c_str());
  return said + "exit " + std::to_string(WEXITSTATUS(status));
}

std::string whole(std::string head, const world::Published& board) {
  std::string text;
  BodySource source = exposition_source(std::move(head), board.exposition.snapshot());
  while (source(text)) {
  }
  return text;
}

TEST(Promtool, FindsNoFault) {
  AgentMetrics metrics({"0.1.0", "abc", "g++ \"12\"\\\xff"});
  metrics.count_dns_query("TXT");
  metrics.count_dns_failure("SERVFAIL");
  metrics.set_channel_alive(ChannelKind::dns, true);
  metrics.set_channel_outage(ChannelKind::dns, false);
  metrics.config_loaded(world::at(1763755600), "x");
  world::Published board;
  world::fill(board);
  EXPECT_EQ(promtool_says(whole(metrics.text(), board)), "exit 0");
  EXPECT_EQ(promtool_says(probe_exposition(world::bad_report(), nullptr)), "exit 0");
}

TEST(Promtool, DetectsAFault) {
  EXPECT_NE(promtool_says("# HELP a b.\n# TYPE a gauge\na{x=\"\xff\"} 1\n"), "exit 0");
  EXPECT_NE(promtool_says("a 1\na 2\n"), "exit 0");
}

TEST(Scale, TwentyThousandDomainsAreSmallAndQuick) {
  world::Published board;
  std::vector<settings::DomainEntry> all;
  for (int i = 0; i < 20000; ++i)
    all.push_back(world::configured("customer-" + std::to_string(i) + ".example"));
  board.set_domains(all);
  auto facts = world::host_facts();
  for (size_t i = 0; i < all.size(); ++i) {
    const std::string& name = all[i].name.text();
    board.publish(i % 10 == 0 ? world::bad_report(name, facts) : world::good_report(name, facts));
  }
  RenderedEntries snapshot = board.exposition.snapshot();
  EXPECT_EQ(snapshot.hosts.size(), 1u);
  size_t text_bytes = 0;
  for (const auto& entry : snapshot.domains) text_bytes += entry->text.size_bytes();
  EXPECT_LT(text_bytes / snapshot.domains.size(), 4096u);

  const std::clock_t begin = std::clock();
  Exposition exposition("", std::move(snapshot));
  std::string piece;
  size_t total = 0;
  size_t longest = 0;
  while (exposition.next(piece)) {
    total += piece.size();
    longest = std::max(longest, piece.size());
    piece.clear();
  }
  // CPU time rather than elapsed time, so that a busy machine does not matter; the limit is far
  // above the cost even with sanitizers. A scrape has ten seconds.
  EXPECT_LT(static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC, 5.0);
  EXPECT_GT(total, 20000u * 2000);
  EXPECT_LT(longest, kPiece_bytes + 16384);
}

}  // namespace
}  // namespace mtasts::present
