// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// ProbeSlots: bounds what /probe sets going. A domain has one slot, which all requests for it
// share, as they share its check: a domain that is slow to check takes nothing from the others,
// however often it is asked for. Any thread.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace mtasts::web {

class ProbeSlots {
 public:
  // Domains at a time: each costs a check.
  static constexpr size_t kMostDomains = 64;
  // Requests at a time for one domain: each costs a little memory, also when its client is gone.
  static constexpr size_t kMostRequests = 64;

  enum class Refusal : uint8_t { none, domains, requests };
  // Holds its slot for its lifetime, if it was given one.
  class Slot {
   public:
    ~Slot();
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;
    Refusal refusal() const { return refusal_; }

   private:
    friend class ProbeSlots;
    struct Table;
    Slot(std::shared_ptr<Table> table, std::string domain, Refusal refusal);
    std::shared_ptr<Table> table_;
    std::string domain_;
    Refusal refusal_;
  };

  ProbeSlots();
  std::shared_ptr<Slot> take(const std::string& domain);

 private:
  std::shared_ptr<Slot::Table> table_;
};

}  // namespace mtasts::web
