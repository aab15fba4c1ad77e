// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Broken cases of what is observed beside a check (verdict/extra_evidence.h).
#include "verdict/broken_cases.h"
#include "verdict/extra_scene.h"

namespace mtasts::verdict {

std::vector<BrokenCase> extra_cases() {
  using protocol::DnsStatus;
  return {
      {"sts-txt-ttl-high",
       [](Scene& s) { s.evidence.record.ttl = std::chrono::hours(24) + std::chrono::seconds(1); }},
      {"sts-txt-wildcard",
       [](Scene& s) {
         s.evidence.extra.unused_name = std::make_shared<const protocol::DnsAnswer>(
             txt_answer("_x1.example.com", {"v=STSv1; id=20261101T000000;"}));
       }},
      {"sts-txt-wrong-location",
       [](Scene& s) {
         record_status(DnsStatus::nxdomain)(s);
         set_other_names(s, {txt_answer("mta-sts.example.com", {"v=STSv1; id=1;"})});
       }},
      {"sts-txt-ns-inconsistent",
       [](Scene& s) {
         set_authorities(s, {look("ns1.example.net", "192.175.48.61", "\"v=STSv1; id=2;\""),
                             look("ns2.example.net", "192.175.48.62", "\"v=STSv1; id=1;\"")});
       }},
      {"sts-delegation-half",
       [](Scene& s) {
         s.evidence.record.cname_chain = {"example-com.sts.provider.net"};
         s.for_each_fetch([](auto& attempt) { attempt.http_status = 404; });
       }},
      {"sts-policy-mx-too-broad",
       [](Scene& s) {
         s.set_body(policy_text("enforce", std::string(kMx) + "mx: *.co.uk\r\n", "2592000"));
       }},
      {"tlsrpt-rua-mailto-no-mx",
       [](Scene& s) {
         s.evidence.tlsrpt.texts = {"v=TLSRPTv1; rua=mailto:tls@reports.example.net"};
         add_report_domain(s, "reports.example.net", DnsStatus::nxdomain);
       }},
      {"tlsrpt-rua-https-unreachable",
       [](Scene& s) {
         s.evidence.tlsrpt.texts = {"v=TLSRPTv1; rua=https://reports.example.net/v1"};
         add_report_host(s, "reports.example.net", {protocol::HttpsStatus::refused});
       }},
  };
}

}  // namespace mtasts::verdict
