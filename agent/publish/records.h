// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The DNS records that announce a policy: the policy host, the id (RFC 8461 §3.1) and the report
// addresses (RFC 8460 §3), as values and as lines of a zone file (RFC 1035 §5.1) that name servers
// load as they are. What is not known is a comment. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip_address.h"
#include "base/time.h"
#include "protocol/sts/sts_policy.h"
#include "verdict/history/history.h"

namespace mtasts::publish {

// What is known of what was published before.
struct PublishedBefore {
  std::string live_id;                   // empty: none, or not looked up
  std::optional<std::string> live_body;  // of the policy that is served; empty: none, or not known
  verdict::HistoryPtr history;           // null: none
};

// The id under which a policy is to be published. It is made of the policy, as the agent does that
// serves one, so that publishing the same again gives the same id. Only where senders may hold
// another policy under that id, it is made of the time.
struct RecordId {
  std::string id;
  std::string reason;  // why it is not made of the policy, a sentence without period; else empty
};
RecordId choose_id(const std::string& policy, const PublishedBefore& before, Time now);

// That senders hold, or are served, a stricter mode than `mode`, a sentence without a period;
// empty: nothing says so.
std::string weaker_than_before(protocol::Mode mode, const PublishedBefore& before);

// Where the web server is that answers for mta-sts.<domain>. Empty: unknown.
struct PolicyHost {
  std::string name;  // A-labels
  std::vector<IpAddress> addresses;
};
struct PolicyHostReading {
  PolicyHost host;
  std::vector<std::string> errors;  // one sentence each, printable, no final period
};
// One name, or addresses that senders can reach.
PolicyHostReading read_policy_host(const std::vector<std::string>& written, std::string_view domain,
                                   bool allow_private_addresses);

struct RecordsRequest {
  std::string domain;  // A-labels
  protocol::Mode mode = protocol::Mode::testing;
  std::string id;
  std::vector<std::string> rua;  // as read_rua() reads them
  PolicyHost policy_host;
  uint32_t ttl_seconds = 3600;
};

struct ZoneRecord {
  std::string name;   // no final dot
  std::string type;   // "TXT", "CNAME", "A", "AAAA"
  std::string value;  // of a TXT record without quotes, of a CNAME without final dot
  uint32_t ttl_seconds = 0;
  bool placeholder = false;  // a part of the value is still to be filled in
};
// In the order in which they become useful: policy host, id, report addresses.
std::vector<ZoneRecord> records_of(const RecordsRequest& request);

// The whole zone text, with comments; LF lines. Names are absolute, so the origin does not matter.
std::string zone_text(const RecordsRequest& request);

}  // namespace mtasts::publish
