// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Properties of the verdict and of all that is printed about it that hold for whatever a domain
// publishes and its servers send; see grammar_targets.h. The octets change the evidence of a
// healthy domain. JSON is parsed by another parser, no text breaks out of HTML, metrics or a
// terminal, and the state file gives back what it took.
#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "board/latest_reports.h"
#include "fuzz/promises.h"
#include "present/exposition.h"
#include "present/json.h"
#include "present/page.h"
#include "state/report_codec.h"
#include "verdict/healthy_evidence.h"

namespace mtasts::fuzz {

class EvidenceChanges {
 public:
  explicit EvidenceChanges(std::string_view octets) : chooser_(octets) {}

  verdict::Report judged() {
    for (int change = 0; change < 40 && !chooser_.empty(); ++change) change_one();
    return scene_.judged();
  }

 private:
  static constexpr size_t kLongest_bytes = 2000;

  std::string text() { return chooser_.text(kLongest_bytes); }

  protocol::HttpsAttempt& fetch() { return scene_.fetch(chooser_.number(1)); }
  protocol::SmtpAttempt& probe() {
    const size_t host = chooser_.number(static_cast<unsigned>(scene_.hosts.size()) - 1);
    const auto addresses = static_cast<unsigned>(scene_.hosts[host].attempts.size());
    return scene_.probe(host, chooser_.number(addresses - 1));
  }
  protocol::DnsAnswer& answer() {
    auto& evidence = scene_.evidence;
    const std::array answers = {&evidence.record, &evidence.tlsrpt, &evidence.mx,
                                &evidence.policy.addresses.answers[0]};
    return *chooser_.one_of(answers);
  }

  void change_one() {
    switch (chooser_.number(6)) {
      case 0:
        return change_dns();
      case 1:
        return change_mx();
      case 2:
        return change_fetch();
      case 3:
        return change_response();
      case 4:
        return change_probe();
      case 5:
        return change_chain();
      default:
        return scene_.lose(kChannelKinds[chooser_.number(2)]);
    }
  }

  void change_dns() {
    auto& evidence = scene_.evidence;
    switch (chooser_.number(3)) {
      case 0:
        evidence.record.texts = {text()};
        break;
      case 1:
        evidence.record.texts.push_back(text());
        break;
      case 2:
        evidence.tlsrpt.texts = {text()};
        break;
      default: {
        protocol::DnsAnswer& changed = answer();
        changed.status = static_cast<protocol::DnsStatus>(chooser_.number(10));
        changed.detail = printable(text(), 200);
      }
    }
  }

  void change_mx() {
    std::vector<std::string> names;
    for (unsigned count = 1 + chooser_.number(5); count > 0; --count)
      names.push_back(chooser_.text(255));
    scene_.set_mx(std::move(names));
  }

  void change_fetch() {
    protocol::HttpsAttempt& attempt = fetch();
    attempt.status = static_cast<protocol::HttpsStatus>(chooser_.number(12));
    attempt.http_status = 100 + static_cast<int>(chooser_.number(255)) * 2;
    attempt.detail = printable(text(), 200);
    if (chooser_.number(3) == 0) attempt.chain = nullptr;
  }

  void change_response() {
    switch (chooser_.number(4)) {
      case 0:
        return scene_.set_body(text());
      case 1:
        fetch().content_type = text();
        break;
      case 2: {
        std::string name = chooser_.text(60);
        fetch().fields.push_back({std::move(name), text()});
        break;
      }
      case 3:
        fetch().location = text();
        break;
      default: {
        protocol::HttpsAttempt& attempt = fetch();
        attempt.coding = static_cast<protocol::BodyCoding>(chooser_.number(3));
        attempt.content_encoding = text();
        attempt.excess = text();
      }
    }
  }

  // Texts of a mail server are printable already.
  void change_probe() {
    protocol::SmtpAttempt& attempt = probe();
    attempt.status = static_cast<protocol::SmtpStatus>(chooser_.number(17));
    attempt.step = static_cast<protocol::SmtpStep>(chooser_.number(6));
    attempt.reply_code = static_cast<int>(chooser_.number(255)) * 3;
    attempt.banner = printable(text(), 500);
    attempt.reply_text = printable(text(), 500);
    attempt.ehlo_text = printable(text(), 500);
    attempt.detail = printable(text(), 500);
    if (chooser_.flag()) attempt.chain = nullptr;
  }

  // Names in certificates are printable already.
  void change_chain() {
    using protocol::ChainFault;
    const auto fault = static_cast<ChainFault>(chooser_.number(11));
    const std::string subject = printable(text(), 500);
    auto change = [&](protocol::PeerChain& chain) {
      chain.leaf.subject = chain.leaf.common_name = subject;
      chain.leaf.dns_names = {subject};
      chain.name_matches = fault != ChainFault::expired;
      chain.faults = {fault};
      chain.fault_subjects = {subject};
      chain.verify_error = "a fault (" + subject + ")";
      if (fault == ChainFault::incomplete) chain.missing.subject = subject;
    };
    chooser_.flag() ? scene_.break_policy_chain(change) : break_mx_chain(change);
  }
  void break_mx_chain(const std::function<void(protocol::PeerChain&)>& change) {
    for (auto& attempt : scene_.hosts[0].attempts) {
      if (attempt.chain == nullptr) continue;
      auto chain = *attempt.chain;
      change(chain);
      attempt.chain = verdict::share(chain);
    }
  }

  OctetChooser chooser_;
  verdict::Scene scene_;
};

inline void keep_report(Promises& promises, const verdict::Report& report) {
  using verdict::StageResult;
  for (const verdict::Finding& finding : report.findings) {
    promises.keep(finding.row != nullptr, "a finding without a row");
    promises.keep(is_showable(finding.message), "a message not fit to show");
    promises.keep(finding.subject.empty() || is_showable(finding.subject),
                  "a subject not fit to show");
    promises.keep(finding.fix.empty() || is_showable(finding.fix), "a fix not fit to show");
    promises.keep(finding.verify.empty() || is_showable(finding.verify),
                  "a command not fit to show");
  }
  const bool critical = verdict::count_by_severity(report)[0] > 0;
  promises.keep(!critical || report.outcome != verdict::Outcome::ok, "critical, and yet ok");
}

inline void keep_json(Promises& promises, const verdict::Report& report) {
  const std::string text = present::report_json(report);
  const auto json = nlohmann::json::parse(text, nullptr, false);
  promises.keep(!json.is_discarded(), "JSON that another parser refuses");
  promises.keep(json.is_object() && json.value("domain", "") == report.domain,
                "JSON without its domain");
  promises.keep(json.is_object() && json["findings"].size() == report.findings.size(),
                "JSON without its findings");
  promises.keep(
      is_utf8(text) && std::none_of(text.begin(), text.end(),
                                    [](char c) { return (c >= 0 && c < 0x20) || c == 0x7F; }),
      "JSON not fit to show");
}

// Every '<' of a page begins an element that the agent itself writes.
inline bool has_own_elements_alone(std::string_view page) {
  for (size_t at = page.find('<'); at != std::string_view::npos; at = page.find('<', at + 1)) {
    const char next = at + 1 < page.size() ? page[at + 1] : '\0';
    const bool element = (next >= 'a' && next <= 'z') || next == '/' || next == '!';
    if (!element || page.substr(at).starts_with("<script")) return false;
  }
  return true;
}

inline bool is_metric_line(std::string_view line) {
  if (line.starts_with("# HELP ") || line.starts_with("# TYPE ")) return true;
  const size_t value = line.rfind(' ');
  if (!line.starts_with("mtasts_") || value == std::string_view::npos) return false;
  const std::string_view series = line.substr(0, value);
  size_t quotes = 0;
  for (size_t i = 0; i < series.size(); ++i) {
    if (series[i] == '\\')
      ++i;
    else
      quotes += series[i] == '"';
  }
  return quotes % 2 == 0 && (series.find('{') == std::string_view::npos || series.ends_with('}'));
}

inline void keep_metrics(Promises& promises, const verdict::ReportPtr& report) {
  const std::string text = present::probe_exposition(report, nullptr);
  promises.keep(is_utf8(text), "metrics that are no UTF-8");
  for (std::string_view rest = text; !rest.empty();) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    promises.keep(is_metric_line(rest.substr(0, end)), "a line that is no metric");
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

inline void keep_page(Promises& promises, const verdict::ReportPtr& report) {
  board::DomainEntry entry;
  entry.name = report->domain;
  entry.report = report;
  const std::string page = present::domain_page(entry);
  promises.keep(is_utf8(page), "a page that is no UTF-8");
  promises.keep(has_own_elements_alone(page), "an element that the agent did not write");
}

inline std::string broken_output_promise(std::string_view octets) {
  Promises promises;
  auto report = std::make_shared<verdict::Report>(EvidenceChanges(octets).judged());
  keep_report(promises, *report);
  keep_json(promises, *report);
  keep_metrics(promises, report);
  keep_page(promises, report);
  const std::string written = state::encode_report(*report);
  const auto again = state::decode_report(written);
  promises.keep(again.has_value(), "a report that cannot be read from the state");
  return promises.broken();
}

}  // namespace mtasts::fuzz
