// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Properties of the readers of IMAP responses that hold for the octets of any server; see
// grammar_targets.h. The splits do not change the responses, and everything is bounded.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ascii.h"
#include "fuzz/promises.h"
#include "intake/imap_response.h"

namespace mtasts::fuzz {

inline constexpr size_t kLiteralLimit_bytes = 4096;

// All responses as one text, for comparison.
inline std::string imap_responses(std::string_view octets, size_t piece_bytes,
                                  std::vector<intake::ImapResponse>* kept = nullptr) {
  intake::ImapResponseReader reader;
  reader.limit_literals(kLiteralLimit_bytes);
  std::string all;
  while (!octets.empty() && reader.fault().empty()) {
    reader.add(octets.substr(0, piece_bytes));
    octets.remove_prefix(std::min(piece_bytes, octets.size()));
    while (auto response = reader.next()) {
      all += std::to_string(response->text.size()) + ":" + response->text;
      for (const std::string& literal : response->literals)
        all += std::to_string(literal.size()) + "~" + literal;
      if (kept != nullptr) kept->push_back(std::move(*response));
    }
  }
  return all + std::string(reader.fault());
}

inline void keep_response(Promises& promises, const intake::ImapResponse& response) {
  size_t literals = 0;
  for (const std::string& literal : response.literals) literals += literal.size();
  promises.keep(literals <= kLiteralLimit_bytes, "more literal octets than allowed");
  promises.keep(response.literals.size() <= intake::ImapResponseReader::kMostLiterals,
                "more literals than allowed");
  for (std::string_view tag : {"*", "a1"}) intake::read_status(response, tag);
  const std::string keyword = intake::keyword_of(response);
  promises.keep(keyword == ascii_upper(keyword), "a keyword not in upper case");
  std::vector<uint32_t> uids;
  promises.keep(intake::read_search(response, uids) || uids.empty(), "numbers of no search");
  std::vector<std::string> words;
  intake::read_capabilities(response, words);
  intake::read_flags(response.text);
  const auto fetch = intake::read_fetch(response);
  if (fetch && fetch->body)
    promises.keep(fetch->body->size() <= literals + response.text.size(),
                  "a body larger than its response");
}

inline std::string broken_imap_promise(std::string_view octets) {
  Promises promises;
  std::vector<intake::ImapResponse> responses;
  const std::string whole = imap_responses(octets, octets.size(), &responses);
  for (size_t piece_bytes : {1, 7, 100})
    promises.keep(whole == imap_responses(octets, piece_bytes),
                  "responses that depend on the splits");
  for (const intake::ImapResponse& response : responses) keep_response(promises, response);
  return promises.broken();
}

}  // namespace mtasts::fuzz
