// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Feeds any octets to the DNS response decoder: it must terminate, stay within its limits and be
// consistent. The octets are the response; every record type is tried in turn. Corpus:
// tests/corpus/dns_message.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>
#include <string_view>

#include "protocol/dns/message.h"

namespace {

using mtasts::protocol::DnsResponse;
using mtasts::protocol::DnsStatus;
using mtasts::protocol::RecordType;

constexpr std::string_view kName = "_mta-sts.example.com";

void require(bool holds) {
  if (!holds) std::abort();
}

// A decoded name can be used in a query, and is its own canonical form.
void check_name(const std::string& name) {
  require(mtasts::protocol::canonical_name(name) == name);
  require(mtasts::protocol::encode_query(name, RecordType::txt, 1).has_value());
}

void check_chain(const DnsResponse& response) {
  const auto& answer = response.answer;
  require(answer.cname_chain.size() <= mtasts::protocol::kCnameLimit);
  std::set<std::string> seen = {answer.name};
  bool repeated = false;
  for (const std::string& name : answer.cname_chain) {
    check_name(name);
    require(!repeated);  // only the last one may repeat
    repeated = !seen.insert(name).second;
  }
  require(!repeated || answer.cname_loop);
  require(!response.target_open || !answer.cname_chain.empty());
  require(!response.chain_broken || answer.status == DnsStatus::servfail);
}

void check_data(const DnsResponse& response) {
  const auto& answer = response.answer;
  const size_t count = answer.texts.size() + answer.mx.size() + answer.addresses.size() +
                       answer.tlsa.size() + answer.names.size();
  require(count <= mtasts::protocol::kRecordLimit);
  require((answer.status == DnsStatus::answered) == (count > 0));
  require(answer.ttl.count() >= 0 && answer.ttl.count() <= 7 * 24 * 3600);
  size_t text_size = 0;
  for (const std::string& text : answer.texts) text_size += text.size();
  require(text_size <= 65535);
  for (const auto& mx : answer.mx) check_name(mx.host);
  for (const std::string& name : answer.names) check_name(name);
  require(answer.detail.size() < 4096);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* octets, size_t size) {
  const std::string_view message(reinterpret_cast<const char*>(octets), size);
  for (const RecordType type : {RecordType::a, RecordType::ns, RecordType::cname, RecordType::mx,
                                RecordType::txt, RecordType::aaaa, RecordType::tlsa}) {
    // The question type in the message is overwritten, so that one input reaches every reader.
    std::string asked(message);
    constexpr size_t kTypeAt = 12 + kName.size() + 2;
    if (asked.size() > kTypeAt + 1) {
      asked[kTypeAt] = 0;
      asked[kTypeAt + 1] = static_cast<char>(type);
    }
    const DnsResponse response = mtasts::protocol::decode_response(asked, kName, type);
    require(response.answer.name == kName && response.answer.type == type);
    check_chain(response);
    check_data(response);
    require(mtasts::protocol::decode_response(asked, kName, type).answer == response.answer);
  }
  return 0;
}
