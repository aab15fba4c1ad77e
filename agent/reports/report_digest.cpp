// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "reports/report_digest.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <vector>

namespace mtasts::reports {
namespace {

using protocol::ReportPolicy;

// Fields one after the other; OpenSSL is given many at a time.
class FieldDigest {
 public:
  void add_number(uint64_t number, char end) {
    char digits[20];
    octets_.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
    octets_ += end;
  }
  void add_field(std::string_view text) {
    add_number(text.size(), ':');
    octets_ += text;
    if (octets_.size() >= kBlock_bytes) flush();
  }
  std::string finish() {
    flush();
    return hex(hash_.finish());
  }

 private:
  static constexpr size_t kBlock_bytes = 16 * 1024;

  void flush() {
    hash_.add(octets_);
    octets_.clear();
  }
  Sha256 hash_;
  std::string octets_;
};

std::string digest_of(const ReportPolicy& policy) {
  FieldDigest digest;
  digest.add_field(name_of(policy.type));
  digest.add_field(policy.domain);
  for (const auto* texts : {&policy.policy_strings, &policy.mx_hosts}) {
    digest.add_field(std::to_string(texts->size()));
    for (const std::string& text : *texts) digest.add_field(text);
  }
  digest.add_number(policy.successful, ' ');
  digest.add_number(policy.failed, '\n');
  for (const protocol::ReportFailure& failure : policy.failures) {
    for (std::string_view text :
         {failure.type_text, failure.sending_mta_ip, failure.receiving_mx_hostname,
          failure.receiving_mx_helo, failure.receiving_ip, failure.additional_information,
          failure.failure_reason_code})
      digest.add_field(text);
    digest.add_number(failure.sessions, '\n');
  }
  return digest.finish();
}

}  // namespace

void add_field(Sha256& hash, std::string_view text) {
  hash.add(fmt::format("{}:", text.size())).add(text);
}

std::string policies_digest(const protocol::TlsReport& report) {
  std::vector<std::string> digests;
  digests.reserve(report.policies.size());
  for (const ReportPolicy& policy : report.policies) digests.push_back(digest_of(policy));
  std::sort(digests.begin(), digests.end());
  Sha256 hash;
  for (const std::string& digest : digests) hash.add(digest);
  return hex(hash.finish());
}

}  // namespace mtasts::reports
