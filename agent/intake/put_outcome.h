// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// What became of octets that were to be kept durably, and the function that pollers hand mails to.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/enum_words.h"

namespace mtasts::intake {

BOOST_DEFINE_FIXED_ENUM_CLASS(PutOutcome, uint8_t,
                              kept,    // durable now
                              known,   // the same octets are kept already, or were lately
                              full,    // no room, or this client has used its share
                              failed)  // the disk failed
inline std::string_view name_of(PutOutcome outcome) { return enumerator_name(outcome); }

// Blocks until the answer is true for good. Called on the thread of the poller.
using Deliver = std::function<PutOutcome(std::string octets)>;

}  // namespace mtasts::intake
