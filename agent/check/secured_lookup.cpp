// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "check/secured_lookup.h"

#include <algorithm>
#include <boost/asio/use_awaitable.hpp>
#include <iterator>

#include "protocol/dns/dnssec.h"

namespace mtasts::check {
namespace {

namespace asio = boost::asio;
using protocol::DnsAnswer;
using protocol::DnssecFlags;
using protocol::DnsSignature;
using protocol::DnsStatus;
using protocol::RecordType;
using verdict::DelegationEvidence;
using verdict::DnsSecurity;
using verdict::SecuredLookup;
using verdict::Validation;

constexpr size_t kMostSignatures = 16;
constexpr size_t kMostKeyTags = 16;

DnsSecurity security_of(const DnsAnswer& answer, Validation validation) {
  switch (answer.status) {
    case DnsStatus::answered:
    case DnsStatus::nodata:
    case DnsStatus::nxdomain:
      if (validation != Validation::proven) return DnsSecurity::undetermined;
      return answer.authenticated ? DnsSecurity::secure : DnsSecurity::insecure;
    case DnsStatus::servfail:
      return DnsSecurity::servfail;
    case DnsStatus::timeout:
      return DnsSecurity::no_response;
    case DnsStatus::malformed:
      return DnsSecurity::unusable;
    case DnsStatus::refused:
    case DnsStatus::unreachable:
    case DnsStatus::referral:
    case DnsStatus::denied:
    case DnsStatus::cancelled:
      break;
  }
  return DnsSecurity::local_failure;
}

// The one that tells most: where validation is suspected to have failed, that.
const protocol::ExtendedError* main_error(const std::vector<protocol::ExtendedError>& errors) {
  for (const protocol::ExtendedError& error : errors)
    if (protocol::suggests_bogus({error})) return &error;
  return errors.empty() ? nullptr : &errors.front();
}

// Dates and proofs: also of an answer that does not validate.
void add_signatures(const DnsAnswer& answer, SecuredLookup& lookup) {
  for (const DnsSignature& signature : protocol::last_of_each(answer.dnssec.signatures)) {
    if (lookup.signatures.size() >= kMostSignatures) break;
    verdict::SignatureDates dates;
    dates.owner = signature.owner;
    dates.type = protocol::type_text(signature.covered);
    dates.signer = signature.signer;
    dates.inception = signature.inception;
    dates.expiration = signature.expiration;
    dates.age_in_cache = std::max(std::chrono::seconds(0), signature.original_ttl - signature.ttl);
    lookup.signatures.push_back(std::move(dates));
  }
}

// Of the answer itself.
void note_signatures(const DnsAnswer& answer, SecuredLookup& lookup) {
  lookup.signatures.clear();
  add_signatures(answer, lookup);
  lookup.from_wildcard = answer.dnssec.wildcard;
  if (!lookup.from_wildcard && answer.status == DnsStatus::answered) return;
  lookup.denial.nsec3_iterations = answer.dnssec.nsec3_iterations;
  lookup.denial.opt_out = answer.dnssec.nsec3_opt_out;
}

std::vector<std::string> signers_of(const DnsAnswer& answer) {
  std::vector<std::string> zones;
  for (const DnsSignature& signature : answer.dnssec.signatures)
    if (std::find(zones.begin(), zones.end(), signature.signer) == zones.end())
      zones.push_back(signature.signer);
  return zones;
}

void add_zones(const std::vector<std::string>& more, std::vector<std::string>& zones) {
  for (const std::string& zone : more)
    if (zones.size() < SecuredLookups::kMostZones &&
        std::find(zones.begin(), zones.end(), zone) == zones.end())
      zones.push_back(zone);
}

// Keys with the SEP bit, which DS records name by custom (RFC 4034 §2.1.1); all where none has it.
std::vector<uint16_t> key_tags(const std::vector<protocol::DnsKey>& keys) {
  std::vector<uint16_t> entry_points, others;
  for (const protocol::DnsKey& key : keys)
    ((key.flags & 1) != 0 ? entry_points : others).push_back(key.key_tag);
  std::vector<uint16_t>& tags = entry_points.empty() ? others : entry_points;
  if (tags.size() > kMostKeyTags) tags.resize(kMostKeyTags);
  return tags;
}

DelegationEvidence::Match match_of(const DnsAnswer& ds, const DnsAnswer& keys) {
  using Match = DelegationEvidence::Match;
  if (protocol::is_denial(ds.status)) return Match::no_ds;
  if (ds.status != DnsStatus::answered) return Match::unknown;
  if (protocol::is_denial(keys.status)) return Match::no_dnskey;
  if (keys.status != DnsStatus::answered) return Match::unknown;
  const protocol::DelegationMatch match = protocol::match_delegation(ds.ds, keys.keys);
  if (match.matched_tags.empty())
    return match.unmatched_tags.empty() ? Match::unknown : Match::none;
  return match.unmatched_tags.empty() && match.unknown_digests == 0 ? Match::all : Match::some;
}

}  // namespace

SecuredLookup secured_lookup(const DnsAnswer& answer, Validation validation) {
  SecuredLookup lookup;
  lookup.name = answer.name;
  lookup.type = answer.type;
  lookup.status = answer.status;
  lookup.security = security_of(answer, validation);
  lookup.ttl = answer.ttl;
  lookup.aliases = answer.cname_chain;
  if (const auto* error = main_error(answer.extended_errors)) {
    lookup.extended_error = error->code;
    lookup.extended_text = error->text;
  }
  note_signatures(answer, lookup);
  return lookup;
}

asio::awaitable<void> SecuredLookups::query(std::string name, RecordType type, std::string target,
                                            DnsAnswer& answer, std::string client) {
  DnssecFlags flags;
  flags.signatures = true;
  co_await lookup_.query(name, type, target, answer, client, flags);
}

asio::awaitable<DnsAnswer> SecuredLookups::ask_unchecked(std::string client, std::string name,
                                                         RecordType type) {
  DnssecFlags flags;
  flags.signatures = true;
  flags.checking_disabled = true;
  return environment_.resolver.query_dnssec(std::move(client), std::move(name), type, flags);
}

asio::awaitable<void> SecuredLookups::secure(const DnsAnswer& answer, Validation validation,
                                             std::string client, SecuredLookup& lookup,
                                             std::vector<std::string>& zones) {
  lookup = secured_lookup(answer, validation);
  // A broken alias chain is no question of validation.
  const bool hides = answer.status == DnsStatus::servfail && !answer.cname_loop &&
                     validation == Validation::proven;
  if (!hides) co_return;
  const DnsAnswer unchecked = co_await ask_unchecked(client, answer.name, answer.type);
  if (!protocol::is_conclusive(unchecked.status)) co_return;
  lookup.unvalidated = unchecked.status;
  lookup.security = DnsSecurity::bogus;
  lookup.ttl = unchecked.ttl;
  lookup.aliases = unchecked.cname_chain;
  note_signatures(unchecked, lookup);
  std::vector<std::string> signers = signers_of(unchecked);
  if (signers.empty()) {
    const std::string zone = co_await zone_of(client, unchecked);
    signers.push_back(zone);
  }
  add_zones(signers, zones);
}

asio::awaitable<void> SecuredLookups::add_key_dates(std::string client, SecuredLookup& lookup) {
  if (lookup.signatures.empty() || lookup.signatures.front().signer.empty()) co_return;
  const std::string zone = lookup.signatures.front().signer;
  DnssecFlags flags;
  flags.signatures = true;
  for (const RecordType type : {RecordType::dnskey, RecordType::ds}) {
    const DnsAnswer answer = co_await environment_.resolver.query_dnssec(client, zone, type, flags);
    if (answer.status == DnsStatus::answered && answer.authenticated)
      add_signatures(answer, lookup);
  }
}

// Of an answer without signatures; the root where it cannot be found.
asio::awaitable<std::string> SecuredLookups::zone_of(std::string client,
                                                     const DnsAnswer& unchecked) {
  const std::string name =
      unchecked.cname_chain.empty() ? unchecked.name : unchecked.cname_chain.back();
  if (!unchecked.zone.empty()) co_return unchecked.zone;
  const DnsAnswer soa = co_await ask_unchecked(client, name, RecordType::soa);
  if (soa.status == DnsStatus::answered) co_return name;
  co_return soa.zone;
}

// `parent`: who signed the DS records, or the denial of them.
asio::awaitable<DelegationEvidence> SecuredLookups::compare(std::string zone, std::string client,
                                                            std::string& parent) {
  const DnsAnswer ds = co_await ask_unchecked(client, zone, RecordType::ds);
  const DnsAnswer keys = co_await ask_unchecked(client, zone, RecordType::dnskey);
  DelegationEvidence evidence;
  evidence.zone = zone;
  evidence.match = match_of(ds, keys);
  for (const protocol::DsRecord& one : ds.ds)
    if (evidence.ds_key_tags.size() < kMostKeyTags) evidence.ds_key_tags.push_back(one.key_tag);
  evidence.dnskey_key_tags = key_tags(keys.keys);
  const std::vector<std::string> signers = signers_of(ds);
  parent = signers.empty() || signers.front() == zone ? std::string() : signers.front();
  co_return evidence;
}

asio::awaitable<void> SecuredLookups::examine(std::vector<std::string> zones, std::string client,
                                              std::vector<DelegationEvidence>& delegations) {
  for (std::string zone : zones) {
    // The root has no DS record, and its keys are the resolver's business.
    while (!zone.empty() && delegations.size() < kMostZones) {
      const bool known = std::any_of(delegations.begin(), delegations.end(),
                                     [&](const auto& one) { return one.zone == zone; });
      if (known) break;
      std::string parent;
      DelegationEvidence evidence = co_await compare(zone, client, parent);
      const auto match = evidence.match;
      delegations.push_back(std::move(evidence));
      const bool fine =
          match == DelegationEvidence::Match::all || match == DelegationEvidence::Match::some;
      if (!fine) break;
      zone = parent;
    }
  }
}

}  // namespace mtasts::check
