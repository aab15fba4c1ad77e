// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Further requests to the same address, each made only where the first one leaves a question: which
// TLS versions there are, whether the host speaks HTTP/2 alone, what senders get that do not offer
// gzip, and what follows a body that its length cuts off. Each adds its answer to the first attempt
// and stays within the time that is left. Internal to net/https/. Loop thread only.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "net/https/transfer_run.h"

namespace mtasts::net {

// Those that the result of the first transfer calls for; one after the other.
boost::asio::awaitable<void> look_further(FetchEnginePtr engine, HttpsTarget target,
                                          Deadlines deadlines, TransferResult& first);

}  // namespace mtasts::net
