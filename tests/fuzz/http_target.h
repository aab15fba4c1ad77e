// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Properties of what is made of an HTTP response that hold for any head and body; see
// grammar_targets.h. The input is a response; its head is cut into lines as libcurl cuts it.
#pragma once

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>

#include "base/ascii.h"
#include "fuzz/promises.h"
#include "net/https/head_limit.h"
#include "net/https/length_watch.h"
#include "protocol/http/content_coding.h"
#include "protocol/http/content_type.h"
#include "verdict/domain/bot_defences.h"
#include "verdict/domain/web_servers.h"

namespace mtasts::fuzz {

inline std::string_view take_line(std::string_view& rest) {
  const size_t end = std::min(rest.find('\n'), rest.size());
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return line;
}

inline void read_status_line(protocol::HttpsAttempt& attempt, std::string_view line) {
  if (!line.starts_with("HTTP/")) return;
  line.remove_prefix(std::min(line.find(' '), line.size()));
  line = trim(line);
  std::from_chars(line.data(), line.data() + line.size(), attempt.http_status);
}

inline protocol::HttpsAttempt attempt_of(std::string_view response, net::HttpHeadLimit& limit) {
  protocol::HttpsAttempt attempt;
  attempt.status = protocol::HttpsStatus::responded;
  std::string_view rest = response;
  while (!rest.empty()) {
    const std::string_view line = take_line(rest);
    if (!limit.add_line(line.size() + 1)) break;
    if (trim(line).empty()) break;
    const size_t colon = line.find(':');
    if (attempt.http_status == 0 || colon == std::string_view::npos)
      read_status_line(attempt, line);
    else
      attempt.fields.push_back(
          {std::string(line.substr(0, colon)), std::string(trim(line.substr(colon + 1)))});
  }
  if (const std::string* type = protocol::field_of(attempt, "Content-Type"))
    attempt.content_type = *type;
  if (const std::string* location = protocol::field_of(attempt, "Location"))
    attempt.location = *location;
  attempt.body = rest.substr(0, protocol::kPolicyLimit_bytes);
  return attempt;
}

inline void keep_coding(Promises& promises, protocol::HttpsAttempt attempt) {
  using protocol::BodyCoding;
  const std::string before = attempt.body;
  protocol::decode_body(attempt);
  promises.keep(attempt.body.size() <= protocol::kPolicyLimit_bytes, "a body over the limit");
  promises.keep(attempt.coding != BodyCoding::none || attempt.body == before,
                "a body without a coding was changed");
  promises.keep(attempt.content_encoding.empty() ==
                        (protocol::field_of(attempt, "Content-Encoding") == nullptr) ||
                    attempt.content_encoding.empty(),
                "a coding that no field names");
  const bool text = attempt.coding == BodyCoding::none || attempt.coding == BodyCoding::decoded;
  promises.keep(protocol::has_text(attempt) == text, "text and coding disagree");
}

inline void keep_type(Promises& promises, const std::string& type) {
  const protocol::ContentTypeReading reading = protocol::read_content_type_parameters(type);
  promises.keep(reading.fault != protocol::ContentTypeFault::none || reading.text.empty(),
                "a text without a fault of Content-Type");
  promises.keep(reading.text.size() <= type.size(), "a text longer than Content-Type");
  promises.keep(!protocol::is_text_plain(type) ||
                    equals_ignoring_case(trim(type).substr(0, 10), "text/plain"),
                "another type is taken for text/plain");
}

// What follows the announced length is the same however it is split.
inline void keep_excess(Promises& promises, std::string_view body, size_t length) {
  const std::string_view behind =
      body.substr(std::min(length, body.size())).substr(0, protocol::kPolicyLimit_bytes);
  for (size_t piece : {size_t{1}, size_t{13}, body.size() + 1}) {
    net::LengthWatch watch;
    watch.announce(length);
    for (std::string_view rest = body; !rest.empty();
         rest.remove_prefix(std::min(piece, rest.size())))
      watch.take(rest.substr(0, piece));
    promises.keep(watch.excess() == behind, "an excess that depends on the splits");
  }
}

inline std::string broken_http_promise(std::string_view response) {
  using verdict::HttpTrouble;
  Promises promises;
  net::HttpHeadLimit limit;
  const protocol::HttpsAttempt attempt = attempt_of(response, limit);
  promises.keep(attempt.fields.size() <= net::HttpHeadLimit::kMostLines, "more fields than lines");
  keep_coding(promises, attempt);
  if (attempt.content_type) keep_type(promises, *attempt.content_type);
  keep_excess(promises, std::string_view(attempt.body).substr(0, 300), response.size() % 97);
  protocol::is_cut_by_length(attempt);
  protocol::is_rate_limited(attempt);
  const verdict::WebServer server = verdict::web_server_of(attempt);
  promises.keep(name_of(server).empty() == (server == verdict::WebServer::unknown),
                "a server without a name");
  for (auto trouble = HttpTrouble::coded; trouble <= HttpTrouble::wrong_type;
       trouble = static_cast<HttpTrouble>(static_cast<int>(trouble) + 1))
    promises.keep(is_showable(verdict::http_fix(trouble, server, "mta-sts.example.com")),
                  "a fix not fit to show");
  if (const verdict::BotDefence* defence = verdict::bot_defence_of(attempt))
    promises.keep(
        is_showable(defence->name) && is_showable(defence->what) && is_showable(defence->fix),
        "a bot defence not fit to show");
  return promises.broken();
}

}  // namespace mtasts::fuzz
