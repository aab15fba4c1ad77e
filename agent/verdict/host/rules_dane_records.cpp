// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Stage dane of one MX host: the TLSA records as published (RFC 7671, RFC 7672 §3.1).
#include <fmt/format.h>

#include <algorithm>

#include "base/digest.h"
#include "base/printable.h"
#include "verdict/host/host_rules.h"
#include "verdict/host/public_issuers.h"
#include "verdict/text.h"

namespace mtasts::verdict {
namespace {

using protocol::Tlsa;
using protocol::TlsaFault;

constexpr size_t kMostRecordsTaken = 12;  // Microsoft 365 fails with more

FindingDetails about_records(const HostContext& context, const HostDane& dane,
                             std::string message) {
  FindingDetails what;
  what.message = std::move(message);
  what.host = context.host.host;
  what.tlsa.base = dane.tlsa->base;
  return what;
}

template <typename Predicate>
std::vector<std::string> texts_of(const HostDane& dane, Predicate predicate) {
  std::vector<std::string> texts;
  for (const Tlsa& record : dane.records)
    if (predicate(record)) texts.push_back(text_of(record));
  return texts;
}

std::string counted(size_t count, std::string_view one, std::string_view more) {
  return fmt::format("{} {}", count, count == 1 ? one : more);
}

void judge_faults(HostContext& context, const HostDane& dane) {
  for (const Tlsa& record : dane.records) {
    if (record.is_usable()) continue;
    context.findings.add(
        protocol::is_malformed(record.fault) ? FindingCode("dane-tlsa-malformed")
                                             : "dane-pkix-usage",
        about_records(context, dane,
                      fmt::format("Senders skip the TLSA record \"{}\": {}", text_of(record),
                                  protocol::words_of(record.fault))));
  }
  if (dane.has_usable()) return;
  context.findings.add(
      "dane-tlsa-unusable-all",
      about_records(context, dane,
                    fmt::format("None of the {} of {} is usable, so senders with DANE accept any "
                                "certificate",
                                counted(dane.records.size(), "TLSA record", "TLSA records"),
                                printable(dane.tlsa->base, 253))));
}

void judge_size(HostContext& context, const HostDane& dane) {
  size_t count = dane.records.size() + dane.tlsa->left_out;
  if (count > kMostRecordsTaken)
    context.findings.add("dane-too-many-records",
                         about_records(context, dane,
                                       fmt::format("{} has {} TLSA records",
                                                   printable(dane.tlsa->base, 253), count)));
  std::vector<std::string> full = texts_of(dane, [](const Tlsa& record) {
    return record.is_usable() && record.matching == protocol::kFull;
  });
  if (!full.empty())
    context.findings.add(
        "dane-full-matching",
        about_records(context, dane,
                      fmt::format("{} of matching type 0: {}",
                                  counted(full.size(), "record", "records"), listed(full, 3))));
}

// RFC 6698 §2.1.3, RFC 7671 §9: every sender has SHA-256, not every one SHA-512. RFC 7671 §5.1: a
// key can stay at renewal, a certificate cannot.
void judge_choice(HostContext& context, const HostDane& dane) {
  bool usable = false, other_digest = false, key = false, certificate = false;
  for (const Tlsa& record : dane.records) {
    if (!record.is_usable()) continue;
    usable = true;
    other_digest |= record.matching != protocol::kSha512;
    if (record.usage != protocol::kDaneEe) continue;
    (record.selector == protocol::kSelectKey ? key : certificate) = true;
  }
  if (usable && !other_digest)
    context.findings.add(
        "dane-weak-set",
        about_records(context, dane,
                      "Every TLSA record has a SHA-512 digest, which not every sender supports"));
  if (certificate && !key)
    context.findings.add(
        "dane-weak-set",
        about_records(context, dane,
                      "The TLSA records of usage 3 pin the certificate (selector 0), so each "
                      "renewal needs a new record even if the key stays"));
}

// The trust anchors' keys of the records, as in the table of public issuers.
std::vector<const PublicIssuer*> pinned_issuers(const HostDane& dane) {
  std::vector<const PublicIssuer*> pinned;
  for (const Tlsa& record : dane.records) {
    if (!record.is_usable() || record.usage != protocol::kDaneTa ||
        record.selector != protocol::kSelectKey || record.matching != protocol::kSha256)
      continue;
    if (const PublicIssuer* issuer = issuer_with_key(hex(record.data))) pinned.push_back(issuer);
  }
  return pinned;
}

bool pins(const std::vector<const PublicIssuer*>& pinned, const PublicIssuer& issuer) {
  return std::find(pinned.begin(), pinned.end(), &issuer) != pinned.end();
}

// A usage 2 record for something other than the issuers of one family, such as the root, that the
// server also sends: then it does not matter which issuer signs.
bool pins_above(const HostContext& context, const HostDane& dane) {
  for (size_t i = 0; i < dane.addresses.size(); ++i) {
    if (!dane.addresses[i].compared) continue;
    protocol::ServedChain chain(context.host.attempts[i].presented);
    for (size_t at = 2; at < chain.size(); ++at)
      for (const Tlsa& record : dane.records)
        if (record.is_usable() && record.usage == protocol::kDaneTa &&
            record.data == chain.data_for(at, record.selector, record.matching))
          return true;
  }
  return false;
}

bool pins_anchor(const HostDane& dane) {
  return std::any_of(dane.records.begin(), dane.records.end(), [](const Tlsa& record) {
    return record.is_usable() && record.usage == protocol::kDaneTa;
  });
}

void judge_retired(HostContext& context, const HostDane& dane,
                   const std::vector<const PublicIssuer*>& pinned) {
  std::vector<std::string> names;
  for (const PublicIssuer* issuer : pinned)
    if (issuer->use == IssuerUse::retired) names.emplace_back(issuer->name);
  if (names.empty()) return;
  context.findings.add(
      "dane-ta-retired-issuer",
      about_records(context, dane,
                    fmt::format("The TLSA records name {} of Let's Encrypt, which "
                                "{} no certificates any more",
                                listed(names), names.size() == 1 ? "issues" : "issue")));
}

// Only where the served certificate is of such an issuer: others are not the server's business.
void judge_issuer_set(HostContext& context, const HostDane& dane,
                      const std::vector<const PublicIssuer*>& pinned) {
  const PublicIssuer* served = nullptr;
  for (const auto& attempt : context.host.attempts)
    if (attempt.chain != nullptr && served == nullptr)
      served = issuer_named(attempt.chain->leaf.issuer);
  if (served == nullptr || !pins_anchor(dane) || pins_above(context, dane)) return;
  std::vector<std::string> missing, records;
  bool needed = false;
  for (const PublicIssuer& issuer : public_issuers()) {
    bool picked = issuer.use == IssuerUse::active || issuer.use == IssuerUse::standby;
    if (!picked || issuer.family != served->family || &issuer == served || pins(pinned, issuer))
      continue;
    needed |= issuer.use == IssuerUse::active;
    missing.emplace_back(issuer.name);
    records.push_back(fmt::format("\"2 1 1 {}\" ({})", issuer.key_sha256, issuer.name));
  }
  if (!needed) return;
  FindingDetails what = about_records(
      context, dane,
      fmt::format("The certificate is issued by {} of Let's Encrypt, which picks one of several "
                  "issuers at each renewal; there is no TLSA record for {}",
                  served->name, listed(missing)));
  what.fix = fmt::format(
      "Publish {} and those of newer issuers, or use \"3 1 1\" and keep the key "
      "at renewal",
      listed(records));
  context.findings.add("dane-ta-issuer-set-partial", std::move(what));
}

}  // namespace

void judge_dane_records(HostContext& context, const HostDane& dane) {
  judge_faults(context, dane);
  judge_size(context, dane);
  judge_choice(context, dane);
  std::vector<const PublicIssuer*> pinned = pinned_issuers(dane);
  judge_retired(context, dane, pinned);
  judge_issuer_set(context, dane, pinned);
}

}  // namespace mtasts::verdict
