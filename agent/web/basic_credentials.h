// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The user name and password of an Authorization field of the scheme Basic (RFC 7617). Pure, any
// thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mtasts::web {

struct BasicCredentials {
  std::string user;
  std::string password;
};

// Nothing for another scheme, and for what is not valid: base64 (RFC 4648 §4) of a name, a colon
// and a password.
std::optional<BasicCredentials> basic_credentials(std::string_view authorization);

}  // namespace mtasts::web
