// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "settings/error_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace mtasts::settings {

std::string SettingsError::text() const {
  if (line == 0) return file.empty() ? message : fmt::format("{}: {}", file, message);
  return fmt::format("{}:{}:{}: {}", file, line, column, message);
}

size_t ErrorList::add_file(std::string name) {
  files_.push_back(std::move(name));
  return files_.size() - 1;
}

void ErrorList::add(const Place& place, std::string message) {
  if (found_.size() == kMost) {
    ++left_out_;
    return;
  }
  found_.push_back({place, std::move(message)});
}

bool ErrorList::any_in(std::string_view prefix) const {
  return std::any_of(found_.begin(), found_.end(),
                     [&](const Found& found) { return found.message.starts_with(prefix); });
}

std::vector<SettingsError> ErrorList::take() {
  auto position = [](const Found& f) {
    return std::tuple(f.place.file, f.place.line, f.place.column);
  };
  std::stable_sort(found_.begin(), found_.end(),
                   [&](const Found& a, const Found& b) { return position(a) < position(b); });
  std::vector<SettingsError> errors;
  errors.reserve(found_.size() + 1);
  for (Found& f : found_)
    errors.push_back({files_[f.place.file], f.place.line, f.place.column, std::move(f.message)});
  if (left_out_ > 0)
    errors.push_back(
        {"", 0, 0,
         fmt::format("{} more errors are not shown; fix those above and check again", left_out_)});
  found_.clear();
  left_out_ = 0;
  return errors;
}

}  // namespace mtasts::settings
