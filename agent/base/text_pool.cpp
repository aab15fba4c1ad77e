// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "base/text_pool.h"

#include <algorithm>
#include <cstring>

namespace mtasts {
namespace {

constexpr size_t kFirstSlots = 64;
// Texts whose hashes differ are rarely further away from their own slot while a third is free.
constexpr size_t kNearSlots = 16;
constexpr size_t kNoSlot = static_cast<size_t>(-1);

uint64_t mixed(uint64_t hash, uint64_t word) {
  hash = (hash ^ word) * 0x9E3779B97F4A7C15u;
  return hash ^ (hash >> 32);
}

}  // namespace

uint32_t TextPool::hash_of(std::string_view text) {
  uint64_t hash = text.size();
  uint64_t word = 0;
  for (; text.size() >= sizeof word; text.remove_prefix(sizeof word)) {
    std::memcpy(&word, text.data(), sizeof word);
    hash = mixed(hash, word);
  }
  word = 0;
  std::memcpy(&word, text.data(), text.size());
  return static_cast<uint32_t>(mixed(hash, word));
}

// Of the slot that has the text or could take it; kNoSlot: neither.
size_t TextPool::slot_of(std::string_view text, uint32_t hash) const {
  const size_t mask = slots_.size() - 1;
  for (size_t i = 0; i < kNearSlots; ++i) {
    const size_t at = (hash + i) & mask;
    const Slot& slot = slots_[at];
    if (slot.number == kEmpty) return at;
    if (slot.hash == hash && this->text(slot.number) == text) return at;
  }
  return kNoSlot;
}

void TextPool::grow() {
  slots_.assign(std::max(kFirstSlots, 2 * slots_.size()), Slot());
  crowded_.clear();
  for (Number number = 1; number < size(); ++number) {
    const uint32_t hash = hash_of(text(number));
    if (size_t slot = slot_of(text(number), hash); slot != kNoSlot)
      slots_[slot] = {hash, number};
    else
      crowded_.emplace(text(number), number);
  }
}

TextPool::Number TextPool::find(std::string_view text) const {
  if (text.empty() || slots_.empty()) return kEmpty;
  if (size_t slot = slot_of(text, hash_of(text)); slot != kNoSlot) return slots_[slot].number;
  auto known = crowded_.find(text);
  return known == crowded_.end() ? kEmpty : known->second;
}

TextPool::Number TextPool::put(std::string_view text) {
  if (text.empty()) return kEmpty;
  if (3 * size() > 2 * slots_.size()) grow();
  const uint32_t hash = hash_of(text);
  const size_t slot = slot_of(text, hash);
  if (slot != kNoSlot && slots_[slot].number != kEmpty) return slots_[slot].number;
  if (slot == kNoSlot)
    if (auto known = crowded_.find(text); known != crowded_.end()) return known->second;
  const auto number = static_cast<Number>(size());
  octets_ += text;
  ends_.push_back(static_cast<uint32_t>(octets_.size()));
  if (slot != kNoSlot)
    slots_[slot] = {hash, number};
  else
    crowded_.emplace(text, number);
  return number;
}

}  // namespace mtasts
