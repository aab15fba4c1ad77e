// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "protocol/sts/sts_record.h"

#include <fmt/format.h>

#include "base/ascii.h"
#include "base/printable.h"
#include "protocol/text/characters.h"
#include "protocol/text/fault_list.h"
#include "protocol/text/invisible_character.h"
#include "protocol/text/tag_list.h"

namespace mtasts::protocol {
namespace {

constexpr size_t kLongestId_bytes = 32;  // RFC 8461 §3.1
constexpr size_t kKeptId = 64;           // of an id over the limit, enough to distinguish ids
constexpr size_t kShown_bytes = 60;

constexpr TagListDialect kDialect = {
    "v=STSv1",
    "sts",
    "id",
    "MTA-STS",
    "sts-txt-syntax",
    "sts-txt-version-invalid",
    "sts-txt-version-case",
    "sts-txt-space-before-semicolon",
    "sts-txt-trailing-space",
    true,
    true,
};

// The letters and digits of an id that also has other characters; empty when they form no valid id.
std::string id_without_others(std::string_view value) {
  std::string id;
  for (char c : value)
    if (is_alphanumeric(c) && id.size() <= kLongestId_bytes) id += c;
  return id.size() <= kLongestId_bytes ? id : std::string();
}

SenderDifference difference_of_id(std::string_view value) {
  if (!all_of(value, is_ascii)) return SenderDifference::record_id_not_ascii;
  if (value.find('=') != std::string_view::npos) return SenderDifference::record_id_equals;
  if (value.find(':') != std::string_view::npos) return SenderDifference::record_id_colon;
  return all_of(value, is_visible) ? SenderDifference::record_id_characters
                                   : SenderDifference::none;
}

void check_id(const TagField& field, FaultList& faults) {
  std::string_view value = field.value;
  int column = field.value_column;
  if (value.empty()) {
    faults.error("sts-txt-id-missing", 1, column, "the id is empty",
                 "write an id of 1 to 32 letters and digits, such as id=20260101120000",
                 SenderDifference::record_id_empty);
    return;
  }
  size_t version = value.find(kDialect.version);
  if (!all_of(value, is_alphanumeric)) {
    std::string id = id_without_others(value);
    const auto invisible = find_invisible(value);
    std::string message =
        fmt::format("the id {} contains {}", quoted(value, kShown_bytes),
                    invisible ? invisible->name : "characters other than letters and digits");
    std::string fix = id.empty() ? "write 1 to 32 letters and digits, such as id=20260101120000"
                                 : fmt::format("write id={}", id);
    if (version != std::string_view::npos) {
      message =
          fmt::format("a second record is attached to the id {}", quoted(value, kShown_bytes));
      fix = fmt::format("publish one record, with id={}",
                        printable(value.substr(0, version), kShown_bytes));
    }
    faults.error("sts-txt-id-invalid", 1, column, std::move(message), std::move(fix),
                 difference_of_id(value));
  }
  if (value.size() > kLongestId_bytes)
    faults.error("sts-txt-id-too-long", 1, column,
                 fmt::format("the id {} has {} characters; at most 32 are allowed",
                             quoted(value, kShown_bytes), value.size()),
                 "shorten it to at most 32 letters and digits", SenderDifference::record_id_long);
}

// The id in a lenient reading: without quotation marks and unprintable octets.
std::string readable_id(std::string_view value) {
  if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') &&
      value.back() == value.front())
    value = value.substr(1, value.size() - 2);
  value = value.substr(0, kKeptId);
  return all_of(value, is_visible) ? std::string(value) : std::string();
}

// `ID=…`: names are case-sensitive, so senders find no id (RFC 8461 §3.1, %s).
bool is_id_in_capitals(const TagField& field) {
  return field.name != kDialect.required_field &&
         equals_ignoring_case(field.name, kDialect.required_field);
}

class StsRecordReader {
 public:
  explicit StsRecordReader(std::string_view text) { record_.text = text; }

  StsRecord read() {
    std::string_view text = record_.text;
    auto fields = read_tag_list(text, kDialect, faults_);
    if (fields) {
      for (const TagField& field : *fields) take_field(field);
      if (!id_seen_) miss_id(*fields);
    }
    record_.valid = !faults_.outside_grammar();
    record_.faults = faults_.take();
    return std::move(record_);
  }

 private:
  void take_field(const TagField& field) {
    if (field.name == kDialect.required_field && !id_seen_) {
      id_seen_ = true;
      check_id(field, faults_);
      record_.id = readable_id(field.value);
      return;
    }
    if (!check_extension_value(field, kDialect, faults_)) return;
    if (field.name == kDialect.required_field || field.name == "v")
      faults_.advise(
          "sts-txt-duplicate-field", 1, field.name_column,
          fmt::format(
              "the field \"{}\" appears twice, here with the value {}; by RFC 8461 §3.2 the "
              "first one counts",
              field.name, quoted(field.value, kShown_bytes)),
          fmt::format("remove {}={}", field.name, printable(field.value, kShown_bytes)),
          field.name == "v" ? SenderDifference::none : SenderDifference::record_id_twice);
    else if (!is_id_in_capitals(field))
      advise_on_unknown(field);
  }

  void advise_on_unknown(const TagField& field) {
    bool colon = field.value.find(':') != std::string_view::npos;
    faults_.advise("sts-txt-unknown-field", 1, field.name_column,
                   fmt::format("the field \"{}\" is unknown{}", field.name,
                               colon ? " and has a colon in its value" : "; senders ignore it"),
                   fmt::format("remove {}= unless it is intended", field.name),
                   colon ? SenderDifference::record_value_colon : SenderDifference::none);
  }

  void miss_id(const std::vector<TagField>& fields) {
    for (const TagField& field : fields) {
      if (!is_id_in_capitals(field)) continue;
      record_.id = readable_id(field.value);
      faults_.error("sts-txt-id-missing", 1, field.name_column,
                    fmt::format("the field is written \"{}\", but field names are case-sensitive",
                                field.name),
                    fmt::format("write id={}", printable(field.value, kShown_bytes)),
                    SenderDifference::record_id_case);
      return;
    }
    faults_.error("sts-txt-id-missing", 1, static_cast<int>(record_.text.size()) + 1,
                  "the record has no id",
                  "add an id of 1 to 32 letters and digits, such as id=20260101120000");
  }

  StsRecord record_;
  FaultList faults_;
  bool id_seen_ = false;
};

}  // namespace

StsRecord parse_sts_record(std::string_view text) { return StsRecordReader(text).read(); }

StsRecordSet read_sts_records(const std::vector<std::string>& texts) {
  using Status = StsRecordSet::Status;
  TagListChoice choice = choose_tag_list(texts, kDialect);
  StsRecordSet set;
  set.unrelated = std::move(choice.unrelated);
  if (choice.status == TagListChoice::Status::multiple) set.status = Status::multiple;
  if (choice.status == TagListChoice::Status::one) {
    set.record = parse_sts_record(texts[choice.index]);
    set.status = set.record.valid ? Status::found : Status::invalid;
  }
  return set;
}

}  // namespace mtasts::protocol
