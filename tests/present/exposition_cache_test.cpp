// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "present/exposition_cache.h"

#include <gtest/gtest.h>

#include "present/world.h"

namespace mtasts::present {
namespace {

TEST(SegmentedText, KeepsSegmentsApart) {
  SegmentedText text("a.example+", {2, 5});
  EXPECT_EQ(text.segment(0), "a.");
  EXPECT_EQ(text.segment(1), "exa");
  EXPECT_EQ(text.segment(2), "");
}

TEST(ExpositionCache, RendersAnEntryOnceAChange) {
  world::Published published;
  world::fill(published);
  RenderedEntries before = published.exposition.snapshot();
  ASSERT_EQ(before.domains.size(), 3u);
  EXPECT_EQ(before.domains[0]->name, "broken.example") << "by name";
  EXPECT_EQ(published.exposition.snapshot().domains[1], before.domains[1]);

  ASSERT_TRUE(published.publish(world::good_report("example.com", world::host_facts())));
  RenderedEntries after = published.exposition.snapshot();
  EXPECT_NE(after.domains[1], before.domains[1]);
  EXPECT_EQ(after.domains[0], before.domains[0]) << "the others are not rendered again";
}

TEST(ExpositionCache, ForgetsWhatIsRemoved) {
  world::Published published;
  world::fill(published);
  EXPECT_FALSE(published.exposition.snapshot().hosts.empty());
  published.set_domains({});
  EXPECT_TRUE(published.exposition.snapshot().domains.empty());
  EXPECT_TRUE(published.exposition.snapshot().hosts.empty());
}

TEST(ExpositionCache, HoldsTheSameEntriesAsTheReports) {
  world::Published published;
  world::fill(published);
  for (const char* kept : {"new.example", "broken.example"}) {
    published.set_domains({world::configured(kept)});
    RenderedEntries rendered = published.exposition.snapshot();
    board::Snapshot facts = published.reports.snapshot();
    ASSERT_EQ(rendered.domains.size(), facts.domains.size());
    ASSERT_EQ(rendered.hosts.size(), facts.hosts.size());
    for (size_t i = 0; i < facts.domains.size(); ++i)
      EXPECT_EQ(rendered.domains[i]->name, facts.domains[i]->name);
    for (size_t i = 0; i < facts.hosts.size(); ++i)
      EXPECT_EQ(rendered.hosts[i]->name, facts.hosts[i]->name);
  }
}

}  // namespace
}  // namespace mtasts::present
