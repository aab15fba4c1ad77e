// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// What real senders do with odd records, policies and answers: which versions were tested, and on
// which inputs they differ from the RFC or from each other. The one table of it: parsers name a
// difference, and messages, `lint`, `explain` and docs/senders.md take names and effects from here.
// Observed by running each implementation's own code; versions change, hence kSendersTested. Pure
// data, any thread.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/finding_code.h"

namespace mtasts::protocol {

inline constexpr std::string_view kSendersTested = "2026-11-27";

enum class Sender : uint8_t {
  mox,
  postfix_mta_sts_resolver,
  postfix_tlspol,
  maddy,
  stalwart,
  mailauth7,
  mailauth5,
  // These use TLSRPT records alone:
  tlsrpt_reporter,
  checkdmarc,
};

struct SenderRow {
  Sender sender;
  std::string_view name;   // "mox 0.0.17": as shown in findings
  std::string_view about;  // what it is, and which library reads records and policies
  bool uses_policies;      // false: reads TLSRPT records alone
};
std::span<const SenderRow> senders_table();  // in the order of Sender

class SenderSet {
 public:
  constexpr SenderSet() = default;
  constexpr SenderSet(std::initializer_list<Sender> senders) {
    for (Sender sender : senders) bits_ |= 1U << static_cast<unsigned>(sender);
  }

  constexpr bool contains(Sender sender) const {
    return (bits_ >> static_cast<unsigned>(sender) & 1U) != 0;
  }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr SenderSet& operator|=(SenderSet other) {
    bits_ |= other.bits_;
    return *this;
  }
  friend constexpr SenderSet operator|(SenderSet one, SenderSet other) { return one |= other; }
  constexpr bool operator==(const SenderSet&) const = default;

 private:
  unsigned bits_ = 0;
};

// An input on which senders differ.
enum class SenderDifference : uint8_t {
  none,
  // The MTA-STS record.
  record_several,
  record_foreign,
  record_longer_version,
  record_version_case,
  record_version_later,
  record_tab,
  record_tab_at_end,
  record_blank_at_end,
  record_blank_at_start,
  record_line_end,
  record_invisible_blank,
  record_empty_field,
  record_field_without_equals,
  record_value_characters,
  record_value_empty,
  record_value_not_ascii,
  record_value_colon,
  record_name,
  record_id_twice,
  record_id_case,
  record_id_empty,
  record_id_long,
  record_id_characters,
  record_id_equals,
  record_id_colon,
  record_id_not_ascii,
  record_id_blank_before_equals,
  record_id_blank_after_equals,
  // The policy.
  policy_cr,
  policy_cr_cr_lf,
  policy_blank_line,
  policy_leading_blank,
  policy_blank_before_colon,
  policy_comment,
  policy_without_colon,
  policy_without_colon_before_mode,
  policy_byte_order_mark,
  policy_byte_order_mark_at_mode,
  policy_name,
  policy_value_empty,
  policy_value_colon,
  policy_value_not_ascii,
  policy_value_not_utf8,
  policy_version_missing,
  policy_version_case,
  policy_version_twice,
  policy_mode_missing,
  policy_mode_case,
  policy_mode_name_case,
  policy_mode_twice,
  policy_mode_twice_unreadable,
  policy_mode_none_without_mx,
  policy_max_age_missing,
  policy_max_age_empty,
  policy_max_age_text,
  policy_max_age_plus,
  policy_max_age_minus,
  policy_max_age_fraction,
  policy_max_age_underscore,
  policy_max_age_zeros,
  policy_max_age_digits,
  policy_max_age_over_64_bits,
  policy_max_age_over_limit,
  policy_max_age_over_32_bits,
  policy_max_age_at_limit,
  policy_max_age_over_month,
  policy_max_age_under_hour,
  policy_max_age_under_3_minutes,
  policy_max_age_zero,
  policy_max_age_twice,
  policy_max_age_twice_unreadable,
  policy_mx_name_case,
  policy_mx,
  policy_mx_colon,
  policy_mx_empty,
  policy_mx_final_dot,
  policy_mx_label,
  policy_mx_not_ascii,
  policy_mx_not_ascii_declared,
  policy_mx_address,
  policy_mx_a_label,
  // The answer of the policy host.
  answer_type_missing,
  answer_type_wrong,
  answer_type_parameter,
  answer_charset_unknown,
  answer_over_64_kib,
  answer_over_1_mib,
  answer_after_2_s,
  answer_after_4_s,
  answer_after_15_s,
  answer_http2_only,
  answer_coding_unasked,
  answer_length_short,
  answer_head_lf,
  // The TLSRPT record.
  tlsrpt_second_record,
  tlsrpt_second_rua,
  tlsrpt_equals,
  tlsrpt_query,
  tlsrpt_user,
};

struct Misreading {
  SenderSet senders;
  std::string_view as;  // follows "reads": "the last id"
};

struct DifferenceRow {
  SenderDifference difference;
  FindingCode code;        // the finding that reports it
  std::string_view input;  // a phrase: "the field id twice"
  SenderSet refuse;        // they see no record, or refuse the policy
  Misreading misreading = {};
  Misreading other_misreading = {};
};
std::span<const DifferenceRow> differences_table();        // in the order of SenderDifference
const DifferenceRow& row_of(SenderDifference difference);  // not for `none`

// All who refuse or misread it; empty for `none`.
SenderSet senders_affected_by(SenderDifference difference);

// "Stalwart 0.16.18", …, in the table's order.
std::vector<std::string> names_of(SenderSet senders);
// "mox 0.0.17, maddy 0.8.1 (go-mtasts) and Stalwart 0.16.18", or, where shorter, "every tested
// sender but Stalwart 0.16.18".
std::string names_text(SenderSet senders);

// "mox 0.0.17 sees no record; Stalwart 0.16.18 and mailauth 5.0.1 read the last id": what senders
// do, no final period. Empty for `none`.
std::string effect_text(SenderDifference difference);
// The same behind "valid by RFC 8461 §3.2, but", for an input that its RFC allows.
std::string difference_text(SenderDifference difference);

}  // namespace mtasts::protocol
