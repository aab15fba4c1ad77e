// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Evidence of a healthy domain, in which tests break one thing at a time.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "protocol/sts/policy_writer.h"
#include "verdict/host/host_verdict.h"
#include "verdict/judge.h"

namespace mtasts::verdict {

inline const Time kNow =
    Time(std::chrono::sys_days(std::chrono::year(2026) / 11 / 2)) + std::chrono::hours(10);

inline DomainName domain_named(std::string_view name) { return *DomainName::parse(name); }

inline protocol::CertificateTime in_days(int days) {
  return std::chrono::floor<std::chrono::seconds>(kNow) + std::chrono::hours(24 * days);
}

// A trusted chain for `host` with 60 of its 90 days left.
inline protocol::PeerChain good_chain(const std::string& host) {
  protocol::PeerChain chain;
  chain.leaf.subject = "CN=" + host;
  chain.leaf.issuer = "CN=E7,O=Let's Encrypt,C=US";
  chain.leaf.common_name = host;
  chain.leaf.dns_names = {host};
  chain.leaf.serial = "03AB";
  chain.leaf.not_before = in_days(-30);
  chain.leaf.not_after = in_days(60);
  chain.leaf.fingerprint_sha256 = "f0" + host;
  chain.leaf.key_type = "EC P-256";
  chain.leaf.key_bits = 256;
  chain.presented_count = 2;
  chain.chain_not_after = in_days(60);
  chain.name_matches = true;
  return chain;
}

inline protocol::PeerChainPtr share(protocol::PeerChain chain) {
  return std::make_shared<const protocol::PeerChain>(std::move(chain));
}

inline protocol::DnsAnswer dns_answer(std::string name, protocol::RecordType type,
                                      protocol::DnsStatus status) {
  protocol::DnsAnswer answer;
  answer.name = std::move(name);
  answer.type = type;
  answer.status = status;
  return answer;
}

inline protocol::DnsAnswer txt_answer(std::string name, std::vector<std::string> texts) {
  auto answer =
      dns_answer(std::move(name), protocol::RecordType::txt, protocol::DnsStatus::answered);
  answer.texts = std::move(texts);
  return answer;
}

inline HostAddresses addresses_of(const std::string& host, std::vector<std::string> addresses) {
  HostAddresses found;
  for (auto type : {protocol::RecordType::a, protocol::RecordType::aaaa}) {
    auto answer = dns_answer(host, type, protocol::DnsStatus::nodata);
    for (const std::string& text : addresses) {
      IpAddress address = *IpAddress::parse(text);
      if ((address.family() == AddressFamily::ipv4) != (type == protocol::RecordType::a)) continue;
      answer.addresses.push_back(address);
      answer.status = protocol::DnsStatus::answered;
    }
    found.answers.push_back(std::move(answer));
  }
  return found;
}

inline protocol::HttpsAttempt good_fetch(const std::string& host, std::string_view address) {
  protocol::HttpsAttempt attempt;
  attempt.address = *IpAddress::parse(address);
  attempt.status = protocol::HttpsStatus::responded;
  attempt.chain = share(good_chain(host));
  attempt.tls_version = "TLSv1.3";
  attempt.http_status = 200;
  attempt.content_type = "text/plain; charset=utf-8";
  attempt.body =
      "version: STSv1\r\nmode: enforce\r\nmx: mx1.example.com\r\nmx: mx2.example.com\r\n"
      "max_age: 2592000\r\n";
  attempt.total_time = std::chrono::milliseconds(80);
  return attempt;
}

inline protocol::SmtpAttempt good_probe(const std::string& host, std::string_view address) {
  protocol::SmtpAttempt attempt;
  attempt.address = *IpAddress::parse(address);
  attempt.status = protocol::SmtpStatus::ok;
  attempt.step = protocol::SmtpStep::done;
  attempt.reply_code = 220;
  attempt.starttls_offered = true;
  attempt.chain = share(good_chain(host));
  attempt.tls_version = "TLSv1.3";
  attempt.cipher = "TLS_AES_256_GCM_SHA384";
  attempt.banner_time = std::chrono::milliseconds(20);
  return attempt;
}

inline MxHostEvidence good_host(const std::string& host, std::vector<std::string> addresses) {
  MxHostEvidence evidence;
  evidence.host = host;
  evidence.probed_at = kNow;
  evidence.addresses = addresses_of(host, addresses);
  evidence.channels = ChannelSet::all();
  for (const std::string& address : addresses)
    evidence.attempts.push_back(good_probe(host, address));
  return evidence;
}

// A test breaks parts of the evidence; MX hosts can be changed until it is judged.
struct Scene {
  Evidence evidence{domain_named("example.com")};
  std::vector<MxHostEvidence> hosts;
  Thresholds thresholds;
  reports::DomainSummaryPtr reported;
  HistoryPtr history;  // of earlier checks

  Scene() {
    evidence.started = kNow;
    evidence.channels = ChannelSet::all();
    evidence.finished = kNow + std::chrono::milliseconds(700);
    evidence.record = txt_answer("_mta-sts.example.com", {"v=STSv1; id=20261101T000000;"});
    evidence.policy.host = "mta-sts.example.com";
    evidence.policy.addresses = addresses_of("mta-sts.example.com", {"192.175.48.10", "2a00::10"});
    evidence.policy.attempts = {good_fetch("mta-sts.example.com", "192.175.48.10"),
                                good_fetch("mta-sts.example.com", "2a00::10")};
    evidence.tlsrpt =
        txt_answer("_smtp._tls.example.com", {"v=TLSRPTv1; rua=mailto:tls@example.com"});
    evidence.mx =
        dns_answer("example.com", protocol::RecordType::mx, protocol::DnsStatus::answered);
    evidence.mx.mx = {{10, "mx1.example.com"}, {20, "mx2.example.com"}};
    hosts = {good_host("mx1.example.com", {"192.175.48.1", "2a00::1"}),
             good_host("mx2.example.com", {"192.175.48.2"})};
  }

  protocol::HttpsAttempt& fetch(size_t index = 0) { return evidence.policy.attempts[index]; }
  // One more address of the policy host, good until the test breaks it.
  protocol::HttpsAttempt& add_fetch(std::string_view address) {
    auto& policy = evidence.policy;
    policy.attempts.push_back(good_fetch(policy.host, address));
    auto family = policy.attempts.back().address.family();
    policy.addresses.answers[family == AddressFamily::ipv4 ? 0 : 1].addresses.push_back(
        policy.attempts.back().address);
    return policy.attempts.back();
  }
  protocol::SmtpAttempt& probe(size_t host = 0, size_t address = 0) {
    return hosts[host].attempts[address];
  }
  void set_mx(std::vector<std::string> names) {
    evidence.mx.mx.clear();
    hosts.clear();
    for (size_t i = 0; i < names.size(); ++i) {
      evidence.mx.mx.push_back({static_cast<uint16_t>(10 * i), names[i]});
      hosts.push_back(good_host(names[i], {"192.175.48." + std::to_string(i + 1)}));
    }
  }
  // The agent serves this policy for the domain.
  void host(const std::string& body, Time since = kNever) {
    thresholds.hosted = std::make_shared<const HostedPolicy>(
        HostedPolicy{body, protocol::id_of_policy(body), since});
  }
  // Both families respond alike: one policy, one fault.
  void for_each_fetch(const std::function<void(protocol::HttpsAttempt&)>& change) {
    for (auto& attempt : evidence.policy.attempts) change(attempt);
  }
  void set_body(const std::string& body) {
    for_each_fetch([&](auto& attempt) { attempt.body = body; });
  }
  void break_policy_chain(const std::function<void(protocol::PeerChain&)>& change) {
    for_each_fetch([&](auto& attempt) {
      auto chain = *attempt.chain;
      change(chain);
      attempt.chain = share(chain);
    });
  }
  void break_mx_chain(const std::function<void(protocol::PeerChain&)>& change) {
    for (auto& attempt : hosts[0].attempts) {
      auto chain = *attempt.chain;
      change(chain);
      attempt.chain = share(chain);
    }
  }
  // The channels of one kind are unavailable to the agent, including its probes of MX hosts.
  void lose(ChannelKind kind) {
    for (Channel channel : kChannels) {
      if (kind_of(channel) != kind) continue;
      evidence.channels.erase(channel);
      for (auto& host : hosts) host.channels.erase(channel);
    }
  }
  Report judged() { return judged_at(kNow, history); }
  Report judged_at(Time now, const HistoryPtr& before) {
    if (evidence.mx_targets.empty())
      for (const auto& record : evidence.mx.mx) {
        MxTarget target;
        target.host = record.host;
        target.preference = record.preference;
        bool known = std::any_of(evidence.mx_targets.begin(), evidence.mx_targets.end(),
                                 [&](const auto& other) { return other.host == target.host; });
        if (known) continue;
        for (const auto& host : hosts)
          if (host.host == record.host)
            target.verdict =
                judge_host(std::make_shared<const MxHostEvidence>(host), thresholds, kNow);
        evidence.mx_targets.push_back(std::move(target));
      }
    return judge(evidence, before, thresholds, now, reported);
  }
};

inline const Finding* find(const Report& report, std::string_view code) {
  for (const Finding& finding : report.findings)
    if (finding.code() == code) return &finding;
  return nullptr;
}

// "code:severity" of all findings, joined, for readable test failures.
inline std::string summary(const Report& report) {
  std::string text;
  for (const Finding& finding : report.findings)
    text += std::string(finding.code()) + ":" + std::string(name_of(finding.severity)) + " ";
  return text;
}

}  // namespace mtasts::verdict
