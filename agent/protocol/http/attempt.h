// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The result of one attempt to GET a policy from one address (RFC 8461 §3.3), failures included.
// "Channel-dependent" statuses count against a domain only while the channel is available
// (base/channel.h). Plain values, any thread; net/ fills them, verdict/ reads them.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip_address.h"
#include "protocol/x509/certificate.h"

namespace mtasts::protocol {

enum class HttpsStatus : uint8_t {
  responded,         // a complete HTTP response, whatever its status code
  refused,           // TCP RST in reply to the SYN; channel-dependent
  connect_timeout,   // no TCP connection in time; channel-dependent
  unreachable,       // no route, or an ICMP error; channel-dependent
  tls_failed,        // TCP connected, no TLS session established; the peer's fault
  tls_version_old,   // supports TLS, but not 1.2 or newer; the peer's fault
  tls_timeout,       // TCP connected, handshake incomplete in time; channel-dependent
  response_timeout,  // TLS established, response incomplete in time; channel-dependent
  malformed,         // not HTTP, or a head over the limit; the peer's fault
  truncated,         // the body ends before its announced length; the peer's fault
  too_large,         // body over kPolicyLimit_bytes; the peer's fault
  not_allowed,       // the address must not be contacted (private, …); the domain's fault
  cancelled,         // the agent stopped (deadline of the check, shutdown); unknown
};
std::string_view name_of(HttpsStatus status);

// RFC 8461 §3.3 suggests that senders limit the body to 64 kilobytes.
inline constexpr size_t kPolicyLimit_bytes = 64 * 1024;

// A field of the final response's head, its value without surrounding blanks.
struct HttpField {
  std::string name;
  std::string value;
};

// What a Content-Encoding (RFC 9110 §8.4) did to the body.
enum class BodyCoding : uint8_t {
  none,        // no coding, or identity
  decoded,     // gzip, which the request offers: `body` is the text
  unreadable,  // gzip that cannot be decoded
  other,       // a coding that the request does not offer
};

// What the server sent when it was asked again without Accept-Encoding, as some senders ask.
struct UncodedAnswer {
  bool coded = false;               // a coding was applied all the same
  std::optional<std::string> body;  // the text, where it was not coded
};

struct HttpsAttempt {
  IpAddress address;
  HttpsStatus status = HttpsStatus::cancelled;
  std::string detail;  // for display: "Connection refused", "TLS alert: protocol version"

  PeerChainPtr chain;       // null when no certificate was received
  std::string tls_version;  // "TLSv1.3"; empty when no session was established
  std::string cipher;

  int http_status = 0;                      // 0: no status line was received
  std::string http_version;                 // "1.1", "2"; empty: no status line was received
  std::optional<std::string> content_type;  // as sent; the first one applies
  std::optional<std::string> location;      // as sent
  std::vector<HttpField> fields;            // in the order received; limited in number and size
  bool no_response = false;                 // closed after the handshake, without an octet
  bool bare_lf_in_head = false;             // a line of the head ends in LF alone
  std::string body;                         // at most kPolicyLimit_bytes octets; see has_text()

  BodyCoding coding = BodyCoding::none;
  std::string content_encoding;          // as sent, several fields joined; empty: none
  std::optional<UncodedAnswer> uncoded;  // only where `coding` is not none

  // What follows the octets that Content-Length announces; senders do not read it.
  std::string excess;
  // Not empty: the host has the policy over HTTP/2 alone; what a request over HTTP/1.1 gets.
  std::string http1_failure;

  std::chrono::milliseconds connect_time{0};  // TCP
  std::chrono::milliseconds total_time{0};    // from the first SYN to the end
  // total_time of the previous fetch from this address; 0: none. A single slow response proves
  // little.
  std::chrono::milliseconds previous_time{0};
};

// The TCP connection was established and the peer sent octets: the channel is alive.
bool answered(const HttpsAttempt& attempt);
// A failure that may be caused by the local network; it counts only while the channel is available.
bool may_be_local(const HttpsAttempt& attempt);

// The first field of that name, in any case; null: none.
const std::string* field_of(const HttpsAttempt& attempt, std::string_view name);

// The body is shorter than the file: more of its text follows the announced length.
bool is_cut_by_length(const HttpsAttempt& attempt);
// The server limits how often the client may ask: that says nothing about senders.
bool is_rate_limited(const HttpsAttempt& attempt);
// The body is text: not coded, decoded, or received without a coding when asked again.
bool has_text(const HttpsAttempt& attempt);

// RFC 8461 §3.2: text/plain, case-insensitive, parameters ignored (RFC 9110 §8.3.1).
bool is_text_plain(std::string_view content_type);

}  // namespace mtasts::protocol
