// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "check/validation_proof.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.h"
#include "base/printable.h"

namespace mtasts::check {
namespace {

namespace asio = boost::asio;
using protocol::DnsAnswer;
using protocol::DnsStatus;
using verdict::Validation;

// A resolver may be restarted with another configuration at any time.
constexpr std::chrono::minutes kAbsentHolds{5};
constexpr std::chrono::minutes kUnknownHolds{1};

ValidationState state_of(const DnsAnswer& answer) {
  if (answer.status == DnsStatus::answered && answer.authenticated)
    return {Validation::proven, "the resolver sets AD on the signed root zone"};
  if (protocol::is_conclusive(answer.status))
    return {Validation::absent,
            "asked for the SOA record of the root zone, which is signed, the "
            "resolver answers without the AD bit"};
  return {Validation::unknown,
          fmt::format("asked for the SOA record of the root zone, the resolver answers {}",
                      answer.detail.empty() ? std::string(protocol::name_of(answer.status))
                                            : printable(answer.detail, 160))};
}

std::chrono::minutes holds(Validation validation) {
  switch (validation) {
    case Validation::absent:
      return kAbsentHolds;
    case Validation::unknown:
      return kUnknownHolds;
    case Validation::proven:
    case Validation::not_believed:
      break;
  }
  return std::chrono::minutes(60);
}

}  // namespace

ValidationProof::ValidationProof(Environment environment)
    : environment_(std::move(environment)), asking_(environment_.executor, environment_.tasks) {
  if (is_wanted() && !is_believed())
    state_ = {Validation::not_believed, environment_.ad_trust->reason};
}

asio::awaitable<ValidationState> ValidationProof::get(std::chrono::minutes oldest) {
  if (!is_believed()) co_return state_;
  const auto limit = std::min(oldest, holds(state_.validation));
  const bool fresh = asked_ && environment_.steady_now() - *asked_ < limit;
  if (!fresh) {
    auto work = [this] { return ask(); };
    async::AsyncEvent done = asking_.join(0, work);
    co_await done.wait();
    // Not set: the waiting coroutine was cancelled.
    if (!done.is_set()) co_return ValidationState{};
  }
  co_return state_;
}

asio::awaitable<void> ValidationProof::ask() {
  protocol::DnssecFlags flags;
  flags.signatures = true;
  const DnsAnswer answer = co_await environment_.resolver.query_dnssec(
      std::string(), std::string("."), protocol::RecordType::soa, flags);
  const Validation before = state_.validation;
  state_ = state_of(answer);
  asked_ = environment_.steady_now();
  if (state_.validation == before) co_return;
  const bool proven = state_.validation == Validation::proven;
  log(proven ? LogLevel::info : LogLevel::warning,
      proven ? "the resolver validates DNSSEC" : "the resolver does not validate DNSSEC",
      {{"reason", state_.detail}});
}

std::optional<bool> ValidationProof::is_validating() const {
  if (!is_wanted() || state_.validation == Validation::unknown) return std::nullopt;
  return state_.validation == Validation::proven;
}

}  // namespace mtasts::check
