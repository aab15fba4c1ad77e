// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The host name of this machine, as gethostname(2) has it; empty if there is none. Any thread.
#pragma once

#include <string>

namespace mtasts {

std::string host_name();

}  // namespace mtasts
