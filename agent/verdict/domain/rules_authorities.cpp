// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/printable.h"
#include "verdict/domain/extra_rules.h"

namespace mtasts::verdict {
namespace {

using Kind = AuthorityLook::Kind;

// A transfer to the secondary servers takes minutes; refresh timers of an hour are usual.
constexpr auto kTransferTime = std::chrono::hours(1);

bool counts(const AuthorityLook& look) { return look.kind != Kind::unobserved; }
bool is_authoritative(const AuthorityLook& look) {
  return look.kind == Kind::record || look.kind == Kind::none;
}

// The answer of most servers; of the record where there is a tie, because it was found.
std::string usual_content(const AuthorityEvidence& evidence) {
  std::map<std::string, int> votes;
  for (const AuthorityLook& look : evidence.looks)
    if (is_authoritative(look)) votes[look.content] += look.kind == Kind::record ? 3 : 2;
  auto most = std::max_element(votes.begin(), votes.end(), [](const auto& one, const auto& other) {
    return one.second < other.second;
  });
  return most == votes.end() ? std::string() : most->first;
}

std::vector<std::string> servers_with(const AuthorityEvidence& evidence,
                                      const std::string& content) {
  std::set<std::string> servers;
  for (const AuthorityLook& look : evidence.looks)
    if (is_authoritative(look) && look.content == content) servers.insert(look.server);
  return {servers.begin(), servers.end()};
}

// Different versions of the zone may be a transfer in progress.
bool have_serials_of_one_version(const AuthorityEvidence& evidence) {
  std::set<uint32_t> serials;
  bool known = true;
  for (const AuthorityLook& look : evidence.looks) {
    if (!is_authoritative(look)) continue;
    known &= look.serial.has_value();
    if (look.serial) serials.insert(*look.serial);
  }
  return known && serials.size() <= 1;
}

std::string serial_text(const AuthorityLook& look) {
  return look.serial ? fmt::format(" (serial {})", *look.serial) : std::string();
}

}  // namespace

void judge_authorities(RuleContext& context, bool remembers) {
  const auto& evidence = context.evidence.extra.authorities;
  if (evidence == nullptr || evidence->differs_since == kNever) return;
  bool found = std::any_of(evidence->looks.begin(), evidence->looks.end(),
                           [](const AuthorityLook& look) { return look.kind == Kind::record; });
  if (!found) return;  // nothing shows that the servers themselves answered
  bool only_versions = std::all_of(
      evidence->looks.begin(), evidence->looks.end(),
      [](const AuthorityLook& look) { return !counts(look) || is_authoritative(look); });
  bool may_be_transfer = only_versions && !have_serials_of_one_version(*evidence);
  if (may_be_transfer && remembers && context.now < evidence->differs_since + kTransferTime) return;

  std::string usual = usual_content(*evidence);
  const AuthorityLook* example = nullptr;
  for (const AuthorityLook& look : evidence->looks)
    if (example == nullptr && is_authoritative(look) && look.content == usual) example = &look;
  if (example == nullptr) return;
  for (const AuthorityLook& look : evidence->looks) {
    if (!counts(look) || look.content == usual) continue;
    context.add("sts-txt-ns-inconsistent",
                {.message = fmt::format(
                     "{} [{}] answers {}{} for {}, but {} answers {}{}",
                     printable(look.server, 253), look.address.text(), look.content,
                     serial_text(look), printable(context.evidence.record.name, 253),
                     listed(servers_with(*evidence, usual), 3), usual, serial_text(*example)),
                 .host = look.server});
  }
}

}  // namespace mtasts::verdict
