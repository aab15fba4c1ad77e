// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include <cstddef>
#include <cstdint>

#include "fuzz/web_config_target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* octets, size_t size) {
  using namespace mtasts::fuzz;
  return demand(broken_web_config_promise(view_of(octets, size)));
}
