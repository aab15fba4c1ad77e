// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Properties of the text grammars that hold for any input. Each function returns the first property
// that `text` violates, empty when all hold; the fuzzers abort on it, the corpus test reports it.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/ascii.h"
#include "base/domain_name.h"
#include "base/printable.h"
#include "fuzz/promises.h"
#include "protocol/sts/sts_policy.h"
#include "protocol/sts/sts_record.h"
#include "protocol/tlsrpt/tlsrpt_record.h"

namespace mtasts::fuzz {

inline std::string broken_fault_promise(std::string_view text, bool valid,
                                        const std::vector<protocol::SyntaxFault>& faults) {
  if (faults.size() > protocol::kMostFaults) return "more faults than allowed";
  if (valid == protocol::has_error(faults)) return "valid and faults disagree";
  auto breaks = [](char c) { return c == '\n' || c == '\r'; };
  auto lines = std::count_if(text.begin(), text.end(), breaks) + 1;
  const protocol::SyntaxFault* before = nullptr;
  for (const protocol::SyntaxFault& fault : faults) {
    if (fault.line < 1 || fault.line > lines) return "a line outside the text";
    if (fault.column < 1 || static_cast<size_t>(fault.column) > text.size() + 1)
      return "a column outside the text";
    if (!is_showable(fault.message)) return "a message not fit to show";
    if (!is_showable(fault.fix)) return "a fix not fit to show";
    if (before != nullptr && (fault.line < before->line ||
                              (fault.line == before->line && fault.column < before->column)))
      return "faults out of order";
    before = &fault;
  }
  return {};
}

inline std::string broken_sts_record_promise(std::string_view text) {
  using Status = protocol::StsRecordSet::Status;
  protocol::StsRecord record = protocol::parse_sts_record(text);
  if (auto broken = broken_fault_promise(text, record.valid, record.faults); !broken.empty())
    return broken;
  if (record.text != text) return "the raw text is lost";
  Status status = protocol::read_sts_records({std::string(text)}).status;
  if (status == Status::multiple) return "one record counts as several";
  if ((status == Status::found) != record.valid) return "valid alone, not found in a set";
  if (!record.valid) return {};
  if (record.id.empty() || record.id.size() > 32) return "valid without a right id";
  protocol::StsRecord again = protocol::parse_sts_record("v=STSv1; id=" + record.id + ";");
  if (!again.valid || again.id != record.id || !again.faults.empty())
    return "the id does not survive writing and reading";
  return {};
}

inline std::string broken_sts_policy_promise(std::string_view text) {
  protocol::StsPolicy policy = protocol::parse_sts_policy(text);
  if (auto broken = broken_fault_promise(text, policy.valid, policy.faults); !broken.empty())
    return broken;
  if (policy.mx.size() > protocol::kMostMxPatterns) return "more patterns than allowed";
  for (const std::string& pattern : policy.mx) {
    if (!protocol::is_mx_pattern(pattern)) return "a pattern outside the grammar was read";
    if (pattern != ascii_lower(pattern)) return "a pattern not in lower case";
    bool wildcard = pattern[0] == '*';
    std::string host = wildcard ? "a" + pattern.substr(1) : pattern;
    if (!protocol::mx_pattern_matches(pattern, host)) return "a pattern misses its own host";
    if (protocol::mx_pattern_matches(pattern, "b." + host)) return "a pattern covers two labels";
  }
  if (!policy.valid) return {};
  if (!policy.mode || !policy.max_age_seconds) return "valid without mode or max_age";
  if (*policy.max_age_seconds > protocol::kMaxAgeLimit_seconds) return "valid above the limit";
  if (policy.mx.empty() && *policy.mode != protocol::Mode::none) return "valid without mx";
  std::string written = "version: STSv1\r\nmode: " + std::string(name_of(*policy.mode)) + "\r\n";
  for (const std::string& pattern : policy.mx) written += "mx: " + pattern + "\r\n";
  written += "max_age: " + std::to_string(*policy.max_age_seconds) + "\r\n";
  protocol::StsPolicy again = protocol::parse_sts_policy(written);
  if (!again.valid || again.mode != policy.mode || again.mx != policy.mx ||
      again.max_age_seconds != policy.max_age_seconds)
    return "the policy does not survive writing and reading";
  return {};
}

inline std::string broken_tlsrpt_record_promise(std::string_view text) {
  using Status = protocol::TlsrptRecordSet::Status;
  protocol::TlsrptRecord record = protocol::parse_tlsrpt_record(text);
  if (auto broken = broken_fault_promise(text, record.valid, record.faults); !broken.empty())
    return broken;
  if (record.rua.size() > protocol::kMostRua) return "more URIs than allowed";
  Status status = protocol::read_tlsrpt_records({std::string(text)}).status;
  if (status == Status::multiple) return "one record counts as several";
  if ((status == Status::found) != record.valid) return "valid alone, not found in a set";
  if (!record.valid) return {};
  if (record.rua.empty()) return "valid without rua";
  std::string written = "v=TLSRPTv1; rua=";
  for (const std::string& uri : record.rua)
    written += (&uri == &record.rua.front() ? "" : ",") + uri;
  protocol::TlsrptRecord again = protocol::parse_tlsrpt_record(written);
  if (!again.valid || again.rua != record.rua) return "rua does not survive writing and reading";
  return {};
}

inline std::string broken_domain_name_promise(std::string_view text) {
  std::string shown = printable(text, text.size() + 1);
  if (!text.empty() && !is_utf8(shown)) return "printable() gives broken UTF-8";
  if (is_utf8(text) != is_utf8(std::string(text))) return "is_utf8() reads behind its end";
  Result<DomainName> name = DomainName::parse(text);
  if (!name) return is_showable(name.failure().detail) ? "" : "a failure not fit to show";
  if (!protocol::is_mx_pattern(name->text())) return "a name outside the host grammar";
  if (name->text() != ascii_lower(name->text())) return "a name not in lower case";
  Result<DomainName> again = DomainName::parse(name->text());
  if (!again || again->text() != name->text()) return "a name that reads differently again";
  if (!is_showable(name->display())) return "a display form not fit to show";
  Result<DomainName> shown_again = DomainName::parse(name->display());
  if (!shown_again || shown_again->text() != name->text()) return "a display form of another name";
  return {};
}

}  // namespace mtasts::fuzz
