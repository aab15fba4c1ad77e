// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// How a mail or report that was fetched somewhere is handed over to be kept.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace mtasts::intake {

enum class Delivered : uint8_t {
  kept,    // on disk: it survives a crash
  known,   // the same octets are kept already
  full,    // there is no room now; try again later
  failed,  // it could not be written; try again later
};

// Blocks until the answer is true for good. Called on the thread of the poller.
using Deliver = std::function<Delivered(std::string octets)>;

// At most this much of a mail is taken in.
inline constexpr size_t kMostMail_bytes = 15 * 1024 * 1024;

}  // namespace mtasts::intake
