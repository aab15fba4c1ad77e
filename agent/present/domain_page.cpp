// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include <fmt/format.h>

#include "present/page.h"
#include "present/reported_view.h"
#include "verdict/findings/reported_by.h"

namespace mtasts::present {
namespace {

// Maximum items shown of a list from the network (TXT records, addresses, names); the rest is
// counted.
constexpr size_t kMostItems = 100;
constexpr size_t kLongestBody = 64 * 1024;
// Bounds the product of hosts, addresses and certificate names.
constexpr size_t kLongestTable = 512 * 1024;

std::string term(std::string_view name, std::string_view markup) {
  return fmt::format("<dt>{}</dt><dd>{}</dd>", name, markup);
}

std::string code(std::string_view text) { return "<code>" + html_text(text) + "</code>"; }

// The items as a list; `show` renders one item as markup.
template <typename Items, typename Show>
std::string listed(const Items& items, Show show) {
  if (items.empty()) return "<span class=\"dim\">none</span>";
  std::string out;
  size_t count = 0;
  for (const auto& item : items) {
    if (++count > kMostItems) break;
    out += (out.empty() ? "" : "<br>") + show(item);
  }
  if (items.size() > kMostItems) out += fmt::format("<br>and {} more", items.size() - kMostItems);
  return out;
}

std::string certificate(const protocol::PeerChainPtr& chain) {
  if (chain == nullptr) return "<span class=\"dim\">none seen</span>";
  const protocol::Certificate& leaf = chain->leaf;
  std::string verdict = "trusted";
  if (!chain->faults.empty() || !chain->weak_signature.empty())
    verdict = "not trusted: " + html_text(protocol::failure_of(*chain));
  else if (!chain->name_matches)
    verdict = "does not name this host";
  return fmt::format(
      "<span class=\"{}\">{}</span>, {} to {} (chain to {})<br>for {}<br>from {}, {} {} bits",
      chain->verified() ? "ok" : "critical", verdict, date_text(Time(leaf.not_before)),
      date_text(Time(leaf.not_after)), date_text(Time(chain->chain_not_after)),
      listed(leaf.dns_names, [](const std::string& name) { return code(name); }),
      html_text(leaf.issuer), html_text(leaf.key_type), leaf.key_bits);
}

std::string stages(const board::DomainEntry& entry) {
  std::string out = "<h2>Stages</h2>\n<p>";
  for (verdict::Stage stage : verdict::kStages) {
    std::string_view result = name_of(entry.report->stage(stage));
    out += fmt::format("<span class=\"tag {}\">{}: {}</span> ", result, name_of(stage),
                       result == "not_applicable" ? "not applicable" : result);
  }
  return out + "</p>\n";
}

std::string findings(const verdict::Report& report) {
  std::string out = "<h2>Findings</h2>\n";
  if (report.findings.empty()) return out + "<p>None.</p>\n";
  size_t count = 0;
  for (const verdict::Finding& finding : report.findings) {
    if (++count > kMostItems) break;
    out += fmt::format("<div class=\"finding\"><h3>{} {}</h3><p>{}</p>",
                       tag(name_of(finding.severity)), html_text(finding.code()),
                       html_text(finding.message));
    if (!finding.subject.empty()) out += "<p class=\"dim\">" + html_text(finding.subject) + "</p>";
    if (finding.reported)
      out += "<p><b>Senders:</b> " + html_text(reported_sentence(*finding.reported)) + "</p>";
    if (!finding.fix.empty()) out += "<p><b>Fix:</b> " + html_text(finding.fix) + "</p>";
    if (!finding.verify.empty())
      out += "<pre>" + html_lines(finding.verify, kLongestText) + "</pre>";
    out += fmt::format("<p class=\"dim\">{}</p></div>\n", html_text(finding.row->rfc));
  }
  if (report.findings.size() > kMostItems)
    out += fmt::format("<p>And {} more.</p>\n", report.findings.size() - kMostItems);
  return out;
}

std::string records(const verdict::Report& report) {
  auto show = [](const std::string& text) { return code(text); };
  std::string out = "<h2>Record</h2>\n<dl>";
  out += term("Status", name_of(report.record.status));
  out += term("TXT", listed(report.record.texts, show));
  if (report.record.id) out += term("id", code(*report.record.id));
  out += "</dl>\n<h2>TLS reporting</h2>\n<dl>";
  out += term("Status", name_of(report.tlsrpt.status));
  out += term("TXT", listed(report.tlsrpt.texts, show));
  return out + "</dl>\n";
}

std::string policy_address(const verdict::PolicyAddressReport& result) {
  std::string status(name_of(result.status));
  if (result.http_status && *result.http_status != 200)
    status += fmt::format(", HTTP status {}", *result.http_status);
  if (result.verified && !*result.verified) status += ", certificate not valid";
  return code(result.address.text()) + " " + html_text(status);
}

std::string policy(const verdict::PolicyReport& policy) {
  std::string out = "<h2>Policy</h2>\n<dl>";
  out += term("Address", code(policy.url));
  out += term("Status", name_of(policy.status));
  if (policy.http_status) out += term("HTTP status", std::to_string(*policy.http_status));
  if (policy.content_type) out += term("Content type", code(*policy.content_type));
  if (policy.mode) out += term("Mode", name_of(*policy.mode));
  if (policy.max_age_seconds)
    out += term("max_age", fmt::format("{} seconds", *policy.max_age_seconds));
  // A report from the state of an older version has no results.
  out += term(
      "Addresses",
      policy.address_results.empty()
          ? listed(policy.addresses, [](const IpAddress& address) { return code(address.text()); })
          : listed(policy.address_results, policy_address));
  out += term("Certificate", certificate(policy.chain)) + "</dl>\n";
  if (policy.body) out += "<pre>" + html_lines(*policy.body, kLongestBody) + "</pre>\n";
  return out;
}

std::string sender_caches(const verdict::Report& report) {
  std::vector<std::string> sentences = verdict::sender_cache_sentences(report);
  if (sentences.empty()) return "";
  return "<h2>Policies held by senders</h2>\n<p>" +
         listed(sentences, [](const std::string& sentence) { return html_text(sentence); }) +
         "</p>\n";
}

std::string hosted(const verdict::HostedReport& policy, const std::string& domain) {
  return fmt::format(
      "<h2>Served by this agent</h2>\n<p>{}; {}.</p>\n"
      "<p>TXT record at _mta-sts.{}:</p>\n<pre>{}</pre>\n",
      policy.served ? "Senders get this policy" : "Senders do not get this policy",
      policy.published ? "its record is published" : "its record is not published",
      html_text(domain), html_text(policy.record));
}

std::string further_links(const board::DomainEntry& entry, std::string_view root) {
  std::string links;
  auto add = [&](std::string_view path, std::string_view text) {
    links += fmt::format(" · <a href=\"{}api/v1/domains/{}/{}\">{}</a>", root,
                         percent_encoded(entry.name), path, text);
  };
  if (entry.report->history != nullptr) add("history", "History");
  if (entry.reported != nullptr) add("reports", "Reports");
  return links;
}

std::string address_row(const verdict::MxAddressReport& address) {
  std::string starttls = !address.starttls ? "not observed" : *address.starttls ? "yes" : "no";
  return fmt::format(
      "<tr><td></td><td>{}</td><td>{}{}</td><td>{}</td><td>{} {}</td><td>{}</td></tr>\n",
      code(address.address.text()), name_of(address.status),
      address.unobserved ? " (could not be observed)" : "", starttls,
      html_text(address.tls_version), html_text(address.cipher), certificate(address.chain));
}

std::string dane_word(verdict::DaneStatus status) {
  switch (status) {
    case verdict::DaneStatus::verified:
      return "verified";
    case verdict::DaneStatus::failed:
    case verdict::DaneStatus::bogus:
      return fmt::format("<span class=\"critical\">{}</span>", name_of(status));
    default:
      return std::string(name_of(status));
  }
}

// What the records say, beside which address serves it.
std::string tlsa_row(const verdict::MxHostReport& facts) {
  std::string records;
  constexpr size_t kMostDigits = 16;
  for (size_t i = 0; i < facts.tlsa.size() && i < kMostItems; ++i) {
    const verdict::TlsaReport& record = facts.tlsa[i];
    std::string data = record.data.substr(0, kMostDigits);
    if (record.data.size() > kMostDigits) data += "…";
    std::string word = !record.usable    ? "not usable"
                       : !record.matches ? "not compared"
                       : *record.matches ? "matches"
                                         : "does not match";
    records += fmt::format(
        "{}{} {}", i == 0 ? "" : ", ",
        code(fmt::format("{} {} {} {}", record.usage, record.selector, record.matching, data)),
        word);
  }
  std::string addresses;
  for (size_t i = 0; i < facts.addresses.size() && i < kMostItems; ++i)
    addresses += fmt::format("{}{} {}", i == 0 ? "" : ", ", code(facts.addresses[i].address.text()),
                             dane_word(facts.addresses[i].dane));
  return fmt::format("<tr><td></td><td>TLSA</td><td colspan=\"4\">{}; DANE: {}</td></tr>\n",
                     records, addresses);
}

std::string mail_hosts(const verdict::Report& report) {
  std::string out = "<h2>Mail hosts</h2>\n";
  if (report.mx.empty()) return out + "<p>None.</p>\n";
  out +=
      "<div class=\"scroll\"><table><thead><tr><th>Host</th><th>Address</th><th>Status</th>"
      "<th>STARTTLS</th><th>TLS</th><th>Certificate</th></tr></thead><tbody>\n";
  size_t count = 0;
  for (const verdict::MxReport& mx : report.mx) {
    if (++count > kMostItems || out.size() > kLongestTable) break;
    std::string covered = "no policy";
    if (mx.covered)
      covered = *mx.covered ? "covered by " + code(mx.pattern.value_or(""))
                            : "<span class=\"critical\">not covered</span>";
    out += fmt::format("<tr><td colspan=\"6\">{} preference {}{}, {}</td></tr>\n", code(mx.host),
                       mx.preference, mx.implicit ? " (no MX record)" : "", covered);
    if (mx.facts == nullptr) continue;
    size_t addresses = 0;
    for (const verdict::MxAddressReport& address : mx.facts->addresses)
      if (++addresses <= kMostItems && out.size() < kLongestTable) out += address_row(address);
    if (mx.facts->tlsa_count > 0) out += tlsa_row(*mx.facts);
  }
  return out + "</tbody></table></div>\n";
}

}  // namespace

std::string display_name(std::string_view domain) {
  Result<DomainName> name = DomainName::parse(domain);
  return name.ok() ? name->display() : std::string(domain);
}

std::string tag(std::string_view word) {
  return fmt::format("<span class=\"tag {0}\">{0}</span>", word);
}

std::string link_root(const PageLinks& links, std::string_view relative) {
  return links.prefix.empty() ? std::string(relative) : html_attribute(links.prefix) + "/";
}

std::string absolute_link(const PageLinks& links, std::string_view path) {
  return links.external_url.empty() ? "" : links.external_url + std::string(path);
}

std::string message_page(std::string_view title, std::string_view sentence,
                         const PageLinks& links) {
  return html_page(title,
                   fmt::format("<p><a href=\"{}\">All domains</a></p><h1>{}</h1><p>{}</p>\n",
                               link_root(links, "../"), html_text(title), html_text(sentence)));
}

std::string domain_page(const board::DomainEntry& entry, const PageLinks& links) {
  std::string name = display_name(entry.name);
  if (entry.report == nullptr)
    return message_page(name, "This domain has not been checked yet.", links);
  const std::string root = link_root(links, "../");
  const verdict::Report& report = *entry.report;
  std::string body = fmt::format(
      "<p><a href=\"{0}\">All domains</a></p>\n<h1>{1} {2}</h1>\n"
      "<p class=\"dim\">Checked {3}, took {4} ms{5}{6} · "
      "<a href=\"{0}api/v1/domains/{7}\">JSON</a>{8}</p>\n",
      root, html_text(name), tag(name_of(report.outcome)), rfc3339(report.checked_at),
      report.duration.count(), report.provider.empty() ? "" : " · ", html_text(report.provider),
      percent_encoded(entry.name), further_links(entry, root));
  body += stages(entry) + findings(report);
  if (entry.reported != nullptr)
    body += reports_section(entry.name, *entry.reported, known_mx_hosts(&report));
  if (report.rollout) body += rollout_section(entry.name, *report.rollout);
  if (report.hosted) body += hosted(*report.hosted, entry.name);
  if (!report.suggested_policy.empty())
    body += "<h2>Suggested policy</h2>\n<pre>" + html_lines(report.suggested_policy, kLongestBody) +
            "</pre>\n";
  body += records(report) + policy(report.policy) + sender_caches(report) + mail_hosts(report);
  return html_page(name + " – MTA-STS", body,
                   absolute_link(links, "/domains/" + percent_encoded(entry.name)));
}

}  // namespace mtasts::present
