// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "service/sliced_work.h"

#include <boost/asio/post.hpp>
#include <exception>
#include <memory>
#include <string>
#include <utility>

namespace mtasts::service {
namespace {

struct Running {
  boost::asio::any_io_executor loop;
  SlicedWork work;
  std::function<bool()> stopped;
  std::function<void(std::string)> done;
};

}  // namespace

void SlicedWork::add(size_t count, std::function<void(size_t)> step) {
  if (count > 0) parts_.push_back({count, std::move(step)});
}

bool SlicedWork::step() {
  if (part_ == parts_.size()) return false;
  parts_[part_].step(index_);
  if (++index_ == parts_[part_].count) {
    ++part_;
    index_ = 0;
  }
  return true;
}

void SlicedWork::run() {
  while (step()) continue;
}

void SlicedWork::start(const boost::asio::any_io_executor& loop, SlicedWork work,
                       std::function<bool()> stopped, std::function<void(std::string)> done) {
  auto running = std::make_shared<Running>(
      Running{loop, std::move(work), std::move(stopped), std::move(done)});
  struct Slice {
    std::shared_ptr<Running> running;
    void operator()() const {
      if (running->stopped()) return;
      const auto end = std::chrono::steady_clock::now() + kSlice;
      try {
        while (running->work.step())
          if (std::chrono::steady_clock::now() >= end)
            return boost::asio::post(running->loop, *this);
      } catch (const std::exception& broken) {
        return running->done(broken.what());
      }
      running->done({});
    }
  };
  Slice{running}();
}

}  // namespace mtasts::service
