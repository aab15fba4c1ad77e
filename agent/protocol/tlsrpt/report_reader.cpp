// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "protocol/tlsrpt/report_reader.h"

#include <fmt/format.h>

#include "base/printable.h"

namespace mtasts::protocol {
namespace {

using Event = JsonReader::Event;
using Kind = DeviationKind;
using Member = ReportMember;
using Object = ReportObject;
using Scalar = ReportScalar;

constexpr size_t kShown_bytes = 40;

}  // namespace

ReportReader::End ReportReader::read(JsonReader& json) {
  for (size_t values = 0;;) {
    const Event event = json.next();
    const bool is_value = event != Event::name && event != Event::end_object &&
                          event != Event::end_array && event != Event::end;
    if (is_value && ++values > kMostReportValues) return End::too_many_values;
    switch (event) {
      case Event::name:
        name(json.text());
        break;
      case Event::text:
        scalar({Scalar::Type::text, 0, 0, json.text()});
        break;
      case Event::number:
        scalar(number_of(json.text()));
        break;
      case Event::begin_object:
        start_object();
        break;
      case Event::end_object:
        end_object();
        break;
      case Event::begin_array:
        start_array();
        break;
      case Event::end_array:
        end_array();
        break;
      case Event::yes:
        scalar({Scalar::Type::boolean, 0, 0, "true"});
        break;
      case Event::no:
        scalar({Scalar::Type::boolean, 0, 0, "false"});
        break;
      case Event::null:
        scalar({Scalar::Type::null, 0, 0, "null"});
        break;
      case Event::end:
        return End::whole;
      case Event::fault:
        return End::fault;
    }
  }
}

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

void ReportReader::skip() {
  ++skipped_;
  if (frames_.size() + skipped_ > kReportDepth && !told_depth_) {
    told_depth_ = true;
    builder_.deviate(
        Kind::limit, [this] { return path_of_member(); },
        fmt::format("is nested deeper than {} levels; it is ignored", kReportDepth));
  }
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

void ReportReader::name(std::string_view name) {
  if (skipped_ > 0) return;
  Frame& frame = frames_.back();
  MemberName known = member_named(frame.object, name);
  member_ = known.member;
  if (member_ == Member::unknown) return;
  key_ = name;
  uint32_t bit = uint32_t{1} << static_cast<unsigned>(member_);
  if ((frame.seen & bit) != 0) {
    // RFC 7493 §2.3: names are unique.
    builder_.deviate(
        Kind::syntax, [this] { return path_of_member(); },
        "occurs twice in one object; the first counts");
    member_ = Member::unknown;
    return;
  }
  frame.seen |= bit;
  if (!known.exact)
    builder_.deviate(
        Kind::name, [this] { return path_of_member(); },
        fmt::format("is written in another way than \"{}\"", known.name));
}

// For an element of an array: moves on to it.
bool ReportReader::next_element() {
  Frame& frame = frames_.back();
  if (!frame.is_array()) return false;
  frame.index = frame.index == kNone ? 0 : frame.index + 1;
  return true;
}

void ReportReader::scalar(const Scalar& value) {
  if (skipped_ > 0 || frames_.empty()) return;
  if (next_element()) {
    const Frame& frame = frames_.back();
    if (frame.type == Frame::Type::strings) {
      builder_.take_element(frame.member, value, [this] { return path(); });
    } else if (frame.type != Frame::Type::reports) {
      builder_.drop_row();
      builder_.deviate(
          Kind::wrong_type, [this] { return path(); }, "is no object; it is ignored");
    }
    return;
  }
  if (member_ != Member::unknown)
    builder_.take(member_, value, [this] { return path_of_member(); });
  member_ = Member::unknown;
}

void ReportReader::begin_report() {
  if (has_report_) {
    builder_.drop_row();
    builder_.deviate(
        Kind::limit, [] { return std::string(); },
        "is an array of several reports; only the first is read");
    return skip();
  }
  has_report_ = true;
  push_object(Object::report, "");
}

void ReportReader::begin_entry(std::string name) {
  if (!builder_.begin_policy()) return skip();
  push_object(Object::entry, std::move(name));
}

void ReportReader::begin_failure(std::string name) {
  if (!builder_.begin_failure()) return skip();
  push_object(Object::failure, std::move(name));
}

// An object as the value of a member.
void ReportReader::start_member_object() {
  Member member = member_;
  member_ = Member::unknown;
  std::string name = printable(key_, kShown_bytes);
  switch (member) {
    case Member::unknown:
      return skip();
    case Member::date_range:
      push_object(Object::date_range, name);
      return;
    case Member::policy:
      push_object(Object::policy, name);
      return;
    case Member::summary:
      push_object(Object::summary, name);
      return;
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

void ReportReader::start_object() {
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

void ReportReader::end_object() {
  if (skipped_ > 0) {
    --skipped_;
    return;
  }
  Object object = frames_.back().object;
  if (object == Object::entry) builder_.end_policy(path());
  if (object == Object::failure) builder_.end_failure([this] { return path(); });
  if (object == Object::report) builder_.end_report();
  frames_.pop_back();
}

void ReportReader::start_array() {
  if (skipped_ > 0) return skip();
  if (frames_.empty()) {
    is_array_ = true;
    push_array(Frame::Type::reports);
    builder_.deviate(
        Kind::wrong_type, [] { return std::string(); }, "is an array, no object");
    return;
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
}

void ReportReader::end_array() {
  if (skipped_ > 0)
    --skipped_;
  else
    frames_.pop_back();
}

}  // namespace mtasts::protocol
