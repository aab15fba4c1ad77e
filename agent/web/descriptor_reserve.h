// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// DescriptorReserve: file descriptors that a listener keeps, so that it can still accept
// connections when the process has no other left (EMFILE, ENFILE). Not synchronized: for one
// thread.
#pragma once

#include <cstddef>
#include <vector>

namespace mtasts::web {

class DescriptorReserve {
 public:
  explicit DescriptorReserve(size_t count) : count_(count) { refill(); }
  ~DescriptorReserve();
  DescriptorReserve(const DescriptorReserve&) = delete;
  DescriptorReserve& operator=(const DescriptorReserve&) = delete;

  // Frees one for the next accept; false: none is left.
  bool release_one();
  // Takes back what was released, as far as the process has descriptors.
  void refill();

  size_t size() const { return descriptors_.size(); }

 private:
  const size_t count_;
  std::vector<int> descriptors_;
};

}  // namespace mtasts::web
