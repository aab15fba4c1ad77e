// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "protocol/sts/policy_writer.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/digest.h"

namespace mtasts::protocol {

std::string write_policy(Mode mode, const std::vector<std::string>& patterns,
                         uint64_t max_age_seconds) {
  std::string text = fmt::format("version: STSv1\r\nmode: {}\r\n", name_of(mode));
  for (const std::string& pattern : patterns) text += fmt::format("mx: {}\r\n", pattern);
  return text + fmt::format("max_age: {}\r\n", std::min(max_age_seconds, kMaxAgeLimit_seconds));
}

std::string write_record(std::string_view id) { return fmt::format("v=STSv1; id={}", id); }

std::string id_of_policy(std::string_view policy) { return sha256_hex(policy).substr(0, 20); }

}  // namespace mtasts::protocol
