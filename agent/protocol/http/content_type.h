// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The parameters of a Content-Type (RFC 9110 §8.3.1), where senders differ. Pure, any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mtasts::protocol {

enum class ContentTypeFault : uint8_t {
  none,
  parameter,  // not name=value, or a name twice
  charset,    // unknown, or one in which ASCII text reads differently
};
struct ContentTypeReading {
  ContentTypeFault fault = ContentTypeFault::none;
  std::string text;  // the parameter or charset, as sent
};
ContentTypeReading read_content_type_parameters(std::string_view content_type);

}  // namespace mtasts::protocol
