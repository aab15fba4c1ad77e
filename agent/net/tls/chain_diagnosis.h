// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Chain diagnosis: what OpenSSL's errors say about a chain, in the terms of PeerChain: which fault,
// of which certificate, and for an incomplete chain which certificate it lacks (RFC 5280 §6.1).
// Internal to chain_verifier.cpp; loop thread only.
#pragma once

#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <vector>

#include "protocol/x509/certificate.h"

namespace mtasts::net {

struct VerifyError {
  int code = X509_V_OK;
  int depth = 0;  // 0: the leaf
};

// `used` is the chain that OpenSSL built, leaf first; `presented` what the peer sent.
struct ChainErrors {
  const STACK_OF(X509) * used;
  const STACK_OF(X509) * presented;
  std::vector<VerifyError> errors;
};

// Fills in faults, fault_subjects, verify_error, missing and any_purpose.
void add_faults(const ChainErrors& chain, protocol::PeerChain& result);

}  // namespace mtasts::net
