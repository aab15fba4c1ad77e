// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "cli/lint.h"

#include <fmt/format.h>

#include <algorithm>
#include <istream>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "cli/console_text.h"
#include "cli/lint_report.h"
#include "present/json_text.h"
#include "protocol/http/attempt.h"
#include "protocol/sts/sts_policy.h"
#include "protocol/sts/sts_record.h"
#include "protocol/tlsrpt/tlsrpt_record.h"
#include "verdict/findings/finding.h"

namespace mtasts::cli {
namespace {

using Json = nlohmann::ordered_json;
using protocol::FaultClass;
using protocol::SyntaxFault;

constexpr size_t kFixIndent = 4;

struct Linted {
  bool valid = false;  // by the grammar alone
  bool enforced = true;
  std::vector<SyntaxFault> faults;
  Json parsed = Json::object();  // id, mode, max_age, mx, rua, as far as parsed
};

// Reads one octet more than the limit, to detect longer input.
std::string read_bounded(std::istream& in) {
  std::string text(kLintLimit_bytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(in.gcount()));
  return text;
}

// Removes the newline that an editor or `echo` adds and DNS does not have.
void strip_one_line_end(std::string& text) {
  if (text.ends_with("\r\n"))
    text.resize(text.size() - 2);
  else if (text.ends_with('\n'))
    text.resize(text.size() - 1);
}

Linted lint_record(const std::string& text) {
  auto record = protocol::parse_sts_record(text);
  Linted linted{record.valid, true, std::move(record.faults), Json::object()};
  if (!record.id.empty()) linted.parsed["id"] = record.id;
  return linted;
}

Linted lint_tlsrpt(const std::string& text) {
  auto record = protocol::parse_tlsrpt_record(text);
  Linted linted{record.valid, true, std::move(record.faults), Json::object()};
  if (!record.rua.empty()) linted.parsed["rua"] = record.rua;
  return linted;
}

// The lines that end within the limit of a policy.
std::string_view whole_lines(std::string_view text) {
  text = text.substr(0, protocol::kPolicyLimit_bytes);
  return text.substr(0, text.rfind('\n') + 1);
}

Linted lint_policy(const std::string& text, bool cut) {
  bool fits = text.size() <= protocol::kPolicyLimit_bytes;
  const std::string_view checked = fits ? std::string_view(text) : whole_lines(text);
  auto policy = protocol::parse_sts_policy(checked);
  if (!fits) {
    // What seems to be missing at the end may follow.
    const auto lines = std::count(checked.begin(), checked.end(), '\n');
    std::erase_if(policy.faults, [&](const SyntaxFault& fault) { return fault.line > lines; });
  }
  Linted linted{policy.valid && fits, true, std::move(policy.faults), Json::object()};
  if (policy.mode) {
    linted.enforced = *policy.mode == protocol::Mode::enforce;
    linted.parsed["mode"] = protocol::name_of(*policy.mode);
  }
  if (policy.max_age_seconds) linted.parsed["max_age"] = *policy.max_age_seconds;
  if (!policy.mx.empty()) linted.parsed["mx"] = policy.mx;
  if (fits) return linted;
  // RFC 8461 §3.3: senders may stop at 64 kilobytes.
  auto difference = cut ? protocol::SenderDifference::answer_over_1_mib
                        : protocol::SenderDifference::answer_over_64_kib;
  linted.faults.insert(
      linted.faults.begin(),
      {"sts-http-too-large", FaultClass::error, 1, 1,
       fmt::format("the policy is larger than {0} bytes; only the first {0} bytes are checked; {1}",
                   protocol::kPolicyLimit_bytes, protocol::effect_text(difference)),
       "shorten the policy", difference});
  return linted;
}

Linted lint(LintKind kind, std::string text) {
  bool cut = text.size() > kLintLimit_bytes;
  if (cut) text.resize(kLintLimit_bytes);
  if (kind == LintKind::policy) return lint_policy(text, cut);
  if (!cut) strip_one_line_end(text);
  Linted linted = kind == LintKind::record ? lint_record(text) : lint_tlsrpt(text);
  if (!cut) return linted;
  linted.valid = false;
  linted.faults.insert(
      linted.faults.begin(),
      {kind == LintKind::record ? FindingCode("sts-txt-syntax") : "tlsrpt-syntax",
       FaultClass::error, 1, 1,
       fmt::format("the input is larger than {0} bytes; only the first {0} bytes are checked",
                   kLintLimit_bytes),
       "provide the text of a single TXT record"});
  return linted;
}

verdict::Severity severity_of(const SyntaxFault& fault, bool enforced) {
  return verdict::severity_of(fault,
                              enforced ? verdict::Regime::enforce : verdict::Regime::otherwise);
}

// The mode is the operator's choice, not a matter of syntax.
bool is_mode_remark(const SyntaxFault& fault) {
  return fault.code == "sts-mode-testing" || fault.code == "sts-mode-none";
}

enum class Result : unsigned char { valid, advice, differs, invalid };

// A named sender does not take it as it is meant, or no sender can use it.
bool is_difference(const SyntaxFault& fault) {
  return fault.fault_class == FaultClass::unusable ||
         fault.difference != protocol::SenderDifference::none;
}

Result result_of(const Linted& linted) {
  const auto& faults = linted.faults;
  if (!linted.valid || protocol::has_error(faults)) return Result::invalid;
  if (std::any_of(faults.begin(), faults.end(), is_difference)) return Result::differs;
  bool silent = std::all_of(faults.begin(), faults.end(), is_mode_remark);
  return silent ? Result::valid : Result::advice;
}

int status_of(Result result, bool strict) {
  switch (result) {
    case Result::valid:
      return kLintValid;
    case Result::advice:
      return strict ? kLintDiffers : kLintValid;
    case Result::differs:
      return kLintDiffers;
    case Result::invalid:
      break;
  }
  return kLintInvalid;
}

std::string_view word_of(const SyntaxFault& fault, bool enforced) {
  if (protocol::is_outside_grammar(fault.fault_class)) return "error";
  if (is_difference(fault)) return "warning";
  return severity_of(fault, enforced) == verdict::Severity::info ? "note" : "warning";
}

std::string_view text_of(Result result) {
  switch (result) {
    case Result::valid:
      return "valid";
    case Result::advice:
      return "valid, with advice";
    case Result::differs:
      return "valid, but not every sender takes it as it is meant";
    case Result::invalid:
      break;
  }
  return "invalid: senders may ignore it";
}

void write_json(LintKind kind, const Linted& linted, Result result, std::ostream& out) {
  Json json;
  json["kind"] = name_of(kind);
  json["valid"] = result != Result::invalid;
  json["findings"] = Json::array();
  for (const SyntaxFault& fault : linted.faults)
    json["findings"].push_back(
        {{"code", fault.code.text()},
         {"severity", verdict::name_of(severity_of(fault, linted.enforced))},
         {"line", fault.line},
         {"column", fault.column},
         {"message", fault.message},
         {"fix", fault.fix},
         {"senders", protocol::names_of(protocol::senders_affected_by(fault.difference))}});
  json.update(linted.parsed);
  out << present::json_text(json) << '\n';
}

void write_text(LintKind kind, const Linted& linted, Result result, std::ostream& out) {
  for (const SyntaxFault& fault : linted.faults) {
    out << fmt::format("{}:{}:{}: {}: {} [{}]\n", name_of(kind), fault.line, fault.column,
                       word_of(fault, linted.enforced), fault.message, fault.code.text());
    if (fault.fix.empty()) continue;
    Wrap wrap{
        .width = 100, .first_indent = kFixIndent, .indent = kFixIndent + 5, .write_first = true};
    out << wrapped("fix: " + fault.fix, wrap) << '\n';
  }
  out << fmt::format("{}: {}\n", name_of(kind), text_of(result));
}

}  // namespace

int run_lint(LintKind kind, std::istream& in, const LintOptions& options, std::ostream& out) {
  if (kind == LintKind::report) return run_lint_report(in, options, out);
  Linted linted = lint(kind, read_bounded(in));
  Result result = result_of(linted);
  if (options.json)
    write_json(kind, linted, result, out);
  else
    write_text(kind, linted, result, out);
  return status_of(result, options.strict);
}

}  // namespace mtasts::cli
