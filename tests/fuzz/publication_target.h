// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Properties of what is generated for publishing: whatever the MX hosts of a domain and a person's
// patterns are, our own parsers read the policy and the records without a fault, and the policy
// covers the hosts; see grammar_targets.h.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <string_view>

#include "fuzz/promises.h"
#include "protocol/sts/policy_writer.h"
#include "protocol/sts/sts_policy.h"
#include "protocol/sts/sts_record.h"
#include "protocol/tlsrpt/rua_target.h"
#include "protocol/tlsrpt/tlsrpt_record.h"
#include "publish/mx_patterns.h"
#include "publish/publication.h"
#include "publish/records.h"
#include "publish/rua.h"

namespace mtasts::fuzz {

inline publish::PolicyRequest policy_request(OctetChooser& chooser) {
  constexpr std::array kDomains = {"example.com", "xn--bcher-kva.example", "a.b.co.uk"};
  constexpr std::array kReaches = {verdict::HostReach::unknown, verdict::HostReach::no_address,
                                   verdict::HostReach::not_public};
  constexpr std::array kModes = {protocol::Mode::testing, protocol::Mode::enforce,
                                 protocol::Mode::none};
  publish::PolicyRequest request;
  request.domain = chooser.one_of(kDomains);
  request.mode = chooser.one_of(kModes);
  if (chooser.flag()) request.max_age_seconds = 1 + chooser.number(255) * 123'000u;
  for (unsigned count = chooser.number(3); count > 0; --count)
    request.patterns.push_back(chooser.text(300));
  if (!request.patterns.empty() && chooser.flag()) return request;
  publish::LiveMail mail;
  mail.implicit = chooser.number(15) == 1;
  if (mail.implicit) {
    mail.hosts.push_back({request.domain, chooser.one_of(kReaches)});
    request.mail = std::move(mail);
    return request;
  }
  for (unsigned count = chooser.number(12); count > 0; --count) {
    const verdict::HostReach reach = chooser.one_of(kReaches);
    mail.hosts.push_back({chooser.text(300), reach});
  }
  request.mail = std::move(mail);
  return request;
}

inline void keep_sentences(Promises& promises, const std::vector<std::string>& sentences) {
  for (const std::string& sentence : sentences)
    promises.keep(is_showable(sentence), "a sentence not fit to show");
}

inline bool is_covered(const std::vector<std::string>& patterns, std::string_view host) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
    return protocol::mx_pattern_matches(pattern, host);
  });
}

inline void keep_policy(Promises& promises, const publish::PolicyRequest& request,
                        const publish::GeneratedPolicy& made) {
  const protocol::StsPolicy policy = protocol::parse_sts_policy(made.text);
  promises.keep(policy.valid && !protocol::has_error(policy.faults), "a policy with a fault");
  promises.keep(policy.mode == made.mode && policy.mx == made.mx, "another policy was written");
  promises.keep(policy.max_age_seconds == made.max_age_seconds, "another max_age was written");
  if (!request.mail || !request.patterns.empty() || made.mode == protocol::Mode::none) return;
  for (const publish::LiveHost& live : request.mail->hosts) {
    const bool left_out = std::any_of(
        made.left_out.begin(), made.left_out.end(),
        [&](const publish::LeftOut& other) { return other.host == printable(live.host, 4096); });
    promises.keep(live.host.empty() || left_out || is_covered(made.mx, live.host),
                  "an MX host is neither covered nor left out");
  }
}

inline void keep_records(Promises& promises, const publish::PolicyRequest& request,
                         const publish::GeneratedPolicy& made, std::vector<std::string> rua) {
  const Time now{std::chrono::seconds(1795300000)};
  const publish::RecordId id = publish::choose_id(made.text, {}, now);
  publish::RecordsRequest records;
  records.domain = request.domain;
  records.mode = made.mode;
  records.id = id.id;
  records.rua = std::move(rua);
  for (const publish::ZoneRecord& record : publish::records_of(records)) {
    if (record.type != "TXT" || record.placeholder) continue;
    if (record.name.starts_with("_mta-sts.")) {
      const auto read = protocol::parse_sts_record(record.value);
      promises.keep(read.valid && read.id == id.id && read.faults.empty(), "a record with a fault");
    } else {
      const auto read = protocol::parse_tlsrpt_record(record.value);
      promises.keep(read.valid && !protocol::has_error(read.faults),
                    "a TLSRPT record with a fault");
    }
  }
  const std::string zone = publish::zone_text(records);
  promises.keep(is_utf8(zone) && std::none_of(zone.begin(), zone.end(),
                                              [](char c) { return c == '\0' || c == '\r'; }),
                "a zone that is no text");
}

inline std::string broken_publication_promise(std::string_view octets) {
  OctetChooser chooser(octets);
  Promises promises;
  const publish::PolicyRequest request = policy_request(chooser);
  if (request.patterns.empty() && !request.mail) return {};
  const publish::GeneratedPolicy made = publish::generate_policy(request);
  promises.keep(made.text.empty() == (!made.refusal.empty() || !made.errors.empty()),
                "neither a policy nor a reason");
  keep_sentences(promises, made.notes);
  keep_sentences(promises, made.errors);
  keep_sentences(promises, made.providers);
  for (const publish::LeftOut& left : made.left_out)
    promises.keep(is_showable(left.host) && is_showable(left.correction),
                  "a host left out that is not fit to show");
  const publish::RuaReading rua = publish::read_rua({chooser.text(300)});
  keep_sentences(promises, rua.errors);
  for (const std::string& uri : rua.uris)
    promises.keep(protocol::rua_target(uri).has_value(), "a report address that leads nowhere");
  const auto max_age = publish::read_max_age(chooser.text(40));
  if (max_age)
    promises.keep(*max_age >= 1 && *max_age <= protocol::kMaxAgeLimit_seconds,
                  "a max_age out of range");
  if (made.text.empty()) return promises.broken();
  keep_policy(promises, request, made);
  keep_records(promises, request, made, rua.errors.empty() ? rua.uris : std::vector<std::string>());
  return promises.broken();
}

}  // namespace mtasts::fuzz
