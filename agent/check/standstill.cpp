// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "check/standstill.h"

#include <fmt/format.h>

#include <algorithm>

namespace mtasts::check {
namespace {

using protocol::DnsStatus;
using protocol::HttpsStatus;
using protocol::SmtpStatus;

// Failures that come about by waiting: the agent's, or the peer's for the agent.
bool comes_of_waiting(HttpsStatus status) {
  switch (status) {
    case HttpsStatus::connect_timeout:
    case HttpsStatus::tls_timeout:
    case HttpsStatus::response_timeout:
    case HttpsStatus::tls_failed:
    case HttpsStatus::truncated:
      return true;
    default:
      return false;
  }
}

bool comes_of_waiting(SmtpStatus status) {
  switch (status) {
    case SmtpStatus::connect_timeout:
    case SmtpStatus::timeout:
    case SmtpStatus::tls_failed:
    case SmtpStatus::tls_closed:
    case SmtpStatus::tls_timeout:
    case SmtpStatus::protocol_error:
      return true;
    default:
      return false;
  }
}

}  // namespace

std::string Standstill::reason() const {
  return fmt::format("the agent itself stood still for {:.1f} s meanwhile",
                     std::chrono::duration<double>(lag_->total_since(began_)).count());
}

void Standstill::excuse(protocol::DnsAnswer& answer) const {
  if (answer.status != DnsStatus::timeout || !disturbed()) return;
  answer.status = DnsStatus::cancelled;
  answer.detail = reason();
}

std::chrono::milliseconds Standstill::without_ours(std::chrono::milliseconds duration) const {
  if (lag_ == nullptr) return duration;
  return std::max(std::chrono::milliseconds(0), duration - lag_->total_since(began_));
}

void Standstill::excuse(protocol::HttpsAttempt& attempt) const {
  attempt.total_time = without_ours(attempt.total_time);
  if (!comes_of_waiting(attempt.status) || !disturbed()) return;
  attempt.status = HttpsStatus::cancelled;
  attempt.detail = reason();
}

void Standstill::excuse(protocol::SmtpAttempt& attempt) const {
  attempt.banner_time = without_ours(attempt.banner_time);
  if (!comes_of_waiting(attempt.status) || !disturbed()) return;
  attempt.status = SmtpStatus::cancelled;
  attempt.detail = reason();
}

}  // namespace mtasts::check
