// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "verdict/broken_cases.h"

namespace mtasts::verdict {

using protocol::ChainFault;
using protocol::DnsStatus;
using protocol::RecordType;
using protocol::SmtpStatus;
using protocol::SmtpStep;

namespace {

Break smtp(SmtpStatus status, SmtpStep step, int code = 0, std::string text = {}) {
  return [=](Scene& s) {
    for (auto& attempt : s.hosts[0].attempts) {
      attempt.status = status;
      attempt.step = step;
      attempt.reply_code = code;
      attempt.reply_text = text;
      attempt.chain = nullptr;
      attempt.starttls_offered.reset();
    }
  };
}
Break mx_status(DnsStatus status) {
  return [status](Scene& s) {
    s.evidence.mx = dns_answer("example.com", RecordType::mx, status);
    s.evidence.apex = addresses_of("example.com", {}).answers;
    s.hosts.clear();
  };
}
Break mx_host_status(DnsStatus status) {
  return [status](Scene& s) {
    for (auto& answer : s.hosts[0].addresses.answers) {
      answer.status = status;
      answer.addresses.clear();
    }
    s.hosts[0].attempts.clear();
  };
}

Break with_variants(const std::function<void(HandshakeVariants&)>& change) {
  return [change](Scene& s) {
    HandshakeVariants variants;
    variants.host = "mx1.example.com";
    variants.address = s.probe().address;
    variants.certificate = s.probe().chain->leaf.fingerprint_sha256;
    change(variants);
    s.hosts[0].variants = std::make_shared<const HandshakeVariants>(variants);
  };
}

}  // namespace

Break mx_chain(std::function<void(protocol::PeerChain&)> change) {
  return [change](Scene& s) { s.break_mx_chain(change); };
}

std::vector<BrokenCase> mx_cases() {
  return {
      {"mx-servfail", mx_status(DnsStatus::servfail)},
      {"mx-timeout", mx_status(DnsStatus::timeout)},
      {"mx-nxdomain", mx_status(DnsStatus::nxdomain)},
      {"mx-none", mx_status(DnsStatus::nodata)},
      {"mx-unchecked", [](Scene& s) { s.hosts.pop_back(); }},
      {"mx-not-covered", [](Scene& s) { s.set_mx({"mail.other.example"}); }},
      {"mx-partial-coverage",
       [](Scene& s) {
         s.set_mx({"mx1.example.com", "mx3.example.com"});
       }},
      {"mx-host-servfail", mx_host_status(DnsStatus::servfail)},
      {"mx-host-timeout", mx_host_status(DnsStatus::timeout)},
      {"mx-no-address", mx_host_status(DnsStatus::nxdomain)},
      {"mx-ip-literal", [](Scene& s) { s.set_mx({"192.175.48.1"}); }},
      {"mx-name-doubled", [](Scene& s) { s.set_mx({"mx1.example.com.example.com"}); }},
      {"mx-name-local", [](Scene& s) { s.set_mx({"localhost"}); }},
      {"mx-null-with-others",
       [](Scene& s) {
         s.evidence.mx.mx.push_back({0, ""});
       }},
      {"mx-reserved-address",
       [](Scene& s) {
         s.hosts[0] = good_host("mx1.example.com", {"10.0.0.1"});
         s.probe().status = SmtpStatus::not_allowed;
         s.probe().chain = nullptr;
       }},
      {"mx-cname",
       [](Scene& s) { s.hosts[0].addresses.answers[0].cname_chain = {"real.example.com"}; }},
      {"mx-underscore", [](Scene& s) { s.set_mx({"mx_1.example.com"}); }},
      {"mx-missing-implicit",
       [](Scene& s) {
         mx_status(DnsStatus::nodata)(s);
         s.evidence.implicit_mx = true;
         MxTarget target;
         target.host = "example.com";
         target.verdict = judge_host(
             std::make_shared<const MxHostEvidence>(good_host("example.com", {"192.175.48.1"})),
             Thresholds(), kNow);
         s.evidence.mx_targets = {target};
       }},
      {"mx-null",
       [](Scene& s) {
         s.evidence.mx.mx = {{0, ""}};
       }},
      {"mx-trailing-duplicate",
       [](Scene& s) {
         s.evidence.mx.mx.push_back({30, "mx1.example.com"});
       }},
  };
}

std::vector<BrokenCase> smtp_cases() {
  return {
      {"smtp-unchecked", [](Scene& s) { s.hosts.clear(); }},
      {"cert-unchecked", [](Scene& s) { s.hosts.clear(); }},
      {"smtp-starttls-missing", smtp(SmtpStatus::starttls_missing, SmtpStep::ehlo, 250)},
      {"smtp-starttls-stripped", smtp(SmtpStatus::starttls_stripped, SmtpStep::ehlo, 250)},
      {"smtp-starttls-refused", smtp(SmtpStatus::starttls_rejected, SmtpStep::starttls, 454)},
      {"smtp-ehlo-failed", smtp(SmtpStatus::ehlo_rejected, SmtpStep::ehlo, 502)},
      {"smtp-tls-handshake-failed", smtp(SmtpStatus::tls_failed, SmtpStep::handshake, 220)},
      {"smtp-tls-closed", smtp(SmtpStatus::tls_closed, SmtpStep::handshake, 220)},
      {"smtp-tls-old-only", smtp(SmtpStatus::tls_version_old, SmtpStep::handshake, 220)},
      {"smtp-tls-timeout", smtp(SmtpStatus::tls_timeout, SmtpStep::handshake, 220)},
      {"smtp-starttls-response-injection", [](Scene& s) { s.probe().injected_bytes = 12; }},
      {"smtp-connect-refused", smtp(SmtpStatus::refused, SmtpStep::connect)},
      {"smtp-connect-timeout", smtp(SmtpStatus::connect_timeout, SmtpStep::connect)},
      {"smtp-unreachable", smtp(SmtpStatus::unreachable, SmtpStep::connect)},
      {"smtp-timeout", smtp(SmtpStatus::timeout, SmtpStep::banner)},
      {"smtp-protocol-error", smtp(SmtpStatus::protocol_error, SmtpStep::banner)},
      {"smtp-ipv6-fail",
       [](Scene& s) {
         s.probe(0, 1).status = SmtpStatus::refused;
         s.probe(0, 1).reply_code = 0;
         s.probe(0, 1).chain = nullptr;
       }},
      {"smtp-ipv4-fail",
       [](Scene& s) {
         s.probe(0, 0).status = SmtpStatus::refused;
         s.probe(0, 0).reply_code = 0;
         s.probe(0, 0).chain = nullptr;
       }},
      {"probe-port25-egress-blocked",
       [](Scene& s) {
         smtp(SmtpStatus::connect_timeout, SmtpStep::connect)(s);
         s.hosts[0].channels = ChannelSet();
       }},
      {"probe-smtp-outage",
       [](Scene& s) {
         smtp(SmtpStatus::connect_timeout, SmtpStep::connect)(s);
         s.hosts[0].channels = ChannelSet();
         s.hosts[0].channel_faults.push_back(
             {Channel::smtp_ipv4, ChannelFault::Kind::outage, "what happened"});
       }},
      {"smtp-banner-4xx", smtp(SmtpStatus::banner_rejected, SmtpStep::banner, 421, "busy")},
      {"smtp-banner-5xx", smtp(SmtpStatus::banner_rejected, SmtpStep::banner, 554, "no")},
      {"smtp-greylisted", smtp(SmtpStatus::banner_rejected, SmtpStep::banner, 450, "Greylisted")},
      {"smtp-rate-limited",
       smtp(SmtpStatus::starttls_rejected, SmtpStep::starttls, 454, "too many sessions")},
      {"smtp-tarpit", smtp(SmtpStatus::tarpit, SmtpStep::banner)},
      {"smtp-starttls-selective",
       [](Scene& s) {
         s.probe(0, 1).status = SmtpStatus::starttls_missing;
         s.probe(0, 1).step = SmtpStep::ehlo;
         s.probe(0, 1).reply_code = 250;
         s.probe(0, 1).starttls_offered = false;
         s.probe(0, 1).chain = nullptr;
       }},
      {"smtp-banner-slow", [](Scene& s) { s.probe().banner_time = std::chrono::seconds(7); }},
      {"cert-expired", mx_chain(with_fault(ChainFault::expired))},
      {"cert-not-yet-valid", mx_chain(with_fault(ChainFault::not_yet_valid))},
      {"cert-untrusted", mx_chain(with_fault(ChainFault::untrusted))},
      {"cert-self-signed", mx_chain(with_fault(ChainFault::self_signed))},
      {"cert-incomplete-chain", mx_chain(with_fault(ChainFault::incomplete))},
      {"cert-name-constraint", mx_chain(with_fault(ChainFault::name_constraint))},
      {"cert-purpose", mx_chain(with_fault(ChainFault::purpose))},
      {"cert-multiple-algorithms", with_variants([](HandshakeVariants& variants) {
         variants.other_algorithm = good_probe("mx1.example.com", "192.175.48.1");
         auto chain = *variants.other_algorithm.chain;
         chain.leaf.key_type = "RSA";
         variants.other_algorithm.chain = share(chain);
       })},
      {"smtp-tls-sni-required", with_variants([](HandshakeVariants& variants) {
         variants.without_server_name.status = SmtpStatus::tls_failed;
       })},
      {"cert-host-mismatch", mx_chain([](auto& chain) {
         chain.leaf.dns_names = {"example.com"};
         chain.name_matches = false;
       })},
      {"cert-cn-only", mx_chain([](auto& chain) {
         chain.leaf.dns_names.clear();
         chain.name_matches = false;
         chain.name_only_in_cn = true;
       })},
      {"cert-expiring",
       mx_chain([](auto& chain) { chain.leaf.not_after = chain.chain_not_after = in_days(12); })},
      {"cert-weak-key", mx_chain([](auto& chain) { chain.weak_key = "RSA 1024 bits"; })},
      {"cert-weak-signature",
       mx_chain([](auto& chain) { chain.weak_signature = "sha1WithRSAEncryption"; })},
      {"cert-differs-by-ip",
       [](Scene& s) {
         auto chain = *s.probe(0, 1).chain;
         chain.leaf.fingerprint_sha256 = "other";
         chain.leaf.not_after = chain.chain_not_after = in_days(-1);
         chain.faults = {ChainFault::expired};
         s.probe(0, 1).chain = share(chain);
       }},
  };
}

}  // namespace mtasts::verdict
