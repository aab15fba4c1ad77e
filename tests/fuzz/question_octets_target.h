// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Properties of the question in a DNS query, and of its random letter case, that hold for any
// octets; see grammar_targets.h.
#pragma once

#include <string>
#include <string_view>

#include "base/ascii.h"
#include "fuzz/promises.h"
#include "net/dns/question_octets.h"

namespace mtasts::fuzz {

inline std::string broken_question_promise(std::string_view octets) {
  Promises promises;
  const std::string_view question = net::question_of(octets);
  promises.keep(question.empty() || question.size() + 12 <= octets.size(),
                "a question longer than its message");
  std::string mixed(octets);
  if (!net::mix_case(mixed)) {
    promises.keep(mixed == octets, "an unmixed query that was changed");
    return promises.broken();
  }
  promises.keep(!question.empty(), "letters of no question were mixed");
  promises.keep(ascii_lower(mixed) == ascii_lower(octets), "more than letter case was changed");
  const std::string_view asked = net::question_of(mixed);
  promises.keep(asked.size() == question.size(), "a mixed question of another size");
  promises.keep(net::repeats_question(mixed, asked), "a message that does not repeat itself");
  promises.keep(net::repeats_question(octets, asked) == (asked == question),
                "another letter case is taken for a repetition");
  promises.keep(mixed.substr(0, 12) == octets.substr(0, 12), "the head was changed");
  return promises.broken();
}

}  // namespace mtasts::fuzz
