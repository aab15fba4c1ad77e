// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Providers: who operates an MX host, by its name. The table only labels names that a domain's live
// MX records give, and says which of them differ between customers in one label; it never adds a
// name. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace mtasts::verdict {

struct Provider {
  std::string_view suffix;  // with the leading dot; hosts end with it, or equal it without
  std::string_view name;
  bool wildcard = false;  // hosts of customers or pools differ in the label before the suffix
  std::string_view first_label = {};  // of the hosts that receive mail; empty: any
};

// Null: not recognised.
const Provider* find_provider(std::string_view mx_host);
// The mx pattern that the provider's customers use for `host`; empty: the host itself.
std::string customary_pattern(std::string_view host, const Provider& provider);

// "Microsoft 365", "Google Workspace", …, by the suffix of an MX host; empty: not recognised.
std::string_view provider_of(std::string_view mx_host);
// The provider whose MX hosts all are more than one level below `base`; empty: none.
std::string_view provider_with_hosts_below(std::string_view base);
// A note for customers of the provider, one sentence; empty: none.
std::string_view provider_hint(std::string_view provider);

}  // namespace mtasts::verdict
