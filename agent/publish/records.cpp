// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "publish/records.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/digest.h"
#include "base/domain_name.h"
#include "base/printable.h"
#include "protocol/sts/policy_location.h"
#include "protocol/sts/policy_writer.h"

namespace mtasts::publish {
namespace {

constexpr size_t kShown_bytes = 80;
constexpr size_t kLongestString_bytes = 255;  // RFC 1035 §3.3
constexpr size_t kMostAddresses = 16;
constexpr std::string_view kWebServer = "<your web server>";
constexpr std::string_view kReportAddress = "mailto:<address that receives reports>";

verdict::PolicyFacts facts_of(const std::string& body) {
  protocol::StsPolicy policy = protocol::parse_sts_policy(body);
  verdict::PolicyFacts facts;
  facts.digest = sha256_hex(body);
  facts.mode = policy.mode.value_or(protocol::Mode::none);
  facts.max_age_seconds = policy.max_age_seconds.value_or(0);
  facts.mx = policy.mx;
  return facts;
}

// A policy with another meaning was published under `id`.
bool was_of_another(const std::string& id, const verdict::PolicyFacts& policy,
                    const PublishedBefore& before) {
  if (before.live_id == id && before.live_body &&
      !verdict::mean_the_same(facts_of(*before.live_body), policy))
    return true;
  if (before.history == nullptr) return false;
  const auto& instances = before.history->instances;
  return std::any_of(instances.begin(), instances.end(), [&](const verdict::CachedPolicy& one) {
    return one.id == id && !verdict::mean_the_same(*one.policy, policy);
  });
}

// RFC 1035 §5.1: character-strings in quotes. The values have neither quotes nor backslashes.
std::string in_quotes(std::string_view value) {
  std::string text;
  do {
    text += fmt::format("{}\"{}\"", text.empty() ? "" : " ", value.substr(0, kLongestString_bytes));
    value.remove_prefix(std::min(kLongestString_bytes, value.size()));
  } while (!value.empty());
  return text;
}

std::string zone_line(const ZoneRecord& record) {
  std::string data = record.value;
  if (record.type == "TXT") data = in_quotes(data);
  if (record.type == "CNAME" && !record.placeholder) data += '.';
  return fmt::format("{}{}. {} IN {} {}\n", record.placeholder ? "; " : "", record.name,
                     record.ttl_seconds, record.type, data);
}

std::string joined(const std::vector<std::string>& uris) {
  std::string text;
  for (const std::string& uri : uris) text += (text.empty() ? "" : ",") + uri;
  return text;
}

}  // namespace

RecordId choose_id(const std::string& policy, const PublishedBefore& before, Time now) {
  RecordId chosen{protocol::id_of_policy(policy), {}};
  if (!was_of_another(chosen.id, facts_of(policy), before)) return chosen;
  std::string taken = chosen.id;
  for (Time at = now;; at += std::chrono::seconds(1)) {
    chosen.id = verdict::fresh_id(before.history.get(), at);
    if (chosen.id != before.live_id) break;
  }
  chosen.reason = fmt::format(
      "the id {} was published with another policy, which senders may still hold, so the id is "
      "made of the time instead of the policy; where the agent serves the policy, change max_age "
      "by a second instead",
      taken);
  return chosen;
}

std::string weaker_than_before(protocol::Mode mode, const PublishedBefore& before) {
  std::optional<protocol::Mode> known;
  if (before.live_body) known = protocol::parse_sts_policy(*before.live_body).mode;
  if (!known && before.history != nullptr && before.history->policy.value &&
      before.history->policy_gone == kNever)
    known = (*before.history->policy.value)->mode;
  if (!known || *known <= mode) return {};
  return fmt::format(
      "the policy that is served has mode {}, and this one has mode {}, which is "
      "weaker",
      name_of(*known), name_of(mode));
}

PolicyHostReading read_policy_host(const std::vector<std::string>& written, std::string_view domain,
                                   bool allow_private_addresses) {
  PolicyHostReading reading;
  auto complain = [&](std::string sentence) { reading.errors.push_back(std::move(sentence)); };
  if (written.size() > kMostAddresses) {
    complain(fmt::format("there are {} addresses; at most {} are supported", written.size(),
                         kMostAddresses));
    return reading;
  }
  auto& [name, addresses] = reading.host;
  for (const std::string& text : written) {
    std::string shown = quoted(text, kShown_bytes);
    if (auto address = IpAddress::parse(text)) {
      if (!may_contact(*address, allow_private_addresses))
        complain(fmt::format("senders cannot reach {}, which is a {} address", shown,
                             name_of(address->scope())));
      else if (std::find(addresses.begin(), addresses.end(), *address) == addresses.end())
        addresses.push_back(*address);
      continue;
    }
    auto host = DomainName::parse(text);
    if (!host)
      complain(host.failure().detail);
    else if (!name.empty())
      complain(fmt::format("{} is a second name; a CNAME record has one target", shown));
    else if (host->text() == protocol::policy_host_of(domain))
      complain(
          fmt::format("{} is the policy host itself; give the name or the addresses of the "
                      "web server",
                      shown));
    else
      name = host->text();
  }
  if (reading.errors.empty() && !name.empty() && !addresses.empty())
    complain("give either the name of the web server or its addresses, not both");
  return reading;
}

std::vector<ZoneRecord> records_of(const RecordsRequest& request) {
  std::vector<ZoneRecord> records;
  auto add = [&](std::string_view prefix, std::string_view type, std::string_view value,
                 bool placeholder = false) {
    records.push_back({std::string(prefix) + request.domain, std::string(type), std::string(value),
                       request.ttl_seconds, placeholder});
  };
  const PolicyHost& host = request.policy_host;
  for (const IpAddress& address : host.addresses)
    add(protocol::kPolicyHostPrefix, address.family() == AddressFamily::ipv4 ? "A" : "AAAA",
        address.text());
  if (host.addresses.empty())
    add(protocol::kPolicyHostPrefix, "CNAME", host.name.empty() ? kWebServer : host.name,
        host.name.empty());
  add("_mta-sts.", "TXT", protocol::write_record(request.id));
  add("_smtp._tls.", "TXT",
      fmt::format("v=TLSRPTv1; rua={}",
                  request.rua.empty() ? std::string(kReportAddress) : joined(request.rua)),
      request.rua.empty());
  return records;
}

std::string zone_text(const RecordsRequest& request) {
  std::string text = fmt::format(
      "; MTA-STS (RFC 8461) and TLS-RPT (RFC 8460) of {0}, mode {1}\n"
      "; Where a name has such a record already, replace it: of two, senders use none.\n",
      request.domain, name_of(request.mode));
  std::string_view about;
  for (const ZoneRecord& record : records_of(request)) {
    std::string_view comment = "the policy host; serve the policy there before the record below";
    if (record.name.starts_with("_mta-sts."))
      comment = "the id of the policy; publish it once the policy is served";
    else if (record.name.starts_with("_smtp."))
      comment = "who receives the reports of senders";
    if (comment != about)
      text += fmt::format("\n; {}{}\n", comment,
                          record.placeholder ? ": fill it in and remove the semicolon" : "");
    about = comment;
    text += zone_line(record);
  }
  return text;
}

}  // namespace mtasts::publish
