// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Adds to a scene what is observed beside a check.
#pragma once

#include <fmt/format.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "verdict/healthy_evidence.h"

namespace mtasts::verdict {

inline void set_other_names(Scene& scene, std::vector<protocol::DnsAnswer> answers) {
  scene.evidence.extra.other_names =
      std::make_shared<const std::vector<protocol::DnsAnswer>>(std::move(answers));
}

inline AuthorityLook look(std::string server, std::string_view address, std::string content,
                          std::optional<uint32_t> serial = 7) {
  AuthorityLook look;
  look.server = std::move(server);
  look.address = *IpAddress::parse(address);
  look.kind = content.starts_with('"') ? AuthorityLook::Kind::record : AuthorityLook::Kind::none;
  look.content = std::move(content);
  look.serial = serial;
  return look;
}

inline AuthorityLook failing_look(std::string server, std::string_view address,
                                  AuthorityLook::Kind kind, std::string content) {
  AuthorityLook failing = look(std::move(server), address, std::move(content), std::nullopt);
  failing.kind = kind;
  return failing;
}

inline void set_authorities(Scene& scene, std::vector<AuthorityLook> looks, Time since = kNow) {
  AuthorityEvidence evidence;
  evidence.zone = "example.com";
  evidence.looks = std::move(looks);
  evidence.differs_since = since;
  scene.evidence.extra.authorities = std::make_shared<const AuthorityEvidence>(evidence);
}

inline void add_report_domain(Scene& scene, const std::string& domain, protocol::DnsStatus mx,
                              std::vector<protocol::MxRecord> records = {},
                              const std::vector<std::string>& addresses = {}) {
  ReportMailDomain target;
  target.domain = domain;
  target.mx = dns_answer(domain, protocol::RecordType::mx, mx);
  target.mx.mx = std::move(records);
  target.addresses = addresses_of(domain, addresses).answers;
  scene.evidence.extra.report_domains.push_back(
      std::make_shared<const ReportMailDomain>(std::move(target)));
}

inline ReportHost report_host(const std::string& host,
                              const std::vector<protocol::HttpsStatus>& statuses) {
  ReportHost target;
  target.host = host;
  target.channels = ChannelSet::all();
  std::vector<std::string> addresses;
  for (size_t i = 0; i < statuses.size(); ++i) {
    addresses.push_back(fmt::format("192.175.48.{}", 80 + i));
    protocol::HttpsAttempt attempt;
    attempt.address = *IpAddress::parse(addresses.back());
    attempt.status = statuses[i];
    target.attempts.push_back(std::move(attempt));
  }
  target.addresses = addresses_of(host, addresses).answers;
  return target;
}

inline void add_report_host(Scene& scene, ReportHost host) {
  scene.evidence.extra.report_hosts.push_back(std::make_shared<const ReportHost>(std::move(host)));
}
inline void add_report_host(Scene& scene, const std::string& host,
                            const std::vector<protocol::HttpsStatus>& statuses) {
  add_report_host(scene, report_host(host, statuses));
}

// Of the first finding of that code; empty: there is none.
inline std::string message_of(const Report& report, std::string_view code) {
  const Finding* finding = find(report, code);
  return finding == nullptr ? "" : finding->message;
}

}  // namespace mtasts::verdict
