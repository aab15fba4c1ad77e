// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Handle<T, free>: a unique_ptr to an object of a C library that is released with `free`, whose
// return value is ignored.
//     Handle<BIO, BIO_free> bio(BIO_new(BIO_s_mem()));
#pragma once

#include <memory>

namespace mtasts {

template <auto free_function>
struct FreeWith {
  template <typename T>
  void operator()(T* object) const {
    free_function(object);
  }
};

template <typename T, auto free_function>
using Handle = std::unique_ptr<T, FreeWith<free_function>>;

}  // namespace mtasts
