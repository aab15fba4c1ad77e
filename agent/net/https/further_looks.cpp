// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "net/https/further_looks.h"

#include <fmt/format.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <utility>

#include "base/ascii.h"
#include "net/tls/tls_error.h"
#include "protocol/http/content_coding.h"
#include "protocol/sts/sts_policy.h"

namespace mtasts::net {
namespace {

using boost::asio::awaitable;
using protocol::BodyCoding;
using protocol::HttpsAttempt;
using protocol::HttpsStatus;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr int kPolicyFound = 200;
// A server that keeps the connection open in spite of "Connection: close" has nothing to add.
constexpr milliseconds kLongestExcess{2000};

milliseconds time_left(const Deadlines& deadlines) {
  return std::chrono::duration_cast<milliseconds>(deadlines.whole - steady_clock::now());
}

// What is left of the time, up to `limit`; nullopt: too little for an answer that means something.
std::optional<Deadlines> deadlines_left(const Deadlines& deadlines, milliseconds limit) {
  const milliseconds left = time_left(deadlines);
  if (left < deadlines.limit / 10) return std::nullopt;
  return deadlines_from(steady_clock::now(), std::min(left, limit));
}

bool has_policy(const HttpsAttempt& attempt) {
  return attempt.status == HttpsStatus::responded && attempt.http_status == kPolicyFound;
}

// Distinguishes a peer that only supports TLS 1.0 or 1.1 from one without any TLS.
awaitable<void> detect_old_tls(FetchEnginePtr engine, HttpsTarget target, Deadlines deadlines,
                               HttpsAttempt& first) {
  target.versions = TlsVersions::any;
  target.handshake_only = true;
  TransferResult result = co_await run_transfer(engine, std::move(target), deadlines);
  const HttpsAttempt& second = result.attempt;
  if (!first.chain) first.chain = second.chain;
  const bool old = second.tls_version == "TLSv1" || second.tls_version == "TLSv1.1";
  if (second.status != HttpsStatus::responded || !old) co_return;
  first.status = HttpsStatus::tls_version_old;
  first.detail = fmt::format("supports {}, but not TLS 1.2 or newer", second.tls_version);
  first.tls_version = second.tls_version;
  first.cipher = second.cipher;
}

// How a host without HTTP/1.1 refuses a request over it: a TLS alert, no HTTP response, or a status
// by which such hosts say so.
bool may_lack_http1(const TransferResult& first) {
  const HttpsAttempt& attempt = first.attempt;
  if (attempt.status == HttpsStatus::tls_failed)
    return first.tls_error == tls_error_of_alert(SSL_AD_NO_APPLICATION_PROTOCOL);
  if (attempt.status == HttpsStatus::malformed) return attempt.http_status == 0;
  if (attempt.status != HttpsStatus::responded) return false;
  switch (attempt.http_status) {
    case 400:  // Bad Request
    case 403:  // Forbidden
    case 421:  // Misdirected Request
    case 426:  // Upgrade Required
    case 464:  // load balancers of AWS: incompatible protocol versions
    case 505:  // HTTP Version Not Supported
      return true;
    default:
      return false;
  }
}

std::string failure_words(const HttpsAttempt& attempt) {
  if (attempt.status == HttpsStatus::responded)
    return fmt::format("HTTP status {}", attempt.http_status);
  return attempt.detail.empty() ? std::string(protocol::name_of(attempt.status)) : attempt.detail;
}

// HTTP/1.1 is tried once more before the host is said to lack it: the failure may have passed.
awaitable<void> look_over_http2(FetchEnginePtr engine, HttpsTarget target, Deadlines deadlines,
                                HttpsAttempt& first) {
  HttpsTarget modern = target;
  modern.offer_http2 = true;
  std::optional<Deadlines> left = deadlines_left(deadlines, deadlines.limit);
  if (!left) co_return;
  TransferResult second = co_await run_transfer(engine, std::move(modern), *left);
  if (!has_policy(second.attempt) || second.attempt.http_version != "2") co_return;
  left = deadlines_left(deadlines, deadlines.limit);
  if (!left) co_return;
  TransferResult third = co_await run_transfer(engine, std::move(target), *left);
  if (third.attempt.status == HttpsStatus::cancelled) co_return;
  if (has_policy(third.attempt)) {
    first = std::move(third.attempt);
    co_return;
  }
  second.attempt.http1_failure = failure_words(first);
  first = std::move(second.attempt);
}

// RFC 9110 §12.5.3: a request without Accept-Encoding allows every coding, yet the senders that
// make it decode none.
awaitable<void> look_without_coding(FetchEnginePtr engine, HttpsTarget target, Deadlines deadlines,
                                    HttpsAttempt& first) {
  target.offer_gzip = false;
  target.offer_http2 = !first.http1_failure.empty();
  const std::optional<Deadlines> left = deadlines_left(deadlines, deadlines.limit);
  if (!left) co_return;
  TransferResult result = co_await run_transfer(engine, std::move(target), *left);
  HttpsAttempt& second = result.attempt;
  if (!has_policy(second)) co_return;
  protocol::decode_body(second);
  protocol::UncodedAnswer answer;
  answer.coded = second.coding != BodyCoding::none;
  if (!answer.coded) answer.body = std::move(second.body);
  const bool only_text = answer.body && first.coding != BodyCoding::decoded;
  if (only_text) first.body = *answer.body;
  first.uncoded = std::move(answer);
}

// The body has exactly the announced length and looks as if it went on.
bool looks_cut(const HttpsAttempt& attempt) {
  if (!has_policy(attempt) || attempt.coding != BodyCoding::none || !attempt.excess.empty() ||
      attempt.http_version == "2" || attempt.body.ends_with('\n'))
    return false;
  const std::string* length = protocol::field_of(attempt, "Content-Length");
  if (length == nullptr || *length != std::to_string(attempt.body.size())) return false;
  return !protocol::parse_sts_policy(attempt.body).valid;
}

awaitable<void> look_past_length(FetchEnginePtr engine, HttpsTarget target, Deadlines deadlines,
                                 HttpsAttempt& first) {
  target.ignore_length = true;
  const std::optional<Deadlines> left = deadlines_left(deadlines, kLongestExcess);
  if (!left) co_return;
  TransferResult result = co_await run_transfer(engine, std::move(target), *left);
  const HttpsAttempt& second = result.attempt;
  if (second.http_status != kPolicyFound) co_return;
  if (second.body.size() > first.body.size() && second.body.starts_with(first.body))
    first.excess = second.body.substr(first.body.size());
}

}  // namespace

awaitable<void> look_further(FetchEnginePtr engine, HttpsTarget target, Deadlines deadlines,
                             TransferResult& first) {
  HttpsAttempt& attempt = first.attempt;
  if (attempt.status == HttpsStatus::tls_failed && hints_at_old_tls(first.tls_error))
    co_await detect_old_tls(engine, target, deadlines, attempt);
  if (target.handshake_only) co_return;
  if (may_lack_http1(first)) co_await look_over_http2(engine, target, deadlines, attempt);
  if (has_policy(attempt)) protocol::decode_body(attempt);
  if (attempt.coding != BodyCoding::none && attempt.status == HttpsStatus::responded)
    co_await look_without_coding(engine, target, deadlines, attempt);
  if (looks_cut(attempt)) co_await look_past_length(engine, target, deadlines, attempt);
}

}  // namespace mtasts::net
