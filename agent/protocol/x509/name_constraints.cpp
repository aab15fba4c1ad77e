// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "protocol/x509/name_constraints.h"

#include <openssl/x509v3.h>

#include "base/handle.h"

namespace mtasts::protocol {
namespace {

template <typename Stack>
size_t size_of(const Stack* stack) {
  return stack == nullptr
             ? 0
             : static_cast<size_t>(OPENSSL_sk_num(reinterpret_cast<const OPENSSL_STACK*>(stack)));
}

bool has_extension(const X509* certificate, int kind) {
  return X509_get_ext_by_NID(certificate, kind, -1) >= 0;
}

size_t constraints_of(const X509* certificate) {
  const Handle<NAME_CONSTRAINTS, NAME_CONSTRAINTS_free> found(static_cast<NAME_CONSTRAINTS*>(
      X509_get_ext_d2i(certificate, NID_name_constraints, nullptr, nullptr)));
  if (!found) return 0;
  return size_of(found->permittedSubtrees) + size_of(found->excludedSubtrees);
}

size_t names_of(const X509* certificate) {
  const Handle<GENERAL_NAMES, GENERAL_NAMES_free> found(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  const int parts = X509_NAME_entry_count(X509_get_subject_name(certificate));
  return size_of(found.get()) + static_cast<size_t>(parts);
}

}  // namespace

bool has_too_many_constraints(const STACK_OF(X509) * certificates) {
  size_t constraints = 0;
  for (int i = 0; i < sk_X509_num(certificates); ++i) {
    const X509* certificate = sk_X509_value(certificates, i);
    if (has_extension(certificate, NID_name_constraints))
      constraints += constraints_of(certificate);
  }
  if (constraints == 0) return false;
  size_t names = 0;
  for (int i = 0; i < sk_X509_num(certificates); ++i)
    names += names_of(sk_X509_value(certificates, i));
  return names > kMostNameComparisons / constraints;
}

}  // namespace mtasts::protocol
