// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// ReportBuilder: values of a TLS report in the order in which they are met, put together to a
// TlsReport with its deviations. Where a value stands is told by its path. Used by the JSON reader
// alone (tls_report.cpp). One owner.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/tlsrpt/report_member.h"
#include "protocol/tlsrpt/report_scalar.h"
#include "protocol/tlsrpt/tls_report.h"

namespace mtasts::protocol {

class ReportBuilder {
 public:
  // `path` is a function that returns the JSON path: it is only called for deviations that are
  // kept. `message` is the sentence without its subject, the last name of the path.
  template <typename Path>
  void deviate(DeviationKind kind, const Path& path, std::string_view message) {
    if (room_for(kind)) add_deviation(kind, path(), message);
  }

  // The value of `member`. Unknown members must not be given.
  template <typename Path>
  void take(ReportMember member, const ReportScalar& value, const Path& path) {
    problem_ = {};
    take_value(member, value);
    if (!problem_.message.empty()) deviate(problem_.kind, path, problem_.message);
  }
  // An element of the array `member`: policy_string or mx_host.
  template <typename Path>
  void take_element(ReportMember member, const ReportScalar& value, const Path& path) {
    problem_ = {};
    take_string(member, value);
    if (!problem_.message.empty()) deviate(problem_.kind, path, problem_.message);
  }

  // False: over the limit, and counted.
  bool begin_policy();
  bool begin_failure();
  // `path` of the object that ends.
  void end_policy(const std::string& path);
  // As with deviate(), `path` is only called where something deviates.
  template <typename Path>
  void end_failure(const Path& path) {
    if (failure_is_plain())
      keep_failure();
    else
      end_odd_failure(path());
  }
  void drop_row() { ++report_.rows_dropped; }

  // The whole report was read.
  void end_report();
  const TlsReport& report() const { return report_; }
  TlsReport take_report() { return std::move(report_); }

 private:
  struct Problem {
    DeviationKind kind = DeviationKind::syntax;
    std::string message;
  };

  bool room_for(DeviationKind kind);
  void add_deviation(DeviationKind kind, std::string path, std::string_view message);
  void note(DeviationKind kind, std::string message) { problem_ = {kind, std::move(message)}; }
  void say(DeviationKind kind, const std::string& path, std::string_view member,
           std::string_view message);
  void take_value(ReportMember member, const ReportScalar& value);
  void take_policy_value(ReportMember member, const ReportScalar& value);
  void take_failure_value(ReportMember member, const ReportScalar& value);
  void take_string(ReportMember member, const ReportScalar& value);
  void take_lines(ReportMember member, std::string_view text);
  void keep_string(ReportMember member, std::string_view text);
  std::optional<std::string_view> text_in(const ReportScalar& value);
  void take_text(std::string& target, const ReportScalar& value);
  void take_text(TextPool::Number& target, const ReportScalar& value);
  void take_address(TextPool::Number& target, const ReportScalar& value);
  void take_date(std::optional<Time>& target, const ReportScalar& value);
  void take_policy_type(const ReportScalar& value);
  void take_result_type(const ReportScalar& value);
  ReportCount take_count(const ReportScalar& value);
  std::string_view limited(std::string_view text);
  bool failure_is_plain() const;
  void keep_failure();
  void end_odd_failure(const std::string& path);
  void settle_counts(const std::string& path);
  uint64_t failures_in_details() const;
  void check_policy(const std::string& path);
  void check_range();

  TlsReport report_;
  std::array<size_t, enumerators<DeviationKind>().size()> met_{};
  Problem problem_;  // of the value that is being read
  size_t policies_ = 0;
  size_t failures_ = 0;

  // The entry of `policies` that is being read.
  ReportPolicy policy_;
  bool policy_type_known_ = false;
  std::string policy_type_text_;
  ReportCount successful_;
  ReportCount failed_;
  FailureList::Row uncounted_;  // the last failure without a count
  size_t uncounted_failures_ = 0;
  std::array<size_t, 2> strings_dropped_{};

  // Whether texts of policy_.failures are addresses, by number, as far as it was asked.
  enum class AddressState : uint8_t { not_asked, address, no_address };
  std::vector<AddressState> address_states_;

  FailureList::Row failure_;
  ReportCount failure_count_;
};

}  // namespace mtasts::protocol
