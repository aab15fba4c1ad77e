// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Where a report address (RFC 8460 §3: a mailto or https URI) leads. Pure, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mtasts::protocol {

struct RuaTarget {
  enum class Kind : uint8_t { mailto, https };
  Kind kind = Kind::mailto;
  std::string host;     // the mail domain or the host, in A-labels, lower case
  uint16_t port = 443;  // of https
};

// Empty where the URI names no single domain: another scheme, an address literal, several
// recipients, an invalid name.
std::optional<RuaTarget> rua_target(std::string_view uri);

}  // namespace mtasts::protocol
