// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Fuzzes StarttlsDialogue with the octets of a hostile server, split at arbitrary points. The first
// octet seeds the splits. Invariants: it terminates, it sends only the four known commands, texts
// are bounded, a status other than ok has a detail, and the splits do not change the result.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/smtp/starttls_dialogue.h"

namespace {

using mtasts::protocol::SmtpStatus;
using mtasts::protocol::StarttlsDialogue;
using Action = StarttlsDialogue::Action;

void demand(bool invariant) {
  if (!invariant) std::abort();
}

bool is_command(std::string_view output) {
  return output == "EHLO probe.example\r\n" || output == "STARTTLS\r\n" || output == "QUIT\r\n";
}

std::string converse(std::string_view octets, uint32_t seed) {
  StarttlsDialogue dialogue("probe.example");
  std::string sent;
  int turns = 0;
  while (dialogue.next() != Action::finish) {
    demand(++turns < 200000);
    switch (dialogue.next()) {
      case Action::read: {
        if (octets.empty()) {
          dialogue.closed();
          break;
        }
        size_t piece_bytes = octets.size();
        if (seed != 0) {
          seed = seed * 1664525U + 1013904223U;
          piece_bytes = std::min<size_t>(octets.size(), 1 + (seed >> 24) % 64);
        }
        dialogue.feed(octets.substr(0, piece_bytes));
        octets.remove_prefix(piece_bytes);
        break;
      }
      case Action::write: {
        std::string output = dialogue.take_output();
        demand(is_command(output));
        sent += output;
        break;
      }
      case Action::handshake:
        demand(dialogue.status() == SmtpStatus::ok);
        demand(dialogue.starttls_offered() == std::optional<bool>(true));
        demand(dialogue.injected_bytes() <= mtasts::protocol::kSessionLimit_bytes);
        // What counts as injected depends on the splits; what follows TLS must not.
        octets = "250 mx\r\n";
        dialogue.handshake_done();
        break;
      case Action::finish:
        break;
    }
  }
  demand(dialogue.detail().size() < 1200 && dialogue.reply_text().size() < 1000);
  demand((dialogue.status() == SmtpStatus::ok) == dialogue.detail().empty());
  return sent + std::string(name_of(dialogue.status())) + std::string(name_of(dialogue.step())) +
         dialogue.detail() + std::to_string(dialogue.reply_code());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  std::string_view octets(reinterpret_cast<const char*>(data) + 1, size - 1);
  demand(converse(octets, 0) == converse(octets, data[0] + 1U));
  return 0;
}
