// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "protocol/tlsrpt/tls_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/ascii.h"
#include "base/printable.h"
#include "protocol/tlsrpt/report_builder.h"
#include "protocol/tlsrpt/report_member.h"

namespace mtasts::protocol {
namespace {

using Kind = DeviationKind;
using Member = ReportMember;
using Object = ReportObject;
using Scalar = ReportScalar;

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD
constexpr size_t kShown_bytes = 40;
constexpr size_t kNone = static_cast<size_t>(-1);

// An array or object that is being read.
struct Frame {
  enum class Type : uint8_t { reports, object, policies, failures, strings } type;
  Object object = Object::report;   // of type object
  Member member = Member::unknown;  // of type strings
  std::string name;                 // in the path; empty: an element of the array above
  size_t index = kNone;             // of an array: of the element that is being read
  uint32_t seen = 0;                // members, by bit

  bool is_array() const { return type != Type::object; }
};

// nlohmann's SAX interface: events in, a ReportBuilder filled. No tree of the document is kept.
class ReportReader {
 public:
  bool null() { return scalar({Scalar::Type::null, 0, 0, "null"}); }
  bool boolean(bool value) {
    return scalar({Scalar::Type::boolean, 0, 0, value ? "true" : "false"});
  }
  bool number_integer(int64_t value) {
    if (value >= 0) return number_unsigned(static_cast<uint64_t>(value));
    std::string text = std::to_string(value);
    return scalar({Scalar::Type::other_number, 0, static_cast<double>(value), text});
  }
  bool number_unsigned(uint64_t value) { return scalar({Scalar::Type::integer, value, 0, {}}); }
  bool number_float(double value, const std::string& text) {
    return scalar({Scalar::Type::other_number, 0, value, text});
  }
  bool string(const std::string& text) { return scalar({Scalar::Type::text, 0, 0, text}); }
  bool binary(const nlohmann::json::binary_t&) { return false; }  // not in JSON

  bool key(const std::string& name);
  bool start_object(size_t);
  bool end_object();
  bool start_array(size_t);
  bool end_array();
  // Octets that follow a whole report are a deviation alone.
  bool parse_error(size_t position, const std::string& token, const std::exception&) {
    error_position_ = position;
    error_token_ = token;
    return false;
  }

  bool has_report() const { return has_report_; }
  bool is_whole() const { return has_report_ && frames_.empty() && skipped_ == 0; }
  bool is_array() const { return is_array_; }
  bool started() const { return started_; }
  size_t error_position() const { return error_position_; }
  const std::string& error_token() const { return error_token_; }
  ReportBuilder& builder() { return builder_; }

 private:
  bool scalar(const Scalar& value);
  bool skip();
  std::string path() const;
  std::string path_of_member() const;
  void push_object(Object object, std::string name);
  void push_array(Frame::Type type);
  bool begin_report();
  bool begin_entry(std::string name);
  bool begin_failure(std::string name);
  bool start_member_object();
  void wrong_type(std::string_view what);
  bool next_element();

  std::vector<Frame> frames_;
  size_t skipped_ = 0;  // open arrays and objects of which nothing is kept
  bool told_depth_ = false;
  bool started_ = false;
  bool is_array_ = false;
  bool has_report_ = false;
  Member member_ = Member::unknown;  // whose value follows
  std::string key_;                  // as sent
  size_t error_position_ = 0;
  std::string error_token_;
  ReportBuilder builder_;
};

std::string ReportReader::path() const {
  std::string text;
  for (const Frame& frame : frames_) {
    if (!frame.name.empty()) text += (text.empty() ? "" : ".") + frame.name;
    if (frame.index != kNone) text += fmt::format("[{}]", frame.index);
  }
  return text;
}

std::string ReportReader::path_of_member() const {
  std::string text = path();
  return (text.empty() ? "" : text + ".") + printable(key_, kShown_bytes);
}

bool ReportReader::skip() {
  ++skipped_;
  if (frames_.size() + skipped_ > kReportDepth && !told_depth_) {
    told_depth_ = true;
    builder_.deviate(
        Kind::limit, [this] { return path_of_member(); },
        fmt::format("is nested deeper than {} levels; it is ignored", kReportDepth));
  }
  return true;
}

void ReportReader::push_object(Object object, std::string name) {
  frames_.push_back({Frame::Type::object, object, Member::unknown, std::move(name)});
}

void ReportReader::push_array(Frame::Type type) {
  frames_.push_back({type, Object::report, member_, printable(key_, kShown_bytes)});
}

void ReportReader::wrong_type(std::string_view what) {
  builder_.deviate(
      Kind::wrong_type, [this] { return path_of_member(); }, what);
}

bool ReportReader::key(const std::string& name) {
  if (skipped_ > 0) return true;
  Frame& frame = frames_.back();
  MemberName known = member_named(frame.object, name);
  member_ = known.member;
  if (member_ == Member::unknown) return true;
  key_ = name;
  uint32_t bit = uint32_t{1} << static_cast<unsigned>(member_);
  if ((frame.seen & bit) != 0) {
    // RFC 7493 §2.3: names are unique.
    builder_.deviate(
        Kind::syntax, [this] { return path_of_member(); },
        "occurs twice in one object; the first counts");
    member_ = Member::unknown;
    return true;
  }
  frame.seen |= bit;
  if (!known.exact)
    builder_.deviate(
        Kind::name, [this] { return path_of_member(); },
        fmt::format("is written in another way than \"{}\"", known.name));
  return true;
}

// For an element of an array: moves on to it.
bool ReportReader::next_element() {
  Frame& frame = frames_.back();
  if (!frame.is_array()) return false;
  frame.index = frame.index == kNone ? 0 : frame.index + 1;
  return true;
}

bool ReportReader::scalar(const Scalar& value) {
  started_ = true;
  if (skipped_ > 0 || frames_.empty()) return true;
  if (next_element()) {
    const Frame& frame = frames_.back();
    if (frame.type == Frame::Type::strings) {
      builder_.take_element(frame.member, value, [this] { return path(); });
    } else if (frame.type != Frame::Type::reports) {
      builder_.drop_row();
      builder_.deviate(
          Kind::wrong_type, [this] { return path(); }, "is no object; it is ignored");
    }
    return true;
  }
  if (member_ != Member::unknown)
    builder_.take(member_, value, [this] { return path_of_member(); });
  member_ = Member::unknown;
  return true;
}

bool ReportReader::begin_report() {
  started_ = true;
  if (has_report_) {
    builder_.drop_row();
    builder_.deviate(
        Kind::limit, [] { return std::string(); },
        "is an array of several reports; only the first is read");
    return skip();
  }
  has_report_ = true;
  push_object(Object::report, "");
  return true;
}

bool ReportReader::begin_entry(std::string name) {
  if (!builder_.begin_policy()) return skip();
  push_object(Object::entry, std::move(name));
  return true;
}

bool ReportReader::begin_failure(std::string name) {
  if (!builder_.begin_failure()) return skip();
  push_object(Object::failure, std::move(name));
  return true;
}

// An object as the value of a member.
bool ReportReader::start_member_object() {
  Member member = member_;
  member_ = Member::unknown;
  std::string name = printable(key_, kShown_bytes);
  switch (member) {
    case Member::unknown:
      return skip();
    case Member::date_range:
      push_object(Object::date_range, name);
      return true;
    case Member::policy:
      push_object(Object::policy, name);
      return true;
    case Member::summary:
      push_object(Object::summary, name);
      return true;
    case Member::policies:
      wrong_type("is an object, no array");
      return begin_entry(name);
    case Member::failure_details:
      wrong_type("is an object, no array");
      return begin_failure(name);
    default:
      wrong_type("is an object; it is ignored");
      return skip();
  }
}

bool ReportReader::start_object(size_t) {
  if (skipped_ > 0) return skip();
  if (frames_.empty()) return begin_report();
  if (!next_element()) return start_member_object();
  switch (frames_.back().type) {
    case Frame::Type::reports:
      frames_.back().index = kNone;
      return begin_report();
    case Frame::Type::policies:
      return begin_entry("");
    case Frame::Type::failures:
      return begin_failure("");
    default:
      builder_.deviate(
          Kind::wrong_type, [this] { return path(); }, "is an object; it is ignored");
      return skip();
  }
}

bool ReportReader::end_object() {
  if (skipped_ > 0) {
    --skipped_;
    return true;
  }
  Object object = frames_.back().object;
  if (object == Object::entry) builder_.end_policy(path());
  if (object == Object::failure) builder_.end_failure(path());
  if (object == Object::report) builder_.end_report();
  frames_.pop_back();
  return true;
}

bool ReportReader::start_array(size_t) {
  started_ = true;
  if (skipped_ > 0) return skip();
  if (frames_.empty()) {
    is_array_ = true;
    push_array(Frame::Type::reports);
    builder_.deviate(
        Kind::wrong_type, [] { return std::string(); }, "is an array, no object");
    return true;
  }
  if (next_element()) {
    builder_.deviate(
        Kind::wrong_type, [this] { return path(); }, "is an array; it is ignored");
    return skip();
  }
  Member member = member_;
  if (member == Member::policies) {
    push_array(Frame::Type::policies);
  } else if (member == Member::failure_details) {
    push_array(Frame::Type::failures);
  } else if (member == Member::policy_string || member == Member::mx_host) {
    push_array(Frame::Type::strings);
  } else {
    if (member != Member::unknown) wrong_type("is an array; it is ignored");
    member_ = Member::unknown;
    return skip();
  }
  member_ = Member::unknown;
  return true;
}

bool ReportReader::end_array() {
  if (skipped_ > 0)
    --skipped_;
  else
    frames_.pop_back();
  return true;
}

// The text with U+FFFD for each octet that is no part of UTF-8.
std::string repaired(std::string_view text) {
  std::string result;
  result.reserve(text.size() + 64);
  while (!text.empty()) {
    size_t length = 1;
    while (length < std::min<size_t>(4, text.size()) && !is_utf8(text.substr(0, length))) ++length;
    bool good = is_utf8(text.substr(0, length));
    result += good ? text.substr(0, length) : kReplacement;
    text.remove_prefix(good ? length : 1);
  }
  return result;
}

// "line 3, column 14", counted in octets.
std::string place_of(std::string_view text, size_t position) {
  text = text.substr(0, position == 0 ? 0 : position - 1);
  auto line = std::count(text.begin(), text.end(), '\n') + 1;
  size_t column = text.size() - (text.rfind('\n') + 1) + 1;
  return fmt::format("line {}, column {}", line, column);
}

Failure invalid(std::string detail) { return {FailureKind::invalid, std::move(detail)}; }

Failure not_json(std::string_view text, const ReportReader& reader) {
  std::string place = place_of(text, reader.error_position());
  if (reader.error_position() > text.size())
    return invalid(fmt::format("the JSON ends too early, at {}", place));
  return invalid(fmt::format("there is no valid JSON at {}, after {}", place,
                             quoted(reader.error_token(), kShown_bytes)));
}

Failure no_policy(const TlsReport& report) {
  for (const ReportDeviation& deviation : report.deviations)
    if (deviation.kind != Kind::limit && deviation.path.starts_with("policies"))
      return invalid(fmt::format("the report has no usable policy: at {}, {}",
                                 printable(deviation.path, 200), deviation.message));
  return invalid("the report has no policies");
}

}  // namespace

Result<TlsReport> parse_tls_report(std::string_view json) {
  if (json.size() > kReportLimit_bytes)
    return invalid(
        fmt::format("the report has {} bytes, more than {}", json.size(), kReportLimit_bytes));
  ReportReader reader;
  auto document = [] { return std::string(); };
  if (json.starts_with(kByteOrderMark)) {
    json.remove_prefix(kByteOrderMark.size());
    reader.builder().deviate(Kind::syntax, document, "begins with a byte order mark");
  }
  std::string copy;
  if (!is_utf8(json)) {
    copy = repaired(json);
    json = copy;
    reader.builder().deviate(Kind::syntax, document,
                             "has octets that are no UTF-8; they are replaced by U+FFFD");
  }
  const char* begin = json.data();
  bool good = nlohmann::json::sax_parse(begin, begin + json.size(), &reader);
  if (!good && !reader.is_whole()) {
    if (trim(json).empty()) return invalid("the report is empty");
    return not_json(json, reader);
  }
  if (!good)
    reader.builder().deviate(Kind::syntax, document,
                             fmt::format("has more text after the report, at {}; it is ignored",
                                         place_of(json, reader.error_position())));
  if (!reader.has_report())
    return invalid(fmt::format("the JSON is {}, no object with a report",
                               reader.is_array() ? "an array without an object" : "one value"));
  if (reader.builder().report().policies.empty()) return no_policy(reader.builder().report());
  return reader.builder().take_report();
}

}  // namespace mtasts::protocol
