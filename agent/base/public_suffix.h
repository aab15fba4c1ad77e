// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The Public Suffix List (publicsuffix.org), through libpsl: below which names anybody can register
// a name, and which names belong to one owner. The list is the system's if that is newer than the
// one built into libpsl, and is read once. Names are A-labels in lower case without trailing dot.
// Pure otherwise; any thread.
#pragma once

#include <string>
#include <string_view>

namespace mtasts {

// Names directly below it belong to different owners: "com", "co.uk", and suffixes that a company
// lends to its customers, such as "github.io". A top-level domain always is.
bool is_public_suffix(std::string_view name);

// The name registered at a registry ("example.co.uk" of "a.b.example.co.uk"); suffixes of companies
// do not count, so the names of all their customers are in one such domain. The name itself if
// nothing is registered above it.
std::string organisational_domain(std::string_view name);

}  // namespace mtasts
