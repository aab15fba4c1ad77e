// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Stage dane of one MX host: what each address serves against the TLSA records (RFC 7672 §3.1).
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/digest.h"
#include "base/printable.h"
#include "verdict/host/host_rules.h"
#include "verdict/text.h"

namespace mtasts::verdict {
namespace {

using protocol::DaneOutcome;
using protocol::DaneResult;
using protocol::SmtpAttempt;
using protocol::Tlsa;

constexpr size_t kMostRecordsShown = 3;
constexpr size_t kMostInCommand = 12;

std::vector<std::string> usable_texts(const HostDane& dane, size_t most_digits) {
  std::vector<std::string> texts;
  for (const Tlsa& record : dane.records)
    if (record.is_usable()) texts.push_back(text_of(record, most_digits));
  return texts;
}

// The record of what the address serves now, as a fix.
std::string served_record(const SmtpAttempt& attempt) {
  protocol::ServedChain chain(attempt.presented);
  std::string key = chain.data_for(0, protocol::kSelectKey, protocol::kSha256);
  return key.empty() ? std::string() : "3 1 1 " + hex(key);
}

struct AddressContext {
  HostContext& context;
  const HostDane& dane;
  const SmtpAttempt& attempt;
  const AddressDane& address;
  bool alike;  // all addresses behave alike: no address in the subject

  FindingDetails details(std::string message) const {
    FindingDetails what;
    what.message = std::move(message);
    what.host = context.host.host;
    what.address = attempt.address;
    what.address_in_subject = !alike;
    what.may_be_local = false;
    what.tlsa.base = dane.tlsa->base;
    what.tlsa.records = usable_texts(dane, protocol::kWholeData);
    if (what.tlsa.records.size() > kMostInCommand) what.tlsa.records.resize(kMostInCommand);
    return what;
  }
  // Senders go on to the next address: one bad address beside a good one stops no mail.
  void add_failure(FindingCode code, FindingDetails what) const {
    if (dane.any(DaneStatus::verified)) what.severity = Severity::warning;
    context.findings.add(code, std::move(what));
  }
};

std::string agility_text(const DaneResult& result) {
  return result.ignoring_agility
             ? ": a record with a stronger digest is stale, and only it counts (RFC 7671 §9)"
             : "";
}

void add_mismatch(const AddressContext& one, const std::string& reason) {
  std::vector<std::string> published = usable_texts(one.dane, 16);
  FindingDetails what =
      one.details(fmt::format("No TLSA record ({}) matches what the server presents{}",
                              listed(published, kMostRecordsShown), reason));
  std::string record = served_record(one.attempt);
  if (!record.empty())
    what.fix = fmt::format(
        "If the key in use is the right one, publish _25._tcp.{} TLSA {}; else install the key of "
        "the published record again",
        printable(one.dane.tlsa->base, 240), record);
  one.add_failure("dane-mismatch", std::move(what));
}

void judge_without_tls(const AddressContext& one) {
  const bool offered = one.attempt.starttls_offered.value_or(false);
  using protocol::SmtpStatus;
  if (one.attempt.status == SmtpStatus::tls_failed ||
      one.attempt.status == SmtpStatus::tls_closed) {
    FindingDetails what = one.details(
        fmt::format("The TLS handshake fails ({}), so no TLSA record can match, and senders with "
                    "DANE deliver nothing",
                    printable(one.attempt.detail, 200)));
    what.fix = "Repair TLS as the finding of stage smtp says";
    one.add_failure("dane-mismatch", std::move(what));
    return;
  }
  FindingDetails what = one.details(
      fmt::format("There are {} TLSA record{}, but the server {} STARTTLS", one.dane.records.size(),
                  one.dane.records.size() == 1 ? "" : "s", offered ? "refuses" : "does not offer"));
  what.may_be_local = true;
  one.add_failure("dane-starttls-missing", std::move(what));
}

void judge_failure(const AddressContext& one) {
  const DaneResult& result = one.address.result;
  switch (result.outcome) {
    case DaneOutcome::mismatch:
      add_mismatch(one, agility_text(result));
      break;
    case DaneOutcome::pins_leaf:
      add_mismatch(one, ": the record of usage 2 has the server's own certificate");
      break;
    case DaneOutcome::ta_chain:
      add_mismatch(one, ": the trust anchor is sent, but the chain to it fails: " + result.detail);
      break;
    case DaneOutcome::ta_not_sent: {
      int sent = one.attempt.chain != nullptr ? one.attempt.chain->presented_count : 1;
      one.add_failure(
          "dane-ta-not-in-chain",
          one.details(fmt::format("None of the {} certificate{} that the server sends is a trust "
                                  "anchor of the TLSA records ({}){}",
                                  sent, sent == 1 ? "" : "s",
                                  listed(usable_texts(one.dane, 16), kMostRecordsShown),
                                  agility_text(result))));
      break;
    }
    case DaneOutcome::ta_expired:
      one.add_failure("dane-ta-expired",
                      one.details("The chain to the trust anchor of the TLSA records is not valid "
                                  "now: " +
                                  result.detail));
      break;
    default:
      break;  // `name` depends on the domain: rules_dane.cpp of domain/
  }
}

bool is_stale(const HostDane& dane, const DaneResult& result, const Tlsa& of) {
  for (size_t i = 0; i < dane.records.size(); ++i) {
    const Tlsa& record = dane.records[i];
    bool same = record.is_usable() && record.usage == of.usage && record.selector == of.selector;
    if (same && result.matches[i]) return false;
  }
  return true;
}

// RFC 7671 §8.1, §8.4: every usage and selector has a record of the present chain.
void judge_combinations(const AddressContext& one) {
  const DaneResult& result = one.address.result;
  std::set<std::string> stale;
  for (const Tlsa& record : one.dane.records) {
    if (!record.is_usable() || !is_stale(one.dane, result, record)) continue;
    if (record.usage == protocol::kDaneTa && result.pins_leaf) continue;  // has its own finding
    stale.insert(fmt::format("\"{} {}\"", record.usage, record.selector));
  }
  if (stale.empty()) return;
  std::vector<std::string> names(stale.begin(), stale.end());
  one.context.findings.add(
      "dane-combination-mismatch",
      one.details(fmt::format("No record of usage and selector {} matches the certificate in use",
                              listed(names))));
}

void judge_leaf_anchor(const AddressContext& one) {
  if (!one.address.result.pins_leaf) return;
  FindingDetails what = one.details(
      "A TLSA record of usage 2 has the server's own certificate or key, not an issuer's");
  std::string record = served_record(one.attempt);
  if (!record.empty()) what.fix = fmt::format("Publish it as \"{}\" instead", record);
  one.context.findings.add("dane-ta-pins-leaf", std::move(what));
}

void judge_differences(const AddressContext& one) {
  const DaneResult& result = one.address.result;
  std::string difference;
  if (!result.verified() && result.ignoring_agility)
    difference =
        "Senders with digest agility (Postfix, Exim) find no match, mox, which has none, does";
  else if (result.verified() && result.name_in_cn)
    difference =
        "The name is only in the certificate's CN: Postfix and Exim take it, mox refuses it";
  else if (result.verified() && result.key_unsent)
    difference =
        "The trust anchor's key is published (2 1 0), but its certificate is not sent: Postfix and "
        "Exim take that, mox refuses it";
  else if (result.verified() && result.anchor_expired)
    difference = "The trust anchor itself is not valid now (" + result.detail +
                 "): Postfix and Exim take it, mox refuses it";
  else if (one.dane.through_alias)
    difference =
        "The MX host is a signed alias of an unsigned name: Postfix applies its TLSA records, mox "
        "does not";
  if (!difference.empty())
    one.context.findings.add("dane-senders-differ", one.details(std::move(difference)));
}

// RFC 7671 §8.1: the next key, or the issuer, must have a record before it is used.
void judge_rollover(HostContext& context, const HostDane& dane, const AddressDane& verified) {
  const DaneResult& result = verified.result;
  std::set<int> usages;
  std::set<std::string> anchors;
  for (size_t i = 0; i < dane.records.size(); ++i) {
    const Tlsa& record = dane.records[i];
    if (!record.is_usable()) continue;
    if (!result.matches[i]) return;  // for another key
    usages.insert(record.usage);
    if (record.usage == protocol::kDaneTa)
      anchors.insert(fmt::format("{} {} {}", record.selector, record.matching, record.data));
  }
  if (usages.size() > 1 || anchors.size() > 1) return;
  FindingDetails what;
  what.message = fmt::format("Every TLSA record of {} is of the {} in use now",
                             printable(dane.tlsa->base, 253), anchors.empty() ? "key" : "issuer");
  what.host = context.host.host;
  what.tlsa.base = dane.tlsa->base;
  context.findings.add("dane-no-rollover", std::move(what));
}

bool all_alike(const HostDane& dane, const std::vector<SmtpAttempt>& attempts) {
  for (size_t i = 1; i < attempts.size(); ++i)
    if (dane.addresses[i].status != dane.addresses[0].status ||
        attempts[i].presented != attempts[0].presented || attempts[i].status != attempts[0].status)
      return false;
  return true;
}

// Clients that offer only the other algorithm are presented another certificate, which needs its
// records as well.
void judge_other_algorithm(HostContext& context, const HostDane& dane) {
  if (context.host.variants == nullptr || !dane.any(DaneStatus::verified)) return;
  const SmtpAttempt& other = context.host.variants->other_algorithm;
  if (other.presented.empty()) return;
  std::vector<std::string> names = {dane.tlsa->base, context.host.host};
  DaneResult result =
      protocol::ServedChain(other.presented)
          .verify(dane.records, names, std::chrono::floor<std::chrono::seconds>(context.now));
  if (result.verified() || result.outcome == DaneOutcome::too_costly ||
      result.outcome == DaneOutcome::unusable || result.outcome == DaneOutcome::name)
    return;
  AddressDane address{other.address, DaneStatus::failed, result, true, false};
  AddressContext one{context, dane, other, address, false};
  FindingDetails what = one.details(fmt::format(
      "Senders that support only {} keys are presented another certificate, which no TLSA record "
      "matches",
      other.chain != nullptr ? printable(other.chain->leaf.key_type, 20) : "other"));
  std::string record = served_record(other);
  if (!record.empty()) what.fix = fmt::format("Publish \"{}\" as well", record);
  what.severity = Severity::warning;
  context.findings.add("dane-mismatch", std::move(what));
}

}  // namespace

void judge_dane_addresses(HostContext& context, const HostDane& dane) {
  const auto& attempts = context.host.attempts;
  const bool alike = all_alike(dane, attempts);
  const AddressDane* verified = nullptr;
  for (size_t i = 0; i < attempts.size(); ++i) {
    const AddressDane& address = dane.addresses[i];
    AddressContext one{context, dane, attempts[i], address, alike};
    if (address.without_tls) judge_without_tls(one);
    if (address.compared) {
      judge_failure(one);
      judge_leaf_anchor(one);
      judge_differences(one);
      if (address.result.verified()) {
        judge_combinations(one);
        verified = &address;
      }
    }
    if (alike) break;
  }
  if (verified != nullptr) judge_rollover(context, dane, *verified);
  judge_other_algorithm(context, dane);
}

}  // namespace mtasts::verdict
