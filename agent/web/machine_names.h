// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The names of this machine, as far as they are known without DNS: the host name, the names that
// /etc/hosts has beside it, and the host name in the search domains of /etc/resolv.conf. Any
// thread.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace mtasts::web {

// All in lower case, without a dot at their ends. `hosts` and `resolver` are the contents of the
// two files. Pure.
std::set<std::string> machine_names(std::string_view host_name, std::string_view hosts,
                                    std::string_view resolver);

// Reads the two files; what cannot be read adds no name.
std::set<std::string> machine_names();

}  // namespace mtasts::web
