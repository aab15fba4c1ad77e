// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// ValidationProof: whether the configured resolver validates DNSSEC (RFC 4035 §4). A resolver that
// is believed (net/dns/ad_trust.h) is asked for the SOA record of the root, which is signed: with
// the AD bit, something validates, be it the resolver or a server that it forwards to. Asked once
// an hour, not per check. The proof opens the way for DANE lookups; it never makes a verdict by
// itself. Loop thread only.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <optional>
#include <string>

#include "async/single_flight.h"
#include "check/environment.h"
#include "verdict/dane_evidence.h"

namespace mtasts::check {

struct ValidationState {
  verdict::Validation validation = verdict::Validation::unknown;
  std::string detail;  // one clause for people: what was asked and what came back
};

class ValidationProof {
 public:
  // How old a proof may be on which a claim against a domain rests.
  static constexpr std::chrono::minutes kFresh{1};

  explicit ValidationProof(Environment environment);

  // Whether DANE is looked at at all; tests without a resolver of that kind do not.
  bool is_wanted() const { return environment_.ad_trust.has_value(); }
  // Whether signatures are worth asking for: the resolver is believed.
  bool is_believed() const { return is_wanted() && environment_.ad_trust->believed; }

  // The state as of less than `oldest` ago; asks where it is older. An answer that was no proof is
  // asked for again sooner.
  boost::asio::awaitable<ValidationState> get(
      std::chrono::minutes oldest = std::chrono::minutes(60));
  // For the metric, without asking: empty while nothing is known.
  std::optional<bool> is_validating() const;

 private:
  boost::asio::awaitable<void> ask();

  Environment environment_;
  ValidationState state_;
  std::optional<SteadyTime> asked_;
  async::SingleFlight<int> asking_;
};

}  // namespace mtasts::check
