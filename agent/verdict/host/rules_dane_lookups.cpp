// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Stage dane of one MX host: what DNS says, in the order in which a sender asks (RFC 7672 §2.2).
#include <fmt/format.h>

#include "base/printable.h"
#include "verdict/dane_signatures.h"
#include "verdict/host/host_rules.h"

namespace mtasts::verdict {
namespace {

using protocol::DnsStatus;

// More iterations than this are an error behind some resolvers (dnsmasq, systemd-resolved).
constexpr uint16_t kMostIterations = 150;
// And more than this are insecure behind some (Knot Resolver, BIND 9, PowerDNS Recursor).
constexpr uint16_t kMostSecureIterations = 50;

std::string owner_of(const TlsaEvidence& tlsa) { return "_25._tcp." + printable(tlsa.base, 240); }

// ", DNS error 6 (DNSSEC Bogus)" where the resolver says more (RFC 8914).
std::string extended_text_of(const SecuredLookup& lookup) {
  if (!lookup.extended_error) return {};
  std::string text = printable(lookup.extended_text, 200);
  return fmt::format("; the resolver says EDE {}{}", *lookup.extended_error,
                     text.empty() ? "" : " (" + text + ")");
}

FindingDetails about_host(const HostContext& context, const TlsaEvidence* tlsa) {
  FindingDetails what;
  what.host = context.host.host;
  if (tlsa != nullptr) what.tlsa.base = tlsa->base;
  return what;
}

// Bogus or an outage: the same for a sender, but not for who has to repair it.
std::string failure_of_tlsa(const SecuredLookup& lookup) {
  switch (lookup.security) {
    case DnsSecurity::no_response:
      return "gets no response";
    case DnsSecurity::unusable:
      return fmt::format("gets an answer that cannot be used ({})", name_of(lookup.status));
    default:
      return "fails with SERVFAIL, without validation as well: either its signatures are bogus, or "
             "its servers do not answer for this type";
  }
}

void judge_stopped(HostContext& context, const TlsaEvidence& tlsa) {
  const SecuredLookup& lookup = tlsa.lookup;
  FindingDetails what = about_host(context, &tlsa);
  const bool denial = lookup.unvalidated && protocol::is_denial(*lookup.unvalidated);
  if (lookup.security != DnsSecurity::bogus) {
    what.message = fmt::format("The TLSA lookup of {} {}{}", owner_of(tlsa),
                               failure_of_tlsa(lookup), extended_text_of(lookup));
    context.findings.add("dane-tlsa-servfail", std::move(what));
    return;
  }
  what.message = fmt::format("{} {}, but {} does not pass validation{}", owner_of(tlsa),
                             denial ? "has no TLSA records" : "has TLSA records",
                             denial ? "the proof of that" : "that", extended_text_of(lookup));
  if (denial && lookup.denial.nsec3_iterations.value_or(0) > kMostIterations)
    what.fix = fmt::format("Set the NSEC3 iterations of the zone to 0; it has {}",
                           *lookup.denial.nsec3_iterations);
  context.findings.add(denial ? FindingCode("dane-denial-bogus") : "dane-tlsa-bogus",
                       std::move(what));
}

// RFC 7672 §2.2: one family that fails does not stop senders that deliver over the other.
void judge_address_security(HostContext& context, const DaneEvidence& evidence) {
  auto is_sound = [](const SecuredLookup& lookup) {
    return lookup.status == DnsStatus::answered && !stops_dane(lookup.security);
  };
  const SecuredLookup* families[] = {&evidence.a, &evidence.aaaa};
  const bool any_sound = is_sound(evidence.a) || is_sound(evidence.aaaa);
  for (const SecuredLookup* lookup : families) {
    if (lookup->security != DnsSecurity::bogus) continue;
    FindingDetails what = about_host(context, nullptr);
    what.message =
        fmt::format("The {} records of {} do not pass validation{}{}",
                    protocol::name_of(lookup->type), printable(context.host.host, 253),
                    any_sound ? "; senders with DANE deliver over the other address family" : "",
                    extended_text_of(*lookup));
    if (!any_sound) what.severity = Severity::critical;
    context.findings.add("dane-address-bogus", std::move(what));
  }
}

void judge_insecurity(HostContext& context, const HostDane& dane) {
  if (dane.state != DaneState::insecure || dane.tlsa == nullptr) return;
  const SecuredLookup& lookup = dane.tlsa->lookup;
  FindingDetails what = about_host(context, dane.tlsa);
  const std::string count =
      fmt::format("{} TLSA record{}", dane.records.size(), dane.records.size() == 1 ? "" : "s");
  if (!dane.addresses_secure) {
    what.message = fmt::format("{} at {}, but the addresses of {} are not signed", count,
                               owner_of(*dane.tlsa), printable(context.host.host, 253));
    context.findings.add("dane-address-insecure", std::move(what));
  } else if (lookup.from_wildcard) {
    what.message = fmt::format("{} at {} from a wildcard that is not proven to apply{}", count,
                               owner_of(*dane.tlsa),
                               lookup.denial.opt_out ? ": the zone is signed with opt-out" : "");
    context.findings.add("dane-wildcard-insecure", std::move(what));
  } else {
    what.message = fmt::format("{} at {}, not signed although the addresses of the host are", count,
                               owner_of(*dane.tlsa));
    context.findings.add("dane-tlsa-insecure", std::move(what));
  }
}

// What some resolvers decide otherwise than the agent's.
void judge_proofs(HostContext& context, const HostDane& dane) {
  if (!dane.addresses_secure) return;
  for (const TlsaEvidence& tlsa : context.host.dane->tlsa) {
    const SecuredLookup& lookup = tlsa.lookup;
    const uint16_t iterations = lookup.denial.nsec3_iterations.value_or(0);
    FindingDetails what = about_host(context, &tlsa);
    const bool denied = protocol::is_denial(lookup.status) && !stops_dane(lookup.security);
    if (denied && iterations > kMostIterations) {
      what.message = fmt::format(
          "That {} has no TLSA records is proven with {} NSEC3 iterations, more than the {} that "
          "resolvers take",
          owner_of(tlsa), iterations, kMostIterations);
      context.findings.add("dane-nsec3-iterations", std::move(what));
    } else if (lookup.from_wildcard && lookup.security == DnsSecurity::secure &&
               lookup.status == DnsStatus::answered &&
               (lookup.denial.opt_out || iterations > kMostSecureIterations)) {
      what.message = fmt::format(
          "{} comes from a wildcard {}, which most resolvers take for insecure", owner_of(tlsa),
          lookup.denial.opt_out ? "in a zone signed with opt-out"
                                : fmt::format("proven with {} NSEC3 iterations", iterations));
      context.findings.add("dane-wildcard-insecure", std::move(what));
    }
  }
}

}  // namespace

void judge_dane_lookups(HostContext& context, const HostDane& dane) {
  const DaneEvidence& evidence = *context.host.dane;
  judge_address_security(context, evidence);
  if (dane.tlsa != nullptr && dane.state == DaneState::stopped) judge_stopped(context, *dane.tlsa);
  if (dane.tlsa != nullptr && dane.state == DaneState::unknown) {
    FindingDetails what = about_host(context, dane.tlsa);
    what.message = fmt::format("The TLSA lookup of {} did not come to an end on the agent's side",
                               owner_of(*dane.tlsa));
    what.unobserved = true;
    context.findings.add("dane-tlsa-servfail", std::move(what));
  }
  judge_insecurity(context, dane);
  judge_proofs(context, dane);
  std::vector<const SecuredLookup*> lookups = {&evidence.a, &evidence.aaaa};
  for (const TlsaEvidence& tlsa : evidence.tlsa) lookups.push_back(&tlsa.lookup);
  judge_signatures(context.findings, lookups, about_host(context, dane.tlsa), context.now);
  for (const DelegationEvidence& delegation : evidence.delegations)
    judge_delegation_match(context.findings, delegation, about_host(context, dane.tlsa));
}

void judge_dane(HostContext& context, const HostDane& dane) {
  if (context.host.dane == nullptr || context.host.dane->validation != Validation::proven) return;
  judge_dane_lookups(context, dane);
  if (dane.state != DaneState::applies) return;
  judge_dane_records(context, dane);
  judge_dane_addresses(context, dane);
}

}  // namespace mtasts::verdict
