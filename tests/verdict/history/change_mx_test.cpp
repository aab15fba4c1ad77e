// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The MX set over time: sets that alternate, and a change of the provider.
#include "verdict/history/mx_history.h"
#include "verdict/history/watched_domain.h"

namespace mtasts::verdict {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using Hosts = std::vector<std::string>;

const Hosts kOne = {"a.example"};
const Hosts kTwo = {"b.example"};

// Checks with the given sets, one after another.
WatchedDomain watched(const std::vector<Hosts>& sets, std::chrono::milliseconds pause,
                      std::chrono::seconds ttl = std::chrono::seconds(0)) {
  WatchedDomain domain = settled();
  domain.set_policy("enforce", 604800, {"a.example", "b.example", "c.example"});
  domain.id = "2";
  domain.settle();
  domain.mx_ttl = ttl;
  for (const Hosts& set : sets) {
    domain.mx = set;
    domain.look_after(pause);
  }
  return domain;
}

bool flaps(const WatchedDomain& domain) { return domain.open().contains("mx-set-flapping"); }

TEST(ChangeMx, SetsThatAlternateAreFlapping) {
  EXPECT_FALSE(flaps(watched({kTwo, kOne, kTwo}, minutes(15))));
  EXPECT_TRUE(flaps(watched({kTwo, kOne, kTwo, kOne}, minutes(15))));
  EXPECT_TRUE(flaps(watched({kTwo, kTwo, kOne, kOne, kTwo}, minutes(15))));
  EXPECT_TRUE(flaps(watched({kTwo, {"c.example"}, kOne, kTwo, {"c.example"}}, minutes(15))));
}

TEST(ChangeMx, AChangeAndItsReversalAreNotFlapping) {
  EXPECT_FALSE(flaps(watched({kTwo, kTwo, kTwo}, minutes(15))));
  EXPECT_FALSE(flaps(watched({kTwo, kTwo, kOne, kOne, kOne}, minutes(15))));
  EXPECT_FALSE(flaps(watched({kTwo, kOne, kTwo, kTwo, kTwo}, minutes(15))));
  EXPECT_FALSE(flaps(watched({{"b.example"}, {"c.example"}, {"d.example"}}, minutes(15))));
}

TEST(ChangeMx, TheOrderOfHostsDoesNotMatter) {
  Hosts forwards = {"a.example", "b.example"};
  Hosts backwards = {"b.example", "a.example"};
  EXPECT_FALSE(
      flaps(watched({forwards, backwards, forwards, backwards, forwards, backwards}, minutes(15))));
}

TEST(ChangeMx, CachesThatAreBehindExplainReturnsForTheTtl) {
  std::vector<Hosts> sets;
  for (int i = 0; i < 8; ++i) sets.push_back(i % 2 == 0 ? kTwo : kOne);
  EXPECT_FALSE(flaps(watched(sets, minutes(15), hours(2))));
  EXPECT_TRUE(flaps(watched(sets, minutes(15), hours(1))));
}

TEST(ChangeMx, FlappingEndsWhenTheSetHasSettled) {
  WatchedDomain domain = watched({kTwo, kOne, kTwo, kOne}, minutes(15));
  EXPECT_NE(domain.message("mx-set-flapping").find("came back 3 times since "), std::string::npos)
      << domain.message("mx-set-flapping");
  domain.look_after(hours(5));
  EXPECT_TRUE(flaps(domain));
  domain.look_after(hours(1));
  EXPECT_FALSE(flaps(domain));
  // One more return is the first of a new series.
  domain.mx = kTwo;
  domain.look_after(minutes(15));
  EXPECT_FALSE(flaps(domain));
}

TEST(ChangeMx, ARotationIsBoundedInMemory) {
  WatchedDomain domain = settled();
  for (int i = 0; i < 100; ++i) {
    domain.mx = {"h" + std::to_string(i) + ".example"};
    domain.look_after(minutes(15));
  }
  EXPECT_LE(domain.history->mx_alternation.sets.size(), 8u);
}

struct Move {
  Hosts from;
  Hosts to;
  std::string expected;  // the message without its date; empty: no finding
};

TEST(ChangeMx, AnotherProviderIsReported) {
  const Hosts microsoft = {"example-com.mail.protection.outlook.com"};
  const Hosts google = {"smtp.google.com"};
  const Move cases[] = {
      {microsoft, google,
       "The MX hosts belonged to Microsoft 365 (example-com.mail.protection.outlook.com) until "
       "2026-11-02T10:32:00Z and now belong to Google Workspace (smtp.google.com)"},
      {kOne, google,
       "The MX hosts belonged to a.example until 2026-11-02T10:32:00Z and now belong to Google "
       "Workspace (smtp.google.com)"},
      {microsoft, kOne,
       "The MX hosts belonged to Microsoft 365 (example-com.mail.protection.outlook.com) until "
       "2026-11-02T10:32:00Z and now belong to a.example"},
      {microsoft, {"example-com.j-v1.mx.microsoft"}, ""},  // the same provider
      {google, {"aspmx.l.google.com", "alt1.aspmx.l.google.com"}, ""},
      {microsoft, {"example-com.mail.protection.outlook.com", "smtp.google.com"}, ""},  // a step
      {{"example-com.mail.protection.outlook.com", "smtp.google.com"}, google, ""},     // the next
      {kOne, kTwo, ""},        // no known provider
      {microsoft, {"."}, ""},  // withdrawn: mx-null
      {{"."}, google, ""},
  };
  for (const Move& c : cases) {
    WatchedDomain domain;
    domain.mx = c.from;
    domain.look();
    domain.look_after(minutes(15));
    domain.mx = c.to;
    domain.look_after(minutes(15));
    EXPECT_EQ(domain.message("mx-provider-changed"), "") << "one check proves nothing";
    domain.look_after(minutes(1));
    std::string message = domain.message("mx-provider-changed");
    EXPECT_EQ(message.empty(), c.expected.empty()) << message;
    if (!c.expected.empty()) {
      EXPECT_EQ(message.substr(0, 40), c.expected.substr(0, 40));
      EXPECT_TRUE(message.ends_with(c.expected.substr(c.expected.find(" and now "))));
    }
    domain.look_after(hours(25));
    EXPECT_EQ(domain.message("mx-provider-changed"), "") << "a day later it is history";
  }
}

TEST(ChangeMx, NothingIsReportedWithoutARecord) {
  WatchedDomain domain;
  domain.withdraw();
  domain.look();
  for (int i = 0; i < 8; ++i) {
    domain.mx = i % 2 == 0 ? kTwo : kOne;
    domain.look_after(minutes(15));
  }
  EXPECT_FALSE(flaps(domain));
}

}  // namespace
}  // namespace mtasts::verdict
