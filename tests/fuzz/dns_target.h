// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Properties of the readers of DNS messages that hold for any octets; see grammar_targets.h. The
// octets are a response about _mta-sts.example.com; every record type is tried in turn.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "base/ascii.h"
#include "fuzz/promises.h"
#include "protocol/dns/authority_message.h"
#include "protocol/dns/message.h"

namespace mtasts::fuzz {

inline constexpr std::string_view kDnsName = "_mta-sts.example.com";

// A decoded name can be used in a query, and is its own canonical form.
inline void keep_name(Promises& promises, const std::string& name) {
  promises.keep(protocol::canonical_name(name) == name, "a name not in its canonical form");
  promises.keep(protocol::encode_query(name, protocol::RecordType::txt, 1).has_value(),
                "a name that cannot be asked for");
}

inline void keep_dnssec(Promises& promises, const protocol::DnsAnswer& answer) {
  using protocol::DnsStatus;
  const auto& signatures = answer.dnssec.signatures;
  promises.keep(signatures.size() <= protocol::kSignatureLimit, "more signatures than allowed");
  for (const auto& signature : signatures) {
    keep_name(promises, signature.owner);
    keep_name(promises, signature.signer);
    promises.keep(signature.ttl.count() >= 0, "a signature with a negative TTL");
  }
  promises.keep(protocol::last_of_each(signatures).size() <= signatures.size(),
                "more signed sets than signatures");
  promises.keep(answer.extended_errors.size() <= protocol::kExtendedErrorLimit,
                "more extended errors than allowed");
  for (const auto& error : answer.extended_errors)
    promises.keep(error.text.empty() || is_showable(error.text), "an error's text not fit to show");
  size_t tlsa_size = 0;
  for (const std::string& data : answer.tlsa) tlsa_size += data.size();
  promises.keep(tlsa_size <= 65535, "more TLSA data than a message holds");
  const auto match = protocol::match_delegation(answer.ds, answer.keys);
  promises.keep(match.matched_tags.size() + match.unmatched_tags.size() + match.unknown_digests ==
                    answer.ds.size(),
                "a DS record that is not counted");
  promises.keep(!answer.authenticated || protocol::is_conclusive(answer.status) ||
                    answer.status == DnsStatus::referral || answer.status == DnsStatus::servfail,
                "an AD bit of an answer without data");
}

inline void keep_answer(Promises& promises, const protocol::DnsAnswer& answer) {
  using protocol::DnsStatus;
  const size_t count = answer.texts.size() + answer.mx.size() + answer.addresses.size() +
                       answer.tlsa.size() + answer.names.size() + answer.ds.size() +
                       answer.keys.size();
  promises.keep(count <= protocol::kRecordLimit, "more records than allowed");
  promises.keep((answer.status == DnsStatus::answered) == (count > 0),
                "answered and records disagree");
  promises.keep(answer.ttl.count() >= 0 && answer.ttl.count() <= 7 * 24 * 3600,
                "a TTL over a week");
  size_t text_size = 0;
  for (const std::string& text : answer.texts) text_size += text.size();
  promises.keep(text_size <= 65535, "more text than a message holds");
  for (const auto& mx : answer.mx) keep_name(promises, mx.host);
  for (const std::string& name : answer.names) keep_name(promises, name);
  promises.keep(answer.detail.empty() || is_showable(answer.detail), "a detail not fit to show");
  keep_dnssec(promises, answer);
  promises.keep(answer.cname_chain.size() <= protocol::kCnameLimit, "a chain over the limit");
  std::set<std::string> seen = {answer.name};
  bool repeated = false;
  for (const std::string& name : answer.cname_chain) {
    keep_name(promises, name);
    promises.keep(!repeated, "a chain that goes on behind its loop");
    repeated = !seen.insert(name).second;
  }
  promises.keep(!repeated || answer.cname_loop, "a loop that is not told");
}

inline void keep_authority(Promises& promises, std::string_view message,
                           protocol::RecordType type) {
  const auto authority = protocol::decode_authority_response(message, kDnsName, type);
  promises.keep(authority.answer.name == kDnsName && authority.answer.type == type,
                "an authority's answer to another question");
  promises.keep(!authority.referral || authority.answer.status != protocol::DnsStatus::answered,
                "a referral with an answer");
  promises.keep(authority.answer.detail.empty() || is_showable(authority.answer.detail),
                "an authority's detail not fit to show");
  for (const auto& mx : authority.answer.mx) keep_name(promises, mx.host);
  for (const std::string& name : authority.answer.names) keep_name(promises, name);
}

inline std::string broken_dns_message_promise(std::string_view message) {
  using protocol::RecordType;
  Promises promises;
  for (const RecordType type :
       {RecordType::a, RecordType::ns, RecordType::cname, RecordType::mx, RecordType::txt,
        RecordType::aaaa, RecordType::soa, RecordType::ds, RecordType::dnskey, RecordType::tlsa}) {
    // The question type in the message is overwritten, so that one input reaches every reader.
    std::string asked(message);
    constexpr size_t kTypeAt = 12 + kDnsName.size() + 2;
    if (asked.size() > kTypeAt + 1) {
      asked[kTypeAt] = 0;
      asked[kTypeAt + 1] = static_cast<char>(type);
    }
    const protocol::DnsResponse response = protocol::decode_response(asked, kDnsName, type);
    promises.keep(response.answer.name == kDnsName && response.answer.type == type,
                  "an answer to another question");
    keep_answer(promises, response.answer);
    promises.keep(!response.target_open || !response.answer.cname_chain.empty(),
                  "an open target without a chain");
    promises.keep(!response.chain_broken || response.answer.status == protocol::DnsStatus::servfail,
                  "a broken chain that is not SERVFAIL");
    promises.keep(protocol::decode_response(asked, kDnsName, type).answer == response.answer,
                  "an answer that reads differently again");
    keep_authority(promises, asked, type);
  }
  protocol::decode_soa_serial(message, "example.com");
  protocol::is_truncated(message);
  protocol::rejects_edns(message);
  protocol::leaves_it_to_others(message);
  return promises.broken();
}

}  // namespace mtasts::fuzz
