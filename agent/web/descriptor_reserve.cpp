// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "web/descriptor_reserve.h"

#include <fcntl.h>
#include <unistd.h>

namespace mtasts::web {

DescriptorReserve::~DescriptorReserve() {
  while (release_one()) {
  }
}

bool DescriptorReserve::release_one() {
  if (descriptors_.empty()) return false;
  ::close(descriptors_.back());
  descriptors_.pop_back();
  return true;
}

void DescriptorReserve::refill() {
  while (descriptors_.size() < count_) {
    const int descriptor = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return;
    descriptors_.push_back(descriptor);
  }
}

}  // namespace mtasts::web
