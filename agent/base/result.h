// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Result<T>: a value or a Failure; Result<void>: success or a Failure. An expected failure is a
// value; exceptions are for broken invariants and start-up only. (std::expected needs C++23.) Plain
// value, any thread.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace mtasts {

// What went wrong, as a closed set. `Failure::detail` is the sentence for display.
enum class FailureKind {
  invalid,    // the input is invalid; retrying does not help
  not_found,  // the named thing does not exist
  io,         // the operating system reported an error; `detail` has its text
  timed_out,  // the deadline of the operation passed
  cancelled,  // the agent stopped the operation; says nothing about the peer
  not_yet,    // held by another process, or not there yet: the same may succeed later
};

struct Failure {
  FailureKind kind = FailureKind::invalid;
  std::string detail;
};

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}            // NOLINT(google-explicit-constructor)
  Result(Failure failure) : state_(std::move(failure)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return std::holds_alternative<T>(state_); }
  explicit operator bool() const { return ok(); }

  // Only when ok().
  T& value() { return std::get<T>(state_); }
  const T& value() const { return std::get<T>(state_); }
  T& operator*() { return value(); }
  const T& operator*() const { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  // Only when not ok().
  const Failure& failure() const { return std::get<Failure>(state_); }

 private:
  std::variant<T, Failure> state_;
};

// Success without a value (`return {};`), or a Failure.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Failure failure) : failure_(std::move(failure)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return !failure_; }
  explicit operator bool() const { return ok(); }

  // Only when not ok().
  const Failure& failure() const { return failure_.value(); }

 private:
  std::optional<Failure> failure_;
};

}  // namespace mtasts
