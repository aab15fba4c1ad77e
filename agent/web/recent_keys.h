// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// RecentKeys: a bounded map that forgets the key that was not used for longest. One thread at a
// time.
#pragma once

#include <cstddef>
#include <list>
#include <map>
#include <utility>

namespace mtasts::web {

template <typename Key, typename Value>
class RecentKeys {
 public:
  explicit RecentKeys(size_t most) : most_(most) {}

  // Null: not there. Valid until the next call.
  const Value* find(const Key& key) {
    auto found = places_.find(key);
    if (found == places_.end()) return nullptr;
    by_use_.splice(by_use_.begin(), by_use_, found->second);
    return &found->second->second;
  }
  void put(const Key& key, Value value) {
    if (find(key) != nullptr) {
      by_use_.front().second = std::move(value);
      return;
    }
    if (by_use_.size() >= most_ && !by_use_.empty()) {
      places_.erase(by_use_.back().first);
      by_use_.pop_back();
    }
    by_use_.emplace_front(key, std::move(value));
    places_[key] = by_use_.begin();
  }
  void clear() {
    places_.clear();
    by_use_.clear();
  }
  size_t size() const { return by_use_.size(); }

 private:
  const size_t most_;
  std::list<std::pair<Key, Value>> by_use_;  // the latest first
  std::map<Key, typename std::list<std::pair<Key, Value>>::iterator> places_;
};

}  // namespace mtasts::web
