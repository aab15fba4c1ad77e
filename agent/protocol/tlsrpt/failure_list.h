// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// FailureList: the failure-details of one policy of a TLS report (RFC 8460 §4.4). A report may have
// 100,000, whose texts repeat each other: each text is kept once. Plain value, one owner.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string_view>
#include <vector>

#include "base/text_pool.h"
#include "protocol/tlsrpt/result_type.h"

namespace mtasts::protocol {

// One failure-details entry. Texts are as sent, UTF-8, at most kReportTextLimit_bytes; empty:
// absent. Those of an entry that comes out of a list are valid until the list changes.
struct ReportFailure {
  ResultType type = ResultType::other;
  std::string_view type_text;  // result-type as sent
  std::string_view sending_mta_ip;
  std::string_view receiving_mx_hostname;
  std::string_view receiving_mx_helo;
  std::string_view receiving_ip;
  std::string_view additional_information;
  std::string_view failure_reason_code;
  uint64_t sessions = 0;
};

class FailureList {
 public:
  // As ReportFailure, with numbers of texts().
  struct Row {
    TextPool::Number type_text = TextPool::kEmpty;
    TextPool::Number sending_mta_ip = TextPool::kEmpty;
    TextPool::Number receiving_mx_hostname = TextPool::kEmpty;
    TextPool::Number receiving_mx_helo = TextPool::kEmpty;
    TextPool::Number receiving_ip = TextPool::kEmpty;
    TextPool::Number additional_information = TextPool::kEmpty;
    TextPool::Number failure_reason_code = TextPool::kEmpty;
    ResultType type = ResultType::other;
    uint64_t sessions = 0;
  };

  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = ReportFailure;
    using difference_type = std::ptrdiff_t;
    using pointer = void;
    using reference = ReportFailure;

    Iterator(const FailureList& list, size_t index) : list_(&list), index_(index) {}
    ReportFailure operator*() const { return (*list_)[index_]; }
    Iterator& operator++() {
      ++index_;
      return *this;
    }
    bool operator==(const Iterator& other) const { return index_ == other.index_; }

   private:
    const FailureList* list_;
    size_t index_;
  };

  size_t size() const { return rows_.size(); }
  bool empty() const { return rows_.empty(); }
  ReportFailure operator[](size_t index) const;
  Iterator begin() const { return {*this, 0}; }
  Iterator end() const { return {*this, size()}; }
  void push_back(const ReportFailure& failure);

  // For those who look at each different text once.
  const std::vector<Row>& rows() const { return rows_; }
  const TextPool& texts() const { return texts_; }
  TextPool::Number put_text(std::string_view text) { return texts_.put(text); }
  std::string_view text(TextPool::Number number) const { return texts_.text(number); }
  void push_back(const Row& row) { rows_.push_back(row); }

 private:
  TextPool texts_;
  std::vector<Row> rows_;
};

}  // namespace mtasts::protocol
