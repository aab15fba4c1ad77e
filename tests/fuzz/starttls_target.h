// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Properties of StarttlsDialogue that hold for the octets of any server, split at arbitrary points;
// see grammar_targets.h. The first octet seeds the splits. It terminates, it sends only the four
// known commands, texts are bounded and fit to show, a status other than ok has a detail, and the
// splits do not change the result.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "fuzz/promises.h"
#include "protocol/smtp/starttls_dialogue.h"

namespace mtasts::fuzz {

inline bool is_smtp_command(std::string_view output) {
  return output == "EHLO probe.example\r\n" || output == "STARTTLS\r\n" || output == "QUIT\r\n";
}

// What the server of the dialogue still has to say, in pieces.
class SplitOctets {
 public:
  SplitOctets(std::string_view octets, uint32_t seed) : octets_(octets), seed_(seed) {}
  bool empty() const { return octets_.empty(); }
  void replace(std::string_view octets) { octets_ = octets; }
  std::string_view next() {
    size_t size = octets_.size();
    if (seed_ != 0) {
      seed_ = seed_ * 1664525U + 1013904223U;
      size = std::min<size_t>(size, 1 + (seed_ >> 24) % 64);
    }
    std::string_view piece = octets_.substr(0, size);
    octets_.remove_prefix(size);
    return piece;
  }

 private:
  std::string_view octets_;
  uint32_t seed_;  // 0: whole
};

inline void keep_dialogue_texts(Promises& promises, const protocol::StarttlsDialogue& dialogue) {
  promises.keep(dialogue.detail().size() < 1200 && dialogue.reply_text().size() < 1000,
                "a text over its bound");
  promises.keep(dialogue.detail().empty() || is_showable(dialogue.detail()),
                "a detail not fit to show");
  promises.keep(dialogue.reply_text().empty() || is_showable(dialogue.reply_text()),
                "a reply not fit to show");
  promises.keep((dialogue.status() == protocol::SmtpStatus::ok) == dialogue.detail().empty(),
                "a detail without a failure, or the reverse");
}

// What was said and found, for comparison.
inline std::string converse(Promises& promises, SplitOctets octets) {
  using Action = protocol::StarttlsDialogue::Action;
  protocol::StarttlsDialogue dialogue("probe.example");
  std::string sent;
  for (int turns = 0; promises.kept() && dialogue.next() != Action::finish; ++turns) {
    promises.keep(turns < 200000, "a dialogue without end");
    if (dialogue.next() == Action::write) {
      const std::string output = dialogue.take_output();
      promises.keep(is_smtp_command(output), "a command that nobody wrote");
      sent += output;
    } else if (dialogue.next() == Action::handshake) {
      promises.keep(dialogue.status() == protocol::SmtpStatus::ok, "a handshake after a failure");
      promises.keep(dialogue.starttls_offered() == std::optional<bool>(true),
                    "a handshake without an offer");
      promises.keep(dialogue.injected_bytes() <= protocol::kSessionLimit_bytes,
                    "more injected octets than were read");
      // What counts as injected depends on the splits; what follows TLS must not.
      octets.replace("250 mx\r\n");
      dialogue.handshake_done();
    } else if (octets.empty()) {
      dialogue.closed();
    } else {
      dialogue.feed(octets.next());
    }
  }
  keep_dialogue_texts(promises, dialogue);
  return sent + std::string(name_of(dialogue.status())) + std::string(name_of(dialogue.step())) +
         dialogue.detail() + std::to_string(dialogue.reply_code());
}

inline std::string broken_starttls_promise(std::string_view input) {
  if (input.empty()) return {};
  const auto seed = static_cast<unsigned char>(input[0]);
  const std::string_view octets = input.substr(1);
  Promises promises;
  const std::string whole = converse(promises, SplitOctets(octets, 0));
  const std::string split = converse(promises, SplitOctets(octets, seed + 1U));
  promises.keep(whole == split, "a dialogue that depends on the splits");
  return promises.broken();
}

}  // namespace mtasts::fuzz
