// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The bounds of a web server. How large a body may be is the handler's word (Admission).
#pragma once

#include <chrono>
#include <cstddef>

namespace mtasts::web {

struct WebLimits {
  std::chrono::milliseconds request{30000};    // from its first octet to its last
  std::chrono::milliseconds idle{60000};       // between the requests of a connection
  std::chrono::milliseconds write{30000};      // of one piece of a response
  std::chrono::milliseconds response{300000};  // of a whole response
  std::chrono::milliseconds answer{130000};    // of a probe or reload, whatever it promised
  size_t header_bytes = 8 * 1024;
  size_t connections = 256;
};

}  // namespace mtasts::web
