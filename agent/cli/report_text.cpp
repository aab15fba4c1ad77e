// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "cli/report_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/domain_name.h"
#include "base/printable.h"
#include "cli/console_text.h"
#include "verdict/domain/coverage.h"
#include "verdict/findings/reported_by.h"

namespace mtasts::cli {
namespace {

using verdict::Finding;
using verdict::MxAddressReport;
using verdict::MxReport;
using verdict::Report;
using verdict::Stage;

constexpr size_t kStageColumn = 20;
constexpr size_t kResultColumn = 16;

std::string joined(const std::vector<std::string>& parts, std::string_view separator) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : std::string(separator)) + part;
  return text;
}

std::string record_seen(const Report& report) {
  std::vector<std::string> shown;
  for (const std::string& text : report.record.texts) shown.push_back(printable(text, 120));
  return joined(shown, " | ");
}

std::string fetch_seen(const Report& report) {
  std::vector<std::string> parts;
  if (report.policy.http_status)
    parts.push_back(fmt::format("HTTP {}", *report.policy.http_status));
  if (report.policy.content_type) parts.push_back(printable(*report.policy.content_type, 60));
  for (const IpAddress& address : report.policy.addresses) {
    if (parts.size() > 5) break;
    parts.push_back(address.text());
  }
  return joined(parts, ", ");
}

std::string chain_seen(const protocol::PeerChainPtr& chain) {
  if (chain == nullptr) return {};
  return fmt::format("{} until {}, by {}", chain->leaf.key_type, date_text(chain->leaf.not_after),
                     printable(chain->leaf.issuer, 80));
}

std::string syntax_seen(const Report& report) {
  std::vector<std::string> parts;
  if (report.policy.mode)
    parts.push_back(fmt::format("mode {}", protocol::name_of(*report.policy.mode)));
  if (report.policy.max_age_seconds)
    parts.push_back(fmt::format("max_age {}", *report.policy.max_age_seconds));
  if (!report.policy.mx.empty())
    parts.push_back(fmt::format("mx {}", joined(report.policy.mx, ", ")));
  return joined(parts, ", ");
}

std::string mx_seen(const Report& report) {
  if (report.mx.empty()) return {};
  std::string text = fmt::format("{} host{}", report.mx.size(), report.mx.size() == 1 ? "" : "s");
  return report.provider.empty() ? text : fmt::format("{}, {}", text, report.provider);
}

std::string dane_seen(const Report& report) {
  int records = 0, hosts = 0;
  for (const MxReport& mx : report.mx) {
    if (mx.facts == nullptr || mx.facts->tlsa_count == 0) continue;
    records += mx.facts->tlsa_count;
    ++hosts;
  }
  if (hosts == 0) return {};
  return fmt::format("{} TLSA record{} of {} host{}", records, records == 1 ? "" : "s", hosts,
                     hosts == 1 ? "" : "s");
}

std::string seen(const Report& report, Stage stage) {
  switch (stage) {
    case Stage::record:
      return record_seen(report);
    case Stage::policy_fetch:
      return fetch_seen(report);
    case Stage::policy_certificate:
      return chain_seen(report.policy.chain);
    case Stage::policy_syntax:
      return syntax_seen(report);
    case Stage::mx:
      return mx_seen(report);
    case Stage::dane:
      return dane_seen(report);
    case Stage::tlsrpt: {
      std::vector<std::string> shown;
      for (const std::string& uri : report.tlsrpt.rua) shown.push_back(printable(uri, 120));
      return joined(shown, ", ");
    }
    default:
      return {};
  }
}

std::string address_line(const MxAddressReport& address) {
  std::string text = fmt::format("{} {}", address.address.text(), verdict::name_of(address.status));
  if (!address.tls_version.empty()) text += ", " + address.tls_version;
  if (address.chain != nullptr)
    text += fmt::format(", certificate {} until {}", address.chain->verified() ? "good" : "bad",
                        date_text(address.chain->leaf.not_after));
  return text;
}

constexpr size_t kMostAddressLines = 8;

// The addresses of the policy host, where they do not all serve the policy.
std::string policy_address_lines(const Report& report) {
  const auto& results = report.policy.address_results;
  bool all_ok = std::all_of(results.begin(), results.end(), [](const auto& result) {
    return result.status == verdict::PolicyAddressStatus::ok && result.verified.value_or(false);
  });
  if (results.size() < 2 || all_ok) return {};
  std::string text;
  size_t lines = 0;
  for (const verdict::PolicyAddressReport& result : results) {
    if (++lines > kMostAddressLines) break;
    text += fmt::format("          {} {}", result.address.text(), verdict::name_of(result.status));
    if (result.http_status) text += fmt::format(", HTTP {}", *result.http_status);
    if (result.verified) text += *result.verified ? ", certificate good" : ", certificate bad";
    text += "\n";
  }
  if (results.size() > kMostAddressLines)
    text += fmt::format("          and {} more\n", results.size() - kMostAddressLines);
  return text;
}

std::string mx_lines(const Report& report, bool colour) {
  std::string text;
  for (const MxReport& mx : report.mx) {
    std::string coverage = mx.covered ? *mx.covered ? fmt::format("covered by {}", *mx.pattern)
                                                    : styled("not covered", Style::red, colour)
                                      : std::string();
    text += fmt::format("    {:>5} {}  {}\n", mx.preference,
                        styled(printable(mx.host, 253), Style::bold, colour), coverage);
    if (mx.facts == nullptr) continue;
    for (const MxAddressReport& address : mx.facts->addresses)
      text += fmt::format("          {}\n", address_line(address));
  }
  return text;
}

// The records beside what they match.
std::string tlsa_lines(const Report& report, bool colour) {
  constexpr size_t kMostRecords = 16;
  constexpr size_t kMostDigits = 64;  // a whole SHA-256 digest, so that it can be compared
  std::string text;
  for (const MxReport& mx : report.mx) {
    if (mx.facts == nullptr || mx.facts->tlsa_count == 0) continue;
    const verdict::MxHostReport& facts = *mx.facts;
    text += fmt::format("          {}\n",
                        styled("_25._tcp." + printable(facts.tlsa_base, 253), Style::bold, colour));
    for (size_t i = 0; i < facts.tlsa.size() && i < kMostRecords; ++i) {
      const verdict::TlsaReport& record = facts.tlsa[i];
      std::string_view word = !record.usable    ? "not usable"
                              : !record.matches ? "not compared"
                              : *record.matches ? "matches"
                                                : "does not match";
      text += fmt::format("            {} {} {} {}{}  {}\n", record.usage, record.selector,
                          record.matching, record.data.substr(0, kMostDigits),
                          record.data.size() > kMostDigits ? "…" : "", word);
    }
    const auto shown = static_cast<int>(std::min(facts.tlsa.size(), kMostRecords));
    if (facts.tlsa_count > shown)
      text += fmt::format("            and {} more\n", facts.tlsa_count - shown);
    for (size_t i = 0; i < facts.addresses.size() && i < kMostAddressLines; ++i)
      text += fmt::format("            {} {}\n", facts.addresses[i].address.text(),
                          verdict::name_of(facts.addresses[i].dane));
  }
  return text;
}

std::string labelled(std::string_view label, std::string_view text, size_t width, bool colour) {
  constexpr size_t kIndent = 12;
  Wrap wrap;
  wrap.width = width;
  wrap.first_indent = kIndent;
  wrap.indent = kIndent;
  return fmt::format("    {}{}\n", styled(padded(label, kIndent - 4), Style::dim, colour),
                     wrapped(text, wrap));
}

std::string finding_text(const Finding& finding, size_t width, bool colour) {
  std::string text = fmt::format("  {}  {}", word_of(finding.severity, colour),
                                 styled(finding.code(), Style::bold, colour));
  if (!finding.subject.empty()) text += "  " + finding.subject;
  text += "\n";
  text += labelled("", finding.message, width, colour);
  if (finding.reported)
    text += labelled("", verdict::reported_sentence(*finding.reported), width, colour);
  text += labelled("fix", finding.fix, width, colour);
  // Commands are not wrapped, so that they can be copied.
  if (!finding.verify.empty())
    text +=
        fmt::format("    {}{}\n", styled(padded("verify", 8), Style::dim, colour), finding.verify);
  return text;
}

std::string sender_cache_text(const Report& report, size_t width) {
  std::string text;
  Wrap wrap;
  wrap.width = width;
  wrap.first_indent = wrap.indent = 2;
  for (const std::string& sentence : verdict::sender_cache_sentences(report))
    text += "\n  " + wrapped(sentence, wrap) + "\n";
  return text;
}

std::string suggestion_text(const Report& report, size_t width, bool colour) {
  if (report.suggested_policy.empty()) return {};
  std::string text = "\n  " +
                     styled("Suggested policy for the current MX hosts", Style::bold, colour) +
                     " (lines end in CRLF):\n\n";
  std::string_view rest = report.suggested_policy;
  while (!rest.empty()) {
    size_t end = rest.find("\r\n");
    text += fmt::format("    {}\n", rest.substr(0, end));
    rest.remove_prefix(end + 2);
  }
  std::string_view hint = verdict::provider_hint(report.provider);
  if (hint.empty()) return text;
  Wrap wrap;
  wrap.width = width;
  wrap.first_indent = wrap.indent = 2;
  return text + "\n  " + wrapped(hint, wrap) + "\n";
}

}  // namespace

std::string report_text(const Report& report, bool colour, size_t width) {
  auto domain = DomainName::parse(report.domain);
  std::string name = report.domain;
  if (domain && domain->display() != report.domain)
    name = fmt::format("{} ({})", domain->display(), report.domain);
  std::string text = fmt::format("{}: {}  ({:.1f} s)\n", styled(name, Style::bold, colour),
                                 word_of(report.outcome, colour),
                                 std::chrono::duration<double>(report.duration).count());
  for (Stage stage : verdict::kStages) {
    verdict::StageResult result = report.stage(stage);
    // Omit a stage that needs history or TLS reports: this command has none.
    if ((stage == Stage::change || stage == Stage::reports) &&
        result == verdict::StageResult::not_applicable)
      continue;
    std::string word = word_of(result, colour);
    std::string gap(kResultColumn - std::min(kResultColumn, shown_width(word)), ' ');
    Wrap wrap;
    wrap.width = width;
    wrap.first_indent = wrap.indent = 2 + kStageColumn + kResultColumn;
    std::string what = seen(report, stage);
    text += fmt::format("  {}{}", padded(verdict::name_of(stage), kStageColumn), word);
    text += what.empty() ? "\n" : gap + wrapped(what, wrap) + "\n";
    if (stage == Stage::policy_fetch) text += policy_address_lines(report);
    if (stage == Stage::mx) text += mx_lines(report, colour);
    if (stage == Stage::dane) text += tlsa_lines(report, colour);
  }
  if (!report.findings.empty()) text += "\n";
  for (const Finding& finding : report.findings) text += finding_text(finding, width, colour);
  return text + sender_cache_text(report, width) + suggestion_text(report, width, colour);
}

}  // namespace mtasts::cli
