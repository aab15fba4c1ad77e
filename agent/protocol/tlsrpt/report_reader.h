// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// ReportReader: events of a JSON text in, a ReportBuilder filled. Knows where in the report an
// event is, and keeps no tree of the document. Used by tls_report.cpp alone. One owner.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/text/json_reader.h"
#include "protocol/tlsrpt/report_builder.h"
#include "protocol/tlsrpt/report_member.h"

namespace mtasts::protocol {

class ReportReader {
 public:
  enum class End : uint8_t {
    whole,            // of the text
    fault,            // no JSON
    too_many_values,  // more than kMostReportValues
  };
  // Reads to the end or to what stops it.
  End read(JsonReader& json);

  bool has_report() const { return has_report_; }
  // Octets that follow a whole report are a deviation alone.
  bool is_whole() const { return has_report_ && frames_.empty() && skipped_ == 0; }
  bool is_array() const { return is_array_; }
  ReportBuilder& builder() { return builder_; }

 private:
  // An array or object that is being read.
  struct Frame {
    enum class Type : uint8_t { reports, object, policies, failures, strings } type;
    ReportObject object = ReportObject::report;   // of type object
    ReportMember member = ReportMember::unknown;  // of type strings
    std::string name;                             // in the path; empty: an element of an array
    size_t index = kNone;                         // of an array: of the element that is being read
    uint32_t seen = 0;                            // members, by bit

    bool is_array() const { return type != Type::object; }
  };
  static constexpr size_t kNone = static_cast<size_t>(-1);

  void name(std::string_view name);
  void scalar(const ReportScalar& value);
  void start_object();
  void end_object();
  void start_array();
  void end_array();
  void skip();
  std::string path() const;
  std::string path_of_member() const;
  void push_object(ReportObject object, std::string name);
  void push_array(Frame::Type type);
  void begin_report();
  void begin_entry(std::string name);
  void begin_failure(std::string name);
  void start_member_object();
  void wrong_type(std::string_view what);
  bool next_element();

  std::vector<Frame> frames_;
  size_t skipped_ = 0;  // open arrays and objects of which nothing is kept
  bool told_depth_ = false;
  bool is_array_ = false;
  bool has_report_ = false;
  ReportMember member_ = ReportMember::unknown;  // whose value follows
  std::string key_;                              // as sent
  ReportBuilder builder_;
};

}  // namespace mtasts::protocol
