// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// What comparing the names of a chain with its name constraints costs (RFC 5280 §4.2.1.10). Pure,
// any thread.
#pragma once

#include <openssl/x509.h>

#include <cstddef>

namespace mtasts::protocol {

// Comparisons of a name with a constraint in one chain.
inline constexpr size_t kMostNameComparisons = 500'000;

// Whether the names and constraints of these certificates need more than kMostNameComparisons.
bool has_too_many_constraints(const STACK_OF(X509) * certificates);

}  // namespace mtasts::protocol
