// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "web/request_faults.h"

#include <algorithm>

#include "base/ascii.h"
#include "web/authority.h"

namespace mtasts::web {

HttpResponse response_to(HeadFault fault) {
  switch (fault) {
    case HeadFault::long_target:
      return text_response(414, "The URL is too long.");
    case HeadFault::long_method:
      return text_response(501, "The method is not implemented.");
    case HeadFault::folded:
      return text_response(400, "A line of the request header begins with a blank.");
    case HeadFault::line_end:
    case HeadFault::none:
      break;
  }
  return text_response(400, "The lines of the request header must end with CR LF.");
}

// RFC 9112 §2.3: "HTTP" "/" DIGIT "." DIGIT
bool has_http_version(std::string_view head) {
  std::string_view line = head.substr(0, head.find("\r\n"));
  if (std::count(line.begin(), line.end(), ' ') != 2) return false;
  line.remove_prefix(line.rfind(' ') + 1);
  return line.size() == 8 && line.starts_with("HTTP/") && is_digit(line[5]) && line[6] == '.' &&
         is_digit(line[7]);
}

// RFC 9112 §6.1: an unknown coding gets 501; framing that cannot be trusted, 400.
std::optional<HttpResponse> coding_fault(unsigned version, std::string_view coding) {
  if (coding.empty()) return std::nullopt;
  if (version < 11) return text_response(400, "HTTP/1.0 has no Transfer-Encoding.");
  if (equals_ignoring_case(trim(coding), "chunked")) return std::nullopt;
  return text_response(501, "Only the Transfer-Encoding chunked is implemented.");
}

std::optional<HttpResponse> host_fault(HttpRequest& request) {
  if (request.host_fields > 1) return text_response(400, "The request has several Host fields.");
  if (request.host_fields == 0 && request.version >= 11)
    return text_response(400, "The request has no Host field.");
  const auto invalid = [] { return text_response(400, "The Host of the request is not valid."); };
  if (!host_of_authority(request.host)) return invalid();
  if (const auto absolute = absolute_form_of(request.target)) {
    const auto host = host_of_authority(absolute->authority);
    // RFC 9110 §4.2.1: a URI without a host is invalid.
    if (!host || host->empty()) return invalid();
    request.host = std::string(absolute->authority);
  } else if (request.host_fields > 0 && host_of_authority(request.host)->empty()) {
    return invalid();
  }
  return std::nullopt;
}

}  // namespace mtasts::web
