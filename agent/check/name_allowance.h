// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// NameAllowance: how many names of MX hosts one domain may bring before the agent, in all and at
// one address. A domain's owner chooses both freely, also an address that is somebody else's: a
// hundred names that change with every check must neither turn the agent against that address nor
// fill its memory. What two domains have in common counts for whoever made the agent look. Loop
// thread only.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <unordered_map>

#include "base/ip_address.h"
#include "check/environment.h"

namespace mtasts::check {

class NameAllowance {
 public:
  // Names in an interval. A check looks at a hundred MX hosts at most; twice that, so that a domain
  // that moves from one set to another is observed whole.
  static constexpr size_t kMostNames = 200;
  // Names at one address in an interval; real ones have one or two.
  static constexpr size_t kMostNamesPerAddress = 16;
  // Pairs of name and address in an interval, and so connections.
  static constexpr size_t kMostPairs = 2000;

  explicit NameAllowance(std::chrono::milliseconds interval) : interval_(interval) {}

  // Whether `domain` may bring this name; counts it.
  bool admit(const std::string& domain, const std::string& name, SteadyTime now);
  // Whether an admitted name of `domain` may be probed at this address; counts it.
  bool admit(const std::string& domain, const std::string& name, const IpAddress& address,
             SteadyTime now);

  void set_interval(std::chrono::milliseconds interval) { interval_ = interval; }
  void sweep(SteadyTime now);
  size_t size() const { return domains_.size(); }

 private:
  struct Domain {
    SteadyTime began{};
    std::set<std::string> names;
    std::map<IpAddress, std::set<std::string>> addresses;
    size_t pairs = 0;
  };
  Domain& domain_now(const std::string& domain, SteadyTime now);

  std::chrono::milliseconds interval_;
  std::unordered_map<std::string, Domain> domains_;
};

}  // namespace mtasts::check
