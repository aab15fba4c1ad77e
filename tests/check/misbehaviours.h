// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The misbehaviours of MailWorld peers, one line per case: what the peer does, the finding expected
// and its severity, other findings allowed, and how to set it up. Constant.
#pragma once

#include <openssl/ssl.h>

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fakes/mail_world.h"
#include "verdict/findings/finding.h"

namespace mtasts::check {

struct Misbehaviour {
  std::string_view name;
  std::string_view code;
  verdict::Severity severity;
  std::function<void(fakes::MailWorld&, const fakes::MailDomain&)> arrange;
  std::vector<std::string_view> tolerated;  // codes also allowed
};

namespace misbehaviour {

using fakes::Behaviour;
using fakes::DnsBehaviour;
using fakes::HttpsScript;
using fakes::Identity;
using fakes::LeafOptions;
using fakes::MailDomain;
using fakes::MailWorld;
using fakes::SmtpFault;
using fakes::SmtpMoment;
using fakes::SmtpScript;
using protocol::RecordType;
using verdict::Severity;
using Arrange = std::function<void(MailWorld&, const MailDomain&)>;

// `where` is a name below the domain; "" is the domain itself.
inline Arrange dns(std::string where, DnsBehaviour behaviour, RecordType type) {
  return [=](MailWorld& world, const MailDomain& domain) {
    world.dns().behave(where.empty() ? domain.name : where + "." + domain.name, behaviour, type);
  };
}

// Scripts the lookup of an MX host that no other domain uses.
inline Arrange mx_lookup(DnsBehaviour behaviour) {
  return [=](MailWorld& world, const MailDomain& domain) {
    world.refuse_mail(domain);
    world.dns().behave(MailWorld::mx_host_of_its_own(domain), behaviour);
  };
}

inline void loop_of_cnames(MailWorld& world, const MailDomain& domain) {
  std::string name = "_mta-sts." + domain.name;
  world.dns().remove(name);
  world.dns().add_cname(name, "loop." + domain.name);
  world.dns().add_cname("loop." + domain.name, name);
}

inline void no_policy_host(MailWorld& world, const MailDomain& domain) {
  world.dns().remove(domain.policy_host);
}

// A policy server that is healthy except for its behaviour.
inline Arrange https(Behaviour behaviour) {
  return [=](MailWorld& world, const MailDomain& domain) {
    HttpsScript script;
    script.behaviour = behaviour;
    script.response = fakes::policy_response(domain.policy);
    script.drip_interval = std::chrono::milliseconds(100);
    world.give_policy_server(domain, std::move(script), world.identity_for(domain.policy_host));
  };
}

// Sends `response`, then `repeated` without end unless it is empty.
inline Arrange answer(std::string response, std::string repeated = {}) {
  return [=](MailWorld& world, const MailDomain& domain) {
    HttpsScript script;
    script.behaviour = repeated.empty() ? Behaviour::answer : Behaviour::repeat_last;
    script.response = response;
    script.repeated = repeated;
    world.give_policy_server(domain, std::move(script), world.identity_for(domain.policy_host));
  };
}

inline void tls_1_1_alone(MailWorld& world, const MailDomain& domain) {
  HttpsScript script;
  script.response = fakes::policy_response(domain.policy);
  script.newest_version = TLS1_1_VERSION;
  world.give_policy_server(domain, std::move(script), world.identity_for(domain.policy_host));
}

// A policy server and an MX host, healthy except for the certificate.
inline Arrange https_certificate(LeafOptions options, bool self_signed = false) {
  return [=](MailWorld& world, const MailDomain& domain) {
    HttpsScript script;
    script.response = fakes::policy_response(domain.policy);
    LeafOptions own = options;
    if (own.dns_names.empty()) own.dns_names = {domain.policy_host};
    Identity identity =
        self_signed ? fakes::self_signed(own) : world.identity_for(domain.policy_host, own);
    world.give_policy_server(domain, std::move(script), std::move(identity));
  };
}

inline Arrange smtp(SmtpScript script, LeafOptions options = {}, bool self_signed = false) {
  return [=](MailWorld& world, const MailDomain& domain) {
    std::string host = MailWorld::mx_host_of_its_own(domain);
    SmtpScript own = script;
    LeafOptions leaf = options;
    if (leaf.dns_names.empty()) leaf.dns_names = {host};
    own.identity = self_signed ? fakes::self_signed(leaf) : world.identity_for(host, leaf);
    world.give_mx_server(domain, std::move(own));
  };
}

inline Arrange smtp_fault(SmtpFault fault, SmtpMoment moment) {
  SmtpScript script;
  script.fault = fault;
  script.fault_at = moment;
  return smtp(std::move(script));
}

inline Arrange smtp_says(std::string SmtpScript::*what, std::string octets) {
  SmtpScript script;
  script.*what = std::move(octets);
  return smtp(std::move(script));
}

inline Arrange smtp_drips() {
  SmtpScript script;
  script.octet_pause = std::chrono::milliseconds(200);
  return smtp(std::move(script));
}

inline Arrange smtp_speaks_tls(fakes::SmtpTls tls) {
  SmtpScript script;
  script.tls = tls;
  return smtp(std::move(script));
}

inline LeafOptions of_another() {
  LeafOptions options;
  options.dns_names = {"other.example"};
  return options;
}

inline LeafOptions expired() {
  LeafOptions options;
  options.validity = {-std::chrono::hours(48), -std::chrono::hours(1)};
  return options;
}

inline LeafOptions without_intermediates() {
  LeafOptions options;
  options.without_intermediates = true;
  return options;
}

// clang-format off
inline std::vector<Misbehaviour> of_dns() {
  const auto txt = RecordType::txt;
  const auto a = RecordType::a;
  const auto mx = RecordType::mx;
  return {
      {"record: SERVFAIL", "sts-txt-servfail", Severity::warning, dns("_mta-sts", DnsBehaviour::servfail, txt), {}},
      {"record: silence", "sts-txt-timeout", Severity::warning, dns("_mta-sts", DnsBehaviour::silent, txt), {}},
      {"record: garbage", "sts-txt-timeout", Severity::warning, dns("_mta-sts", DnsBehaviour::garbage, txt), {}},
      {"record: another query's answer", "sts-txt-timeout", Severity::warning, dns("_mta-sts", DnsBehaviour::wrong_id, txt), {}},
      {"record: truncated over TCP too", "sts-txt-servfail", Severity::warning, dns("_mta-sts", DnsBehaviour::truncated_always, txt), {}},
      {"record: data cut short", "sts-txt-servfail", Severity::warning, dns("_mta-sts", DnsBehaviour::malformed_rdata, txt), {}},
      {"record: CNAME loop", "sts-txt-cname-loop", Severity::critical, loop_of_cnames, {}},
      {"policy host: SERVFAIL", "sts-host-servfail", Severity::critical, dns("mta-sts", DnsBehaviour::servfail, a), {}},
      {"policy host: silence", "sts-host-dns-timeout", Severity::critical, dns("mta-sts", DnsBehaviour::silent, a), {}},
      {"policy host: NXDOMAIN", "sts-host-nxdomain", Severity::critical, no_policy_host, {"sts-record-without-policy"}},
      {"MX: REFUSED", "mx-servfail", Severity::unknown, dns("", DnsBehaviour::refused, mx), {"probe-dns-unreachable"}},
      {"MX: silence", "mx-timeout", Severity::critical, dns("", DnsBehaviour::silent, mx), {}},
      {"MX: an answer that ends in its middle", "mx-servfail", Severity::critical, dns("", DnsBehaviour::cut, mx), {}},
      {"MX host: SERVFAIL", "mx-host-servfail", Severity::critical, mx_lookup(DnsBehaviour::servfail), {}},
      {"MX host: silence", "mx-host-timeout", Severity::critical, mx_lookup(DnsBehaviour::silent), {}},
      {"TLSRPT: silence", "tlsrpt-timeout", Severity::warning, dns("_smtp._tls", DnsBehaviour::silent, txt), {}},
  };
}

inline std::vector<Misbehaviour> of_https() {
  const std::string ok = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n";
  const std::string chunked = ok + "Transfer-Encoding: chunked\r\n\r\n";
  const std::string moved = "HTTP/1.1 301 Moved\r\nLocation: https://www.example/\r\nContent-Length: 0\r\n\r\n";
  return {
      {"silence after accept", "sts-http-timeout", Severity::critical, https(Behaviour::silent_after_accept), {}},
      {"silence after the handshake", "sts-http-timeout", Severity::critical, https(Behaviour::silent_after_handshake), {}},
      {"an octet now and then", "sts-http-timeout", Severity::critical, https(Behaviour::drip), {}},
      {"garbage for TLS", "sts-tls-handshake-failed", Severity::critical, https(Behaviour::garbage), {}},
      {"HTTP for TLS", "sts-tls-handshake-failed", Severity::critical, https(Behaviour::plain_http), {}},
      {"FIN in the handshake", "sts-tls-handshake-failed", Severity::critical, https(Behaviour::close_in_handshake), {}},
      {"RST in the handshake", "sts-tls-handshake-failed", Severity::critical, https(Behaviour::reset_in_handshake), {}},
      {"TLS 1.1 alone", "sts-tls-version-old", Severity::critical, tls_1_1_alone, {}},
      {"a body without end", "sts-http-too-large", Severity::critical, answer(ok + "\r\n", std::string(1000, 'x')), {}},
      {"chunks without end", "sts-http-too-large", Severity::critical, answer(chunked, "10\r\nsixteen octets..\r\n"), {}},
      {"a body shorter than announced", "sts-http-truncated", Severity::critical, answer(ok + "Content-Length: 500\r\n\r\nversion: STSv1\r\n"), {}},
      {"header lines without end", "sts-http-malformed", Severity::critical, answer(ok, "X-Filler: 0123456789\r\n"), {}},
      {"one header line without end", "sts-http-malformed", Severity::critical, answer(ok + "X-Filler: ", std::string(1000, 'x')), {}},
      {"interim answers without end", "sts-http-malformed", Severity::critical, answer("HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\n"), {}},
      {"no HTTP", "sts-http-malformed", Severity::critical, answer("\x01\x02 nonsense\r\n\r\n"), {}},
      {"redirect", "sts-http-redirect", Severity::critical, answer(moved), {}},
      {"an HTML page", "sts-policy-html", Severity::critical, answer(fakes::policy_response("<!DOCTYPE html><html></html>\n")), {}},
      {"certificate of another", "sts-tls-host-mismatch", Severity::critical, https_certificate(of_another()), {}},
      {"certificate expired", "sts-tls-expired", Severity::critical, https_certificate(expired()), {}},
      {"certificate self-signed", "sts-tls-self-signed", Severity::critical, https_certificate({}, true), {}},
      {"intermediate missing", "sts-tls-incomplete-chain", Severity::critical, https_certificate(without_intermediates()), {}},
      {"nobody listens", "sts-host-connect-refused", Severity::critical, &MailWorld::refuse_policy, {}},
  };
}

inline std::vector<Misbehaviour> of_smtp() {
  const std::string flood(100'000, 'x');
  return {
      {"silence for a greeting", "smtp-timeout", Severity::warning, smtp_fault(SmtpFault::silence, SmtpMoment::banner), {}},
      {"silence after EHLO", "smtp-timeout", Severity::warning, smtp_fault(SmtpFault::silence, SmtpMoment::ehlo), {}},
      {"an octet now and then", "smtp-tarpit", Severity::unknown, smtp_drips(), {}},
      {"garbage for a greeting", "smtp-protocol-error", Severity::warning, smtp_says(&SmtpScript::banner, "\x16\x03\x01 what?\r\n"), {}},
      {"a greeting without end", "smtp-protocol-error", Severity::warning, smtp_fault(SmtpFault::endless, SmtpMoment::banner), {}},
      {"one line without end", "smtp-protocol-error", Severity::warning, smtp_says(&SmtpScript::banner, "220 " + flood), {}},
      {"an EHLO answer without end", "smtp-protocol-error", Severity::warning, smtp_fault(SmtpFault::endless, SmtpMoment::ehlo), {}},
      {"octets injected behind STARTTLS", "smtp-starttls-response-injection", Severity::warning, smtp_says(&SmtpScript::starttls, "220 go ahead\r\n250 injected\r\n"), {}},
      {"no STARTTLS", "smtp-starttls-missing", Severity::critical, smtp_says(&SmtpScript::ehlo, "250 mx.example\r\n"), {}},
      {"STARTTLS refused", "smtp-starttls-refused", Severity::critical, smtp_says(&SmtpScript::starttls, "454 not now\r\n"), {}},
      {"554 for a greeting", "smtp-banner-5xx", Severity::unknown, smtp_says(&SmtpScript::banner, "554 go away\r\n"), {}},
      {"421 for a greeting", "smtp-banner-4xx", Severity::unknown, smtp_says(&SmtpScript::banner, "421 too busy\r\n"), {}},
      {"FIN for TLS", "smtp-tls-closed", Severity::critical, smtp_fault(SmtpFault::close, SmtpMoment::handshake), {}},
      {"RST for TLS", "smtp-tls-closed", Severity::critical, smtp_fault(SmtpFault::reset, SmtpMoment::handshake), {}},
      {"garbage for TLS", "smtp-tls-handshake-failed", Severity::critical, smtp_says(&SmtpScript::in_place_of_tls, "\x01\x02 what?\r\n"), {}},
      {"silence for TLS", "smtp-tls-timeout", Severity::warning, smtp_fault(SmtpFault::silence, SmtpMoment::handshake), {}},
      {"TLS 1.1 alone", "smtp-tls-old-only", Severity::critical, smtp_speaks_tls(fakes::SmtpTls::only_1_1), {}},
      {"certificate of another", "cert-host-mismatch", Severity::critical, smtp({}, of_another()), {}},
      {"certificate expired", "cert-expired", Severity::critical, smtp({}, expired()), {}},
      {"certificate self-signed", "cert-self-signed", Severity::critical, smtp({}, {}, true), {}},
      {"nobody listens", "smtp-connect-refused", Severity::warning, &MailWorld::refuse_mail, {}},
  };
}
// clang-format on

}  // namespace misbehaviour

// Adjacent rows use different channels, so that a few of them cover all three.
inline std::vector<Misbehaviour> misbehaviours() {
  const std::vector<Misbehaviour> kinds[] = {misbehaviour::of_dns(), misbehaviour::of_https(),
                                             misbehaviour::of_smtp()};
  std::vector<Misbehaviour> all;
  size_t longest = 0;
  for (const auto& kind : kinds) longest = std::max(longest, kind.size());
  for (size_t row = 0; row < longest; ++row)
    for (const auto& kind : kinds)
      if (row < kind.size()) all.push_back(kind[row]);
  return all;
}

}  // namespace mtasts::check
