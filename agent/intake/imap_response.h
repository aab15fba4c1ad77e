// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Responses of an IMAP server (RFC 3501 §7): ImapResponseReader cuts the octets into responses with
// their literals, bounded in every dimension; functions read the few kinds that are needed. A
// server is hostile: a response that is not understood is ignored, one that is over a bound is a
// fault. Pure; an object has one owner.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mtasts::intake {

// One response: a line, and the literals that it announces. Each "{n}" stays in the text.
struct ImapResponse {
  std::string text;                   // without the final CRLF
  std::vector<std::string> literals;  // in order
};

class ImapResponseReader {
 public:
  static constexpr size_t kMostLine_bytes = 4 * 1024 * 1024;  // about 500,000 numbers of a search
  static constexpr size_t kMostLiterals = 64;

  // Of one response, all literals together.
  void limit_literals(size_t limit_bytes) { literal_limit_bytes_ = limit_bytes; }
  void add(std::string_view octets) { pending_.append(octets); }
  // The next complete response; nothing: more octets are needed, or there is a fault.
  std::optional<ImapResponse> next();
  // Words that continue "the server sends"; empty: none. A fault is final.
  std::string_view fault() const { return fault_; }

 private:
  bool take_literal();
  bool take_line();

  std::string pending_;        // received, not yet read
  size_t searched_bytes_ = 0;  // of pending_, for the end of a line
  ImapResponse current_;
  size_t literal_left_bytes_ = 0;  // of the last literal
  bool in_literal_ = false;
  size_t literal_total_bytes_ = 0;
  size_t literal_limit_bytes_ = 64 * 1024;
  std::string_view fault_;
};

// "r7 NO [TRYCREATE] no such folder", "* BYE …", "+ …".
struct ImapStatus {
  enum class Kind { ok, no, bad, bye, preauth } kind = Kind::bad;
  std::string code;  // in brackets, upper-case name and arguments as sent: "UIDVALIDITY 17"
  std::string text;  // what follows
};
// Of the tagged response with this tag, or of an untagged one with "*".
std::optional<ImapStatus> read_status(const ImapResponse& response, std::string_view tag);

// The word after "* " or "* <number> ", upper case; empty for a tagged response.
std::string keyword_of(const ImapResponse& response);

// Numbers of "* SEARCH 1 2 3", appended. False: it is another response.
bool read_search(const ImapResponse& response, std::vector<uint32_t>& uids);

// "* CAPABILITY IMAP4rev1 MOVE": upper-case words.
bool read_capabilities(const ImapResponse& response, std::vector<std::string>& capabilities);

// The words in parentheses of a code such as "PERMANENTFLAGS (\Seen \*)", or of "* FLAGS (…)".
std::vector<std::string> read_flags(std::string_view text);

// "* 5 FETCH (UID 17 RFC822.SIZE 1234 FLAGS (\Seen) BODY[] {3}…)". What is absent was not sent.
struct ImapFetch {
  std::optional<uint32_t> uid;
  std::optional<uint64_t> size_bytes;
  std::optional<std::vector<std::string>> flags;
  std::optional<std::string> body;
};
std::optional<ImapFetch> read_fetch(ImapResponse response);

}  // namespace mtasts::intake
