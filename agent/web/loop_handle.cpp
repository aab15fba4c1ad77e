// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "web/loop_handle.h"

#include <boost/asio/post.hpp>
#include <utility>

namespace mtasts::web {

void LoopHandle::post(std::function<void()> work) {
  std::lock_guard lock(mutex_);
  if (loop_ != nullptr) boost::asio::post(*loop_, std::move(work));
}

void LoopHandle::release() {
  std::lock_guard lock(mutex_);
  loop_ = nullptr;
}

}  // namespace mtasts::web
