// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// SlicedWork: many small steps on the loop that other handlers must not wait for: after some
// milliseconds the rest is posted behind whatever is ready by then. Loop thread only.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace mtasts::service {

class SlicedWork {
 public:
  // How long one handler works; the step that passes it is the last. A step renders a report at
  // most, which takes a millisecond.
  static constexpr std::chrono::milliseconds kSlice{5};

  // Adds `count` steps, done in order after those added before.
  void add(size_t count, std::function<void(size_t index)> step);

  // Does all steps before it returns.
  void run();
  // Does the first slice at once, later ones from the loop; then calls `done`, also where a step
  // threw an exception, whose text it receives; else that is empty. Nothing more happens, `done`
  // included, once `stopped` returns true.
  static void start(const boost::asio::any_io_executor& loop, SlicedWork work,
                    std::function<bool()> stopped, std::function<void(std::string)> done);

 private:
  struct Part {
    size_t count;
    std::function<void(size_t)> step;
  };
  // False: nothing is left.
  bool step();

  std::vector<Part> parts_;
  size_t part_ = 0;
  size_t index_ = 0;
};

}  // namespace mtasts::service
