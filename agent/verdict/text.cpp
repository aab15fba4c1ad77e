// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "verdict/text.h"

#include <fmt/format.h>

#include "base/printable.h"

namespace mtasts::verdict {

std::string lookup_result(const protocol::DnsAnswer& answer) {
  std::string text = fmt::format("{} lookup of {} failed: {}", protocol::name_of(answer.type),
                                 printable(answer.name, 253), protocol::name_of(answer.status));
  if (!answer.detail.empty()) text += fmt::format(" ({})", printable(answer.detail, 200));
  return text;
}

std::string sentence(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z')
    text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

std::string listed(const std::vector<std::string>& names, size_t max_names) {
  std::string text;
  for (size_t i = 0; i < names.size() && i < max_names; ++i)
    text += (i == 0 ? "" : ", ") + printable(names[i], 253);
  if (names.size() > max_names) text += fmt::format(" and {} more", names.size() - max_names);
  return text;
}

}  // namespace mtasts::verdict
