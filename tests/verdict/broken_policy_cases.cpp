// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "verdict/broken_cases.h"

namespace mtasts::verdict {

using protocol::ChainFault;
using protocol::DnsStatus;
using protocol::HttpsStatus;
using protocol::RecordType;

namespace {

Break record(std::vector<std::string> texts) {
  return [texts](Scene& s) { s.evidence.record.texts = texts; };
}
Break tlsrpt(std::vector<std::string> texts) {
  return [texts](Scene& s) { s.evidence.tlsrpt.texts = texts; };
}
Break body(std::string text) {
  return [text](Scene& s) { s.set_body(text); };
}
Break host_status(DnsStatus status) {
  return [status](Scene& s) {
    for (auto& answer : s.evidence.policy.addresses.answers) {
      answer.status = status;
      answer.addresses.clear();
    }
    s.evidence.policy.attempts.clear();
  };
}
Break fetch(HttpsStatus status) {
  return [status](Scene& s) {
    s.for_each_fetch([&](auto& attempt) {
      attempt.status = status;
      attempt.http_status = 0;
      attempt.body.clear();
      attempt.chain = nullptr;
    });
  };
}

// The check ended before the fetch did.
void not_fetched(Scene& s) {
  s.for_each_fetch([](auto& attempt) {
    auto address = attempt.address;
    attempt = {};
    attempt.address = address;
  });
}

}  // namespace

Break record_status(DnsStatus status) {
  return [status](Scene& s) {
    s.evidence.record = dns_answer("_mta-sts.example.com", RecordType::txt, status);
  };
}

Break policy_chain(std::function<void(protocol::PeerChain&)> change) {
  return [change](Scene& s) { s.break_policy_chain(change); };
}

std::function<void(protocol::PeerChain&)> with_fault(ChainFault which) {
  return [which](protocol::PeerChain& chain) {
    chain.faults = {which};
    chain.verify_error = "certificate problem";
    if (which == ChainFault::expired) chain.leaf.not_after = chain.chain_not_after = in_days(-2);
  };
}

std::string policy_text(std::string_view mode, std::string_view mx, std::string_view max_age) {
  return "version: STSv1\r\nmode: " + std::string(mode) + "\r\n" + std::string(mx) +
         "max_age: " + std::string(max_age) + "\r\n";
}

static Break channel_fault(Channel channel, ChannelFault::Kind kind) {
  return [=](Scene& s) { s.evidence.channel_faults.push_back({channel, kind, "what happened"}); };
}

std::vector<BrokenCase> record_cases() {
  return {
      {"sts-txt-missing", record_status(DnsStatus::nodata)},
      {"sts-txt-nxdomain", record_status(DnsStatus::nxdomain)},
      {"sts-txt-servfail", record_status(DnsStatus::servfail)},
      {"sts-txt-timeout", record_status(DnsStatus::timeout)},
      {"probe-dns-unreachable", record_status(DnsStatus::refused)},
      {"probe-dns-unreachable", record_status(DnsStatus::referral)},
      {"probe-dns-denies", channel_fault(Channel::dns, ChannelFault::Kind::denies)},
      {"probe-dns-outage", channel_fault(Channel::dns, ChannelFault::Kind::outage)},
      {"sts-txt-multiple", record({"v=STSv1; id=1;", "v=STSv1; id=2;"})},
      {"sts-txt-version-invalid", record({"v=STS1; id=1;"})},
      {"sts-txt-version-case", record({"v=stsv1; id=1;"})},
      {"sts-txt-id-missing", record({"v=STSv1;"})},
      {"sts-txt-id-invalid", record({"v=STSv1; id=2026-01;"})},
      {"sts-txt-id-too-long", record({"v=STSv1; id=" + std::string(33, 'a') + ";"})},
      {"sts-txt-syntax", record({"v=STSv1; id=1;;;"})},
      {"sts-txt-space-before-semicolon", record({"v=STSv1 ; id=1;"})},
      {"sts-txt-trailing-space", record({"v=STSv1; id=1  "})},
      {"sts-txt-duplicate-field", record({"v=STSv1; id=1; id=2;"})},
      {"sts-txt-unknown-field", record({"v=STSv1; id=1; more=x;"})},
      {"sts-txt-unrelated-records", record({"v=STSv1; id=1;", "v=spf1 -all"})},
      {"sts-txt-cname-dangling",
       [](Scene& s) {
         record_status(DnsStatus::nxdomain)(s);
         s.evidence.record.cname_chain = {"gone.provider.example"};
       }},
      {"sts-txt-cname-loop",
       [](Scene& s) {
         record_status(DnsStatus::servfail)(s);
         s.evidence.record.cname_chain = {"a.example", "_mta-sts.example.com"};
         s.evidence.record.cname_loop = true;
       }},
      {"sts-policy-without-record", record_status(DnsStatus::nodata)},
      {"sts-hosted-id-differs", [](Scene& s) { s.host(s.fetch().body); }},
      {"sts-record-without-policy", host_status(DnsStatus::nxdomain)},
  };
}

std::vector<BrokenCase> fetch_cases() {
  return {
      {"sts-host-nxdomain", host_status(DnsStatus::nxdomain)},
      {"sts-host-no-address", host_status(DnsStatus::nodata)},
      {"sts-host-servfail", host_status(DnsStatus::servfail)},
      {"sts-host-dns-timeout", host_status(DnsStatus::timeout)},
      {"sts-host-placeholder-address", fetch(HttpsStatus::not_allowed)},
      {"sts-host-connect-refused", fetch(HttpsStatus::refused)},
      {"sts-host-timeout", fetch(HttpsStatus::connect_timeout)},
      {"probe-https-outage", channel_fault(Channel::https_ipv4, ChannelFault::Kind::outage)},
      {"sts-hosted-policy-not-served",
       [](Scene& s) { s.host("version: STSv1\r\nmode: testing\r\nmx: mx1.example.com\r\n"); }},
      {"sts-host-ipv6-fail",
       [](Scene& s) {
         s.fetch(1).status = HttpsStatus::refused;
         s.fetch(1).chain = nullptr;
       }},
      {"sts-host-ipv4-fail",
       [](Scene& s) {
         s.fetch(0).status = HttpsStatus::refused;
         s.fetch(0).chain = nullptr;
       }},
      {"sts-tls-handshake-failed", fetch(HttpsStatus::tls_failed)},
      {"sts-http-redirect",
       [](Scene& s) {
         s.for_each_fetch([](auto& a) {
           a.http_status = 301;
           a.location = "https://www.example.com/";
         });
       }},
      {"sts-http-status", [](Scene& s) { s.for_each_fetch([](auto& a) { a.http_status = 404; }); }},
      {"sts-http-timeout", fetch(HttpsStatus::response_timeout)},
      {"sts-http-slow",
       [](Scene& s) {
         s.fetch().total_time = std::chrono::seconds(6);
         s.fetch().previous_time = std::chrono::seconds(5);
       }},
      {"sts-host-address-fails",
       [](Scene& s) {
         s.add_fetch("192.175.48.11").status = HttpsStatus::refused;
         s.evidence.policy.attempts.back().chain = nullptr;
       }},
      {"sts-host-addresses-differ",
       [](Scene& s) {
         s.add_fetch("192.175.48.11").body =
             policy_text("enforce", "mx: mx1.example.com\r\n", "86400");
       }},
      {"sts-host-unchecked",
       [](Scene& s) {
         s.evidence.policy.addresses.beyond_limit = {*IpAddress::parse("192.175.48.99")};
       }},
      {"sts-tls-unchecked", not_fetched},
      {"sts-http-too-large", fetch(HttpsStatus::too_large)},
      {"sts-http-content-type-wrong",
       [](Scene& s) { s.for_each_fetch([](auto& a) { a.content_type = "text/html"; }); }},
      {"sts-http-content-type-missing",
       [](Scene& s) { s.for_each_fetch([](auto& a) { a.content_type.reset(); }); }},
      {"sts-http-content-encoding",
       [](Scene& s) {
         s.for_each_fetch([](auto& a) {
           a.coding = protocol::BodyCoding::decoded;
           a.content_encoding = "gzip";
           a.uncoded = protocol::UncodedAnswer{true, std::nullopt};
         });
       }},
      {"sts-http-no-http1",
       [](Scene& s) {
         s.for_each_fetch([](auto& a) {
           a.http_version = "2";
           a.http1_failure = "HTTP status 403";
         });
       }},
      {"sts-http-length-mismatch",
       [](Scene& s) {
         s.for_each_fetch([](auto& a) {
           a.excess = a.body.substr(20);
           a.body.resize(20);
         });
       }},
      {"sts-http-malformed", fetch(HttpsStatus::malformed)},
      {"sts-http-truncated", fetch(HttpsStatus::truncated)},
      {"sts-tls-version-old", fetch(HttpsStatus::tls_version_old)},
      {"sts-tls-expired", policy_chain(with_fault(ChainFault::expired))},
      {"sts-tls-not-yet-valid", policy_chain(with_fault(ChainFault::not_yet_valid))},
      {"sts-tls-untrusted", policy_chain(with_fault(ChainFault::untrusted))},
      {"sts-tls-self-signed", policy_chain(with_fault(ChainFault::self_signed))},
      {"sts-tls-incomplete-chain", policy_chain(with_fault(ChainFault::incomplete))},
      {"sts-tls-name-constraint", policy_chain(with_fault(ChainFault::name_constraint))},
      {"sts-tls-purpose", policy_chain(with_fault(ChainFault::purpose))},
      {"sts-tls-host-mismatch", policy_chain([](auto& chain) {
         chain.leaf.dns_names = {"example.com"};
         chain.name_matches = false;
       })},
      {"sts-tls-cn-only", policy_chain([](auto& chain) {
         chain.leaf.dns_names.clear();
         chain.name_matches = false;
         chain.name_only_in_cn = true;
       })},
      {"sts-tls-expiring", policy_chain([](auto& chain) {
         chain.leaf.not_after = chain.chain_not_after = in_days(12);
       })},
      {"sts-tls-weak-key", policy_chain([](auto& chain) { chain.weak_key = "RSA 1024 bits"; })},
      {"sts-tls-weak-signature",
       policy_chain([](auto& chain) { chain.weak_signature = "sha1WithRSAEncryption"; })},
  };
}

std::vector<BrokenCase> syntax_cases() {
  return {
      {"sts-policy-unchecked", not_fetched},
      {"sts-policy-html", body("<!DOCTYPE html><html></html>")},
      {"sts-policy-empty", body("")},
      {"sts-policy-bom", body("\xEF\xBB\xBF" + policy_text("enforce", kMx, "2592000"))},
      {"sts-policy-syntax", body("version: STSv1\r\nnonsense\r\nmode: none\r\nmax_age: 86400\r\n")},
      {"sts-policy-invisible-character",
       body("version: STSv1\r\nmode: none\xC2\xA0\r\nmax_age: 86400\r\n")},
      {"sts-policy-leading-space", body(" " + policy_text("enforce", kMx, "2592000"))},
      {"sts-policy-space-before-colon",
       body("version : STSv1\r\nmode: none\r\nmax_age: 86400\r\n")},
      {"sts-policy-key-case", body("Version: STSv1\r\nmode: none\r\nmax_age: 86400\r\n")},
      {"sts-policy-blank-line", body("version: STSv1\r\n\r\nmode: none\r\nmax_age: 86400\r\n")},
      {"sts-policy-version-missing", body("mode: none\r\nmax_age: 86400\r\n")},
      {"sts-policy-version-invalid", body("version: STSv2\r\nmode: none\r\nmax_age: 86400\r\n")},
      {"sts-policy-mode-missing", body("version: STSv1\r\nmax_age: 86400\r\n")},
      {"sts-policy-mode-invalid", body("version: STSv1\r\nmode: on\r\nmax_age: 86400\r\n")},
      {"sts-policy-max-age-missing", body("version: STSv1\r\nmode: none\r\n")},
      {"sts-policy-max-age-invalid", body(policy_text("enforce", kMx, "soon"))},
      {"sts-policy-max-age-over-limit", body(policy_text("enforce", kMx, "31557601"))},
      {"sts-policy-mx-missing", body(policy_text("enforce", "", "2592000"))},
      {"sts-policy-mx-invalid", body(policy_text("enforce", "mx: a_b.example.com\r\n", "2592000"))},
      {"sts-policy-wildcard-depth",
       [](Scene& s) {
         s.set_mx({"aspmx.l.google.com"});
         s.set_body(policy_text("enforce", "mx: *.google.com\r\n", "2592000"));
       }},
      {"sts-mode-weaker-than-expected",
       [](Scene& s) {
         s.thresholds.expected_mode = protocol::Mode::enforce;
         s.set_body(policy_text("testing", kMx, "604800"));
       }},
      {"sts-policy-max-age-zero", body(policy_text("enforce", kMx, "0"))},
      {"sts-policy-max-age-too-short", body(policy_text("enforce", kMx, "3600"))},
      {"sts-policy-max-age-short", body(policy_text("enforce", kMx, "604800"))},
      {"sts-policy-max-age-too-long", body(policy_text("testing", kMx, "2592000"))},
      {"sts-mode-testing", body(policy_text("testing", kMx, "604800"))},
      {"sts-mode-none", body(policy_text("none", "", "86400"))},
      {"sts-policy-version-not-first", body("mode: none\r\nversion: STSv1\r\nmax_age: 86400\r\n")},
      {"sts-policy-no-final-eol", body("version: STSv1\r\nmode: none\r\nmax_age: 86400")},
      {"sts-policy-bare-lf", body("version: STSv1\nmode: none\nmax_age: 86400\n")},
      {"sts-policy-duplicate-field",
       body("version: STSv1\r\nmode: none\r\nmode: none\r\nmax_age: 86400\r\n")},
      {"sts-policy-key-typo",
       body("version: STSv1\r\nmode: none\r\nmax_age: 86400\r\nmodes: none\r\n")},
      {"sts-policy-unknown-field",
       body("version: STSv1\r\nmode: none\r\nmax_age: 86400\r\nmore: x\r\n")},
      {"sts-policy-mx-duplicate",
       body(policy_text("enforce", std::string(kMx) + "mx: mx1.example.com\r\n", "2592000"))},
      {"sts-policy-mx-unused",
       body(policy_text("enforce", std::string(kMx) + "mx: mx9.example.com\r\n", "2592000"))},
  };
}

std::vector<BrokenCase> tlsrpt_cases() {
  auto status = [](DnsStatus wanted) {
    return [wanted](Scene& s) {
      s.evidence.tlsrpt = dns_answer("_smtp._tls.example.com", RecordType::txt, wanted);
    };
  };
  return {
      {"tlsrpt-missing", status(DnsStatus::nxdomain)},
      {"tlsrpt-servfail", status(DnsStatus::servfail)},
      {"tlsrpt-timeout", status(DnsStatus::timeout)},
      {"tlsrpt-multiple",
       tlsrpt({"v=TLSRPTv1; rua=mailto:a@b.example", "v=TLSRPTv1; rua=mailto:c@b.example"})},
      {"tlsrpt-version-invalid", tlsrpt({"v=TLSRPTv2; rua=mailto:a@b.example"})},
      {"tlsrpt-syntax", tlsrpt({"v=TLSRPTv1; rua=mailto:a@b.example; x=="})},
      {"tlsrpt-rua-missing", tlsrpt({"v=TLSRPTv1;"})},
      {"tlsrpt-rua-scheme", tlsrpt({"v=TLSRPTv1; rua=http://b.example/x"})},
      {"tlsrpt-rua-unencoded", tlsrpt({"v=TLSRPTv1; rua=mailto:a@b.example!10m"})},
      {"tlsrpt-space-before-semicolon", tlsrpt({"v=TLSRPTv1 ; rua=mailto:a@b.example"})},
      {"tlsrpt-rua-spaces", tlsrpt({"v=TLSRPTv1; rua=mailto:a@b.example , mailto:c@b.example"})},
      {"tlsrpt-rua-duplicate",
       tlsrpt({"v=TLSRPTv1; rua=mailto:a@b.example; rua=mailto:c@b.example"})},
      {"tlsrpt-unrelated-records",
       tlsrpt({"v=TLSRPTv1; rua=mailto:a@b.example", "v=TLSRPTv1 ; rua=mailto:c@b.example"})},
      {"tlsrpt-rua-fragile", tlsrpt({"v=TLSRPTv1; rua=https://b.example/?key=x"})},
      {"tlsrpt-rua-not-first", tlsrpt({"v=TLSRPTv1; x=1; rua=mailto:a@b.example"})},
  };
}

}  // namespace mtasts::verdict
