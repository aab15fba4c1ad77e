// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Evidence in which everything that strangers choose is hostile: names, TXT records, policies,
// header fields, replies of mail servers, subjects of certificates. The same for the same seed.
#pragma once

#include <array>
#include <random>
#include <string>
#include <vector>

#include "verdict/healthy_evidence.h"

namespace mtasts::verdict {

class Hostile {
 public:
  explicit Hostile(unsigned seed) : random_(seed) {}

  size_t below(size_t limit) { return limit == 0 ? 0 : random_() % limit; }
  bool once_in(size_t times) { return below(times) == 0; }

  // Octets with whatever a shell, terminal, page, log or metric might act on.
  std::string text() {
    static const std::vector<std::string> kPieces = {
        "-o",
        "--config=/etc/passwd",
        "+short",
        "@192.0.2.1",
        "'",
        "\"",
        "\\",
        "`id`",
        "$(id)",
        "${HOME}",
        ";",
        "|",
        "&",
        "&&",
        "<",
        ">",
        "\n",
        "\r\n",
        "\t",
        " ",
        std::string(1, '\0'),
        "\x1B[31m",
        "\x1B]0;title\x07",
        "\x7F",
        "\xC2\x9B",
        "\x9B",
        "\xFF\xFE",
        "\xC3",
        "\xED\xA0\x80",
        "\u061C",
        "\u200E",
        "\u200F",
        "\u202A",
        "\u202E",
        "\u2066",
        "\u2069",
        "\u2028",
        "\u2029",
        "\u200B",
        "\u2060",
        "\uFEFF",
        "\u00AD",
        "\uE000",
        "\uFFFE",
        "\U000E0041",
        "\U0010FFFD",
        "\u05D0\u05D1",
        "\u0627\u0644",
        "\u4F8B",
        "\u00E9",
        "<script>alert(1)</script>",
        "</pre>",
        "<!--",
        "]]>",
        "&lt;",
        "javascript:",
        "{host}",
        "{domain}",
        "{}",
        "%s",
        "%n",
        "\"} 1\nmtasts_up{x=\"",
        "level=error msg=",
        "v=STSv1",
        "id=1",
        "a.example",
        "https://",
        "mx",
    };
    std::string text;
    for (size_t pieces = below(7); pieces > 0; --pieces) text += kPieces[below(kPieces.size())];
    if (once_in(60)) text += std::string(3000 + below(70000), once_in(2) ? 'x' : '\x1B');
    return text;
  }

  // A name as the reader of DNS messages writes it (protocol/dns/name.h): anything but letters,
  // digits and "-_*/+=:," is \DDD.
  std::string name() {
    static const std::vector<std::string> kLabels = {"-x",
                                                     "+short",
                                                     "--help",
                                                     "\\064192",
                                                     "mx",
                                                     "any",
                                                     "txt",
                                                     "a\\046b",
                                                     "a\\032b",
                                                     "a\\039\\059",
                                                     "\\036\\040",
                                                     "\\096id",
                                                     "*",
                                                     "_tls",
                                                     "=",
                                                     "a:b",
                                                     "a,b",
                                                     "a/b",
                                                     "\\027\\091",
                                                     "\\226\\128\\174",
                                                     "xn--bcher-kva",
                                                     "host",
                                                     "\\060b\\062",
                                                     "\\034",
                                                     "\\010",
                                                     "\\000",
                                                     "\\255"};
    std::string name = kLabels[below(kLabels.size())];
    for (size_t labels = below(4); labels > 0; --labels)
      name += "." + kLabels[below(kLabels.size())];
    if (once_in(3)) name += ".example";
    if (once_in(40)) name += "." + std::string(63, 'l') + "." + std::string(63, 'm');
    return name;
  }

  std::string either(const std::string& good) { return once_in(2) ? text() : good; }

  template <typename Enum>
  Enum any(Enum last) {
    return static_cast<Enum>(below(static_cast<size_t>(last) + 1));
  }

  protocol::PeerChainPtr chain(const std::string& host) {
    protocol::PeerChain chain = good_chain(host);
    chain.leaf.subject = "CN=" + text();
    chain.leaf.issuer = "CN=" + text();
    chain.leaf.common_name = text();
    chain.leaf.dns_names = {text(), name(), host};
    chain.leaf.serial = text();
    chain.leaf.signature_algorithm = text();
    if (once_in(2)) chain.faults = {any(protocol::ChainFault::invalid)};
    chain.fault_subjects = {text()};
    chain.verify_error = text();
    chain.missing = {text(), once_in(2) ? "http://" + text() : "", text(), text()};
    chain.name_matches = once_in(2);
    chain.name_only_in_cn = once_in(4);
    if (once_in(4)) chain.weak_key = text();
    if (once_in(4)) chain.weak_signature = text();
    if (once_in(4)) chain.any_purpose = text();
    return share(std::move(chain));
  }

  protocol::HttpsAttempt fetch(const std::string& host, const std::string& address) {
    protocol::HttpsAttempt attempt = good_fetch(host, address);
    if (once_in(2)) attempt.status = any(protocol::HttpsStatus::cancelled);
    attempt.detail = text();
    attempt.chain = chain(host);
    attempt.cipher = text();
    if (once_in(3)) attempt.http_status = static_cast<int>(100 + below(500));
    attempt.content_type = either("text/plain");
    if (once_in(2)) attempt.location = either("https://" + name() + "/" + text());
    for (const char* field : {"Server", "Retry-After", "Content-Type", "CF-RAY", "Via", "x"})
      attempt.fields.push_back({field, text()});
    attempt.body = "version: " + either("STSv1") + "\nmode: " + either("enforce") +
                   "\nmx: " + either(name()) + "\nmx: " + text() + "\nmax_age: " + either("86400") +
                   "\n" + text();
    attempt.content_encoding = once_in(4) ? text() : "";
    if (once_in(4)) attempt.coding = any(protocol::BodyCoding::other);
    if (once_in(5)) attempt.excess = text();
    if (once_in(5)) attempt.http1_failure = text();
    return attempt;
  }

  protocol::SmtpAttempt probe(const std::string& host, const std::string& address) {
    protocol::SmtpAttempt attempt = good_probe(host, address);
    if (once_in(2)) attempt.status = any(protocol::SmtpStatus::cancelled);
    attempt.step = any(protocol::SmtpStep::done);
    attempt.detail = text();
    attempt.reply_code = static_cast<int>(200 + below(400));
    attempt.reply_text = text();
    attempt.banner = text();
    attempt.ehlo_text = text();
    attempt.unfinished_reply = once_in(3) ? text() : "";
    attempt.chain = chain(host);
    attempt.cipher = text();
    return attempt;
  }

  protocol::DnsAnswer answer(const std::string& name, protocol::RecordType type) {
    auto answer = dns_answer(
        name, type,
        once_in(3) ? any(protocol::DnsStatus::cancelled) : protocol::DnsStatus::answered);
    answer.detail = text();
    for (size_t count = below(3); count > 0; --count) answer.cname_chain.push_back(this->name());
    for (size_t count = 1 + below(3); count > 0; --count)
      answer.texts.push_back(once_in(2) ? text() : "v=STSv1; id=" + either("1") + ";" + text());
    for (size_t count = below(3); count > 0; --count) answer.names.push_back(this->name());
    return answer;
  }

  Scene scene() {
    Scene scene;
    Evidence& evidence = scene.evidence;
    if (once_in(3)) {
      Vantage& vantage = scene.thresholds.vantage;
      vantage.https_port = 8443;
      vantage.smtp_port = 2525;
      vantage.dns_server = once_in(2) ? "192.0.2.53" : "2001:db8::53";
      vantage.dns_port = 5353;
      vantage.https_ca_file = once_in(2) ? "-ca.pem" : "/etc/it's $(id)/ca.pem";
      vantage.smtp_ca_file = vantage.https_ca_file;
    }
    if (!once_in(3)) evidence.record = answer("_mta-sts.example.com", protocol::RecordType::txt);
    if (!once_in(3)) evidence.tlsrpt = answer("_smtp._tls.example.com", protocol::RecordType::txt);
    if (once_in(2))
      evidence.tlsrpt.texts = {"v=TLSRPTv1; rua=mailto:" + text() + "@" + name() + ",https://" +
                               name() + "/" + text()};
    if (!once_in(3))
      for (auto& attempt : evidence.policy.attempts)
        attempt = fetch(evidence.policy.host, attempt.address.text());
    std::vector<std::string> names;
    for (size_t count = 1 + below(4); count > 0; --count)
      names.push_back(once_in(4) ? "mx1.example.com" : name());
    scene.set_mx(names);
    if (once_in(4)) evidence.mx.detail = text();
    for (MxHostEvidence& host : scene.hosts) {
      if (once_in(4)) host.addresses.answers = {answer(host.host, protocol::RecordType::a)};
      for (auto& attempt : host.attempts) attempt = probe(host.host, attempt.address.text());
    }
    evidence.extra.unused_name = std::make_shared<const protocol::DnsAnswer>(
        answer("r4nd0m.example.com", protocol::RecordType::txt));
    evidence.extra.other_names = std::make_shared<const std::vector<protocol::DnsAnswer>>(
        std::vector{answer(name(), protocol::RecordType::txt)});
    AuthorityEvidence authorities;
    authorities.zone = once_in(2) ? "example.com" : name();
    for (size_t count = below(3); count > 0; --count)
      authorities.looks.push_back({name(), *IpAddress::parse("192.175.48.9"),
                                   any(AuthorityLook::Kind::unobserved), text(),
                                   std::chrono::seconds(60), std::nullopt});
    authorities.differs_since = kNow - std::chrono::hours(2);
    evidence.extra.authorities = std::make_shared<const AuthorityEvidence>(authorities);
    ReportMailDomain mail;
    mail.domain = name();
    mail.mx = answer(mail.domain, protocol::RecordType::mx);
    evidence.extra.report_domains = {std::make_shared<const ReportMailDomain>(mail)};
    ReportHost host;
    host.host = name();
    host.addresses = {answer(host.host, protocol::RecordType::a)};
    host.attempts = {fetch(host.host, "192.175.48.8")};
    host.channels = ChannelSet::all();
    evidence.extra.report_hosts = {std::make_shared<const ReportHost>(host)};
    return scene;
  }

  reports::DomainSummary summary(reports::Day to) {
    constexpr auto kSts = static_cast<size_t>(protocol::ReportPolicyType::sts);
    reports::DomainSummary summary;
    summary.to = to;
    summary.from = to - std::chrono::days(7);
    for (size_t count = 1 + below(3); count > 0; --count) {
      reports::OrganizationSummary one;
      one.name = text();
      one.submitter = name();
      one.counts[kSts] = {below(1000), below(1000)};
      one.days = 1 + below(64);
      one.last_day = to - std::chrono::days(1);
      summary.organizations.push_back(std::move(one));
    }
    for (size_t count = 1 + below(4); count > 0; --count) {
      reports::FailureSummary failure;
      failure.type = protocol::kResultTypes[below(protocol::kResultTypes.size())];
      failure.type_text = text();
      failure.receiving_mx = once_in(3) ? "mx1.example.com" : once_in(2) ? name() : text();
      failure.receiving_ip = text();
      failure.reason = text();
      failure.sessions[kSts].failed = 1 + below(500);
      failure.organizations = {text(), text()};
      failure.organization_count = 2;
      failure.first_day = failure.last_day = to - std::chrono::days(1);
      summary.failures.push_back(std::move(failure));
    }
    reports::PolicySummary policy;
    policy.policy = text();
    policy.counts = {10, 5};
    policy.organizations = {text()};
    policy.organization_count = 1;
    policy.first_day = policy.last_day = to - std::chrono::days(2);
    summary.policies = {policy};
    summary.counts[kSts] = {below(10000), below(1000)};
    summary.reporters = summary.organizations.size();
    summary.totals.reports = 12;
    summary.totals.counts[kSts] = summary.counts[kSts];
    summary.has_history = once_in(2);
    return summary;
  }

 private:
  std::mt19937 random_;
};

}  // namespace mtasts::verdict
