// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// FairQueue: what waits for one of the channel's places, by client (a check). Clients take turns,
// and each holds a limited number of places: a domain full of names that no server answers occupies
// its own share, which shrinks with every such name, and not that of others. The client without a
// name (canaries) has no limit. Loop thread only.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>
#include <limits>
#include <map>
#include <string>
#include <utility>

namespace mtasts::net {

template <typename Item>
class FairQueue {
 public:
  using Instant = std::chrono::steady_clock::time_point;

  // A check asks about ten questions at once, and more where it has many MX hosts.
  static constexpr size_t kShare = 16;
  // Of a client with several questions that were not answered within the last minute.
  static constexpr size_t kSmallShare = 2;
  static constexpr size_t kManySilent = 4;

  void push_back(const std::string& client, Item item) {
    entry(client).waiting.push_back(std::move(item));
  }
  // For a repetition: before the client's other items.
  void push_front(const std::string& client, Item item) {
    entry(client).waiting.push_front(std::move(item));
  }

  // The next item whose client holds less than its share, which now holds one more. False: none.
  bool take(Instant now, Item& item) {
    for (size_t left = turns_.size(); left > 0; --left) {
      const std::string name = std::move(turns_.front());
      turns_.pop_front();
      Client& client = clients_[name];
      const bool may = client.held < share(name, client, now);
      if (may) {
        item = std::move(client.waiting.front());
        client.waiting.pop_front();
        ++client.held;
      }
      client.queued = !client.waiting.empty();
      if (client.queued) turns_.push_back(name);
      if (may) return true;
    }
    return false;
  }
  // An item that take() returned gives its place back. `silent`: nobody answered it.
  void give_back(const std::string& name, bool silent, Instant now) {
    auto found = clients_.find(name);
    if (found == clients_.end()) return;
    Client& client = found->second;
    if (client.held > 0) --client.held;
    if (silent) {
      if (now - client.silent_since >= kMemory) client.silent = 0;
      if (client.silent++ == 0) client.silent_since = now;
    }
    forget(now);
  }

  bool empty() const { return turns_.empty(); }
  size_t clients() const { return clients_.size(); }
  void clear() {
    turns_.clear();
    clients_.clear();
  }

 private:
  static constexpr std::chrono::minutes kMemory{1};

  struct Client {
    std::deque<Item> waiting;
    size_t held = 0;
    size_t silent = 0;
    Instant silent_since{};
    bool queued = false;  // has a turn
  };

  Client& entry(const std::string& name) {
    Client& client = clients_[name];
    if (!client.queued) turns_.push_back(name);
    client.queued = true;
    return client;
  }
  static size_t share(const std::string& name, const Client& client, Instant now) {
    if (name.empty()) return std::numeric_limits<size_t>::max();
    const bool silent = client.silent >= kManySilent && now - client.silent_since < kMemory;
    return silent ? kSmallShare : kShare;
  }
  // Idle clients, at most once in a while.
  void forget(Instant now) {
    if (now - swept_ < std::chrono::seconds(1)) return;
    swept_ = now;
    std::erase_if(clients_, [&](const auto& item) {
      const Client& client = item.second;
      const bool remembered = client.silent > 0 && now - client.silent_since < kMemory;
      return client.held == 0 && !client.queued && !remembered;
    });
  }

  std::map<std::string, Client> clients_;
  std::deque<std::string> turns_;  // clients with something that waits
  Instant swept_{};
};

}  // namespace mtasts::net
