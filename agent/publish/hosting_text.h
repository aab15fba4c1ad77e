// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// What the hosting targets share: templates, quoting, and names made of a domain. Pure; any thread.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/sts/policy_location.h"

namespace mtasts::publish {

using protocol::kPolicyPath;
using protocol::policy_host_of;
// The same as a relative path.
inline constexpr std::string_view kPolicyFile = kPolicyPath.substr(1);

struct Value {
  std::string_view name;
  std::string_view text;
};

// The template with each @name@ replaced by the text of that name; a text is not looked at again.
// Throws std::logic_error for a name without a value.
std::string fill(std::string_view pattern, std::initializer_list<Value> values);

// A literal in double quotes that TOML, JSON, JavaScript and YAML read alike. `text` is UTF-8.
std::string double_quoted(std::string_view text);

// A regular expression that matches the name alone: "mta-sts\.example\.com".
std::string regex_of(std::string_view name);

// A name for services that know lower-case letters, digits and hyphens alone, at most 54 octets:
// "mta-sts-example-com". A hyphen of the domain is doubled, so that no two domains share a name;
// a long one ends in a digest.
std::string resource_name_of(std::string_view domain);
// The beginning of a file's name: the host's name, or for a very long one its resource name.
std::string file_name_of(std::string_view domain);

// Each line with its line end.
std::vector<std::string_view> lines_of(std::string_view text);

}  // namespace mtasts::publish
