// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Whether the certificates that a mail server presents are those of its TLSA records, as a sender
// with DANE decides (RFC 7672 §3.1): usage 3 by the server's own certificate alone, usage 2 by a
// chain that ends in the recorded trust anchor. The work for a hostile chain is bounded by the
// number of certificates and the size of their keys. Pure, any thread.
#pragma once

#include <openssl/x509.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/handle.h"
#include "protocol/tlsa/tlsa_record.h"
#include "protocol/x509/certificate.h"

namespace mtasts::protocol {

// Most certificates that are looked at; real chains have at most five.
inline constexpr size_t kDeepestDaneChain = 10;

enum class DaneOutcome : uint8_t {
  verified,
  mismatch,        // no record that counts matches
  ta_not_sent,     // the same, where all usable records are of trust anchors
  pins_leaf,       // usage 2 has the server's own certificate, which is no trust anchor
  ta_chain,        // the trust anchor was sent, but the server's certificate does not lead to it
  ta_expired,      // a certificate between the two, or one of them, is not valid now
  name,            // usage 2, and no reference identifier is in the certificate
  unusable,        // no usable record
  no_certificate,  // none was presented
  too_costly,      // keys or names that take too long to verify: nothing is known
};

struct DaneResult {
  DaneOutcome outcome = DaneOutcome::no_certificate;
  // Parallel to the records: it matches what was presented, whether or not it counts.
  std::vector<bool> matches;
  bool by_key = false;            // verified by a usage 3 record: neither names nor dates count
  bool ignoring_agility = false;  // outcome for senders without digest agility: verified
  bool key_unsent = false;        // verified only by a trust anchor's bare key (2 1 0), not sent
  bool name_in_cn = false;        // the name is only in the CN of the subject
  bool pins_leaf = false;         // some usage 2 record has the server's own certificate or key
  bool anchor_expired = false;    // only the trust anchor, an intermediate, has expired
  std::string detail;             // why the chain or its dates fail, and of which certificate

  size_t matched() const;
  bool verified() const { return outcome == DaneOutcome::verified; }
};

class ServedChain {
 public:
  // DER, the server's own certificate first. What cannot be read ends the chain.
  explicit ServedChain(const std::vector<std::string>& der);

  // `names`: the reference identifiers, the TLSA base domain first (RFC 7672 §3.2.2).
  DaneResult verify(const std::vector<Tlsa>& records, const std::vector<std::string>& names,
                    CertificateTime now) const;
  // The record that would match certificate `index` (0: the server's own); empty: none there.
  std::string data_for(size_t index, uint8_t selector, uint8_t matching) const;
  size_t size() const { return certificates_.size(); }
  const X509* certificate(size_t index) const { return certificates_[index].get(); }

 private:
  struct Anchors;

  bool matches_at(const Tlsa& record, size_t index) const;
  bool match_leaf(const std::vector<Tlsa>& records, const std::vector<bool>& counts,
                  DaneResult& result) const;
  void decide(const std::vector<Tlsa>& records, const std::vector<bool>& counts,
              const std::vector<std::string>& names, CertificateTime now, DaneResult& result) const;
  Anchors anchors_of(const std::vector<Tlsa>& records, const std::vector<bool>& counts,
                     DaneResult& result) const;
  void verify_anchors(const Anchors& anchors, const std::vector<std::string>& names,
                      CertificateTime now, DaneResult& result) const;
  static bool check_dates(const STACK_OF(X509) * chain, const Anchors& anchors, CertificateTime now,
                          DaneResult& result);
  bool is_costly() const;

  std::vector<Handle<X509, X509_free>> certificates_;
  std::vector<std::string> der_;   // parallel
  std::vector<std::string> keys_;  // parallel: SubjectPublicKeyInfo
};

}  // namespace mtasts::protocol
