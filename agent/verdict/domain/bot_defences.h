// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Responses of bot defences and web application firewalls, which stand in front of a web server and
// answer in its place. Senders are no browsers, so what such a filter does to the agent it does to
// them. Internal to the verdict room; pure.
#pragma once

#include <string_view>

#include "protocol/http/attempt.h"

namespace mtasts::verdict {

struct BotDefence {
  std::string_view name;  // "Cloudflare", in "a challenge of Cloudflare"
  std::string_view what;  // "a bot challenge", "a block page"
  std::string_view fix;   // one sentence
};
// Null: the response is not known to be one.
const BotDefence* bot_defence_of(const protocol::HttpsAttempt& attempt);

}  // namespace mtasts::verdict
