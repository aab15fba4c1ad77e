// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// ErrorList: all errors of one load, with their places, in reading order. Bounded: a file of a
// million bad lines gives the first thousand and a note. One thread at a time.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "settings/settings.h"

namespace mtasts::settings {

// Where a value was written; `file` is an index of ErrorList. Line and column count from 1.
struct Place {
  size_t file = 0;
  int line = 0;
  int column = 0;
};

class ErrorList {
 public:
  static constexpr size_t kMost = 1000;

  // Registers a source; errors are sorted in the order of these calls.
  size_t add_file(std::string name);

  void add(const Place& place, std::string message);
  size_t count() const { return found_.size() + left_out_; }
  // Whether a message begins with `prefix`.
  bool any_in(std::string_view prefix) const;
  // By file, line and column; ends with a note if some were omitted.
  std::vector<SettingsError> take();

 private:
  struct Found {
    Place place;
    std::string message;
  };
  std::vector<std::string> files_;
  std::vector<Found> found_;
  size_t left_out_ = 0;
};

}  // namespace mtasts::settings
