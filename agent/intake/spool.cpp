// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "intake/spool.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/digest.h"
#include "base/log.h"
#include "intake/spool_files.h"

namespace mtasts::intake {
namespace {

constexpr size_t kDigestDigits = 64;

// What the name of a file says: "0000000000000017-1764302400000-https-u-<client>-<digest>".
struct EntryName {
  uint64_t number = 0;
  int64_t received_ms = 0;
  Source source = Source::https;
  bool trusted = false;
  std::string client;  // 16 digits of a hash: the network of a sender is nobody's business
  std::string digest;

  std::string text() const {
    return fmt::format("{:016}-{}-{}-{}-{}-{}", number, received_ms, name_of(source),
                       trusted ? "t" : "u", client, digest);
  }
  std::string key() const { return digest + (trusted ? "t" : "u"); }
};

template <typename Number>
bool read_number(std::string_view text, Number& number) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

std::optional<EntryName> parse_name(std::string_view text) {
  std::vector<std::string_view> parts;
  for (size_t dash = 0; (dash = text.find('-')) != std::string_view::npos;) {
    parts.push_back(text.substr(0, dash));
    text.remove_prefix(dash + 1);
  }
  parts.push_back(text);
  EntryName name;
  if (parts.size() != 6 || !read_number(parts[0], name.number) ||
      !read_number(parts[1], name.received_ms) || parts[5].size() != kDigestDigits)
    return std::nullopt;
  bool known = false;
  for (Source source : enumerators<Source>()) {
    if (parts[2] != name_of(source)) continue;
    name.source = source;
    known = true;
  }
  if (!known || (parts[3] != "t" && parts[3] != "u")) return std::nullopt;
  name.trusted = parts[3] == "t";
  name.client = parts[4];
  name.digest = parts[5];
  return name;
}

}  // namespace

class Spool::Inbox {
 public:
  Inbox(std::unique_ptr<SpoolFiles> files, SpoolLimits limits)
      : files_(std::move(files)), limits_(limits) {}

  Result<void> recover();
  PutOutcome put(std::string_view octets, EntryName name);
  std::optional<SpoolEntry> take_oldest(std::chrono::milliseconds wait);
  bool remove(const std::string& id);
  void give_back(const std::string& id);
  void close();
  SpoolUsage usage() const;
  std::string trouble() const;

 private:
  struct Entry {
    EntryName name;
    size_t size_bytes = 0;
    std::string octets;  // in memory alone
  };

  bool has_room(const std::string& client, size_t size_bytes) const;
  void count(const EntryName& name, size_t size_bytes);
  void discount(const EntryName& name, size_t size_bytes);
  void forget(std::map<std::string, Entry>::iterator entry);
  Result<std::string> octets_of(const std::string& id, const Entry& entry) const;

  const std::unique_ptr<SpoolFiles> files_;  // null: in memory
  const SpoolLimits limits_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  uint64_t last_number_ = 0;
  std::map<std::string, Entry> entries_;          // by id, the oldest first
  std::set<std::string> waiting_;                 // ids not handed out
  std::unordered_set<std::string> writing_;       // keys of entries that put() writes now
  std::unordered_set<std::string> known_;         // keys of entries, and remembered ones
  std::deque<std::string> remembered_;            // of removed entries, the oldest first
  std::map<std::string, SpoolUsage> of_clients_;  // with what is being written
  SpoolUsage usage_;
  std::string trouble_;
  bool closed_ = false;
};

Result<void> Spool::Inbox::recover() {
  if (files_ == nullptr) return {};
  auto found = files_->list();
  if (!found.ok()) return found.failure();
  for (const SpoolFiles::Found& file : *found) {
    auto name = parse_name(file.name);
    if (!name) {
      log(LogLevel::warning, "unknown file in the spool of reports", {{"file", file.name}});
      continue;
    }
    last_number_ = std::max(last_number_, name->number);
    known_.insert(name->key());
    count(*name, file.size_bytes);
    waiting_.insert(file.name);
    entries_.emplace(file.name, Entry{std::move(*name), file.size_bytes, {}});
  }
  return {};
}

// A client takes at most half of what the others leave, so that there is always room for the next.
bool Spool::Inbox::has_room(const std::string& client, size_t size_bytes) const {
  if (usage_.entries + 1 > limits_.entries || usage_.bytes + size_bytes > limits_.bytes)
    return false;
  SpoolUsage own;
  if (auto place = of_clients_.find(client); place != of_clients_.end()) own = place->second;
  const size_t bytes_left = limits_.bytes - (usage_.bytes - own.bytes);
  const size_t entries_left = limits_.entries - (usage_.entries - own.entries);
  return own.bytes + size_bytes <= bytes_left / 2 && own.entries + 1 <= (entries_left + 1) / 2;
}

void Spool::Inbox::count(const EntryName& name, size_t size_bytes) {
  SpoolUsage& own = of_clients_[name.client];
  own.bytes += size_bytes;
  ++own.entries;
  usage_.bytes += size_bytes;
  ++usage_.entries;
}

void Spool::Inbox::discount(const EntryName& name, size_t size_bytes) {
  auto own = of_clients_.find(name.client);
  own->second.bytes -= size_bytes;
  if (--own->second.entries == 0) of_clients_.erase(own);
  usage_.bytes -= size_bytes;
  --usage_.entries;
}

PutOutcome Spool::Inbox::put(std::string_view octets, EntryName name) {
  const std::string key = name.key();
  std::unique_lock lock(mutex_);
  // The same octets are being written: only afterwards it is certain that they are durable.
  changed_.wait(lock, [&] { return !writing_.contains(key); });
  if (closed_) return PutOutcome::failed;
  if (known_.contains(key) || (!name.trusted && known_.contains(name.digest + "t")))
    return PutOutcome::known;
  if (!has_room(name.client, octets.size())) return PutOutcome::full;
  name.number = ++last_number_;
  const std::string id = name.text();
  count(name, octets.size());
  writing_.insert(key);
  Result<void> written;
  if (files_ != nullptr) {
    lock.unlock();
    written = files_->write(id, octets);
    lock.lock();
  }
  writing_.erase(key);
  trouble_ = written.ok() ? std::string() : written.failure().detail;
  if (written.ok()) {
    known_.insert(key);
    waiting_.insert(id);
    entries_.emplace(id, Entry{std::move(name), octets.size(),
                               files_ == nullptr ? std::string(octets) : std::string()});
  } else {
    discount(name, octets.size());
  }
  changed_.notify_all();
  if (written.ok()) return PutOutcome::kept;
  return written.failure().kind == FailureKind::not_found ? PutOutcome::full : PutOutcome::failed;
}

Result<std::string> Spool::Inbox::octets_of(const std::string& id, const Entry& entry) const {
  if (files_ == nullptr) return entry.octets;
  auto octets = files_->read(id, entry.size_bytes);
  if (!octets.ok() || sha256_hex(*octets) == entry.name.digest) return octets;
  return Failure{FailureKind::invalid, fmt::format("{} is damaged", id)};
}

std::optional<SpoolEntry> Spool::Inbox::take_oldest(std::chrono::milliseconds wait) {
  const auto end = std::chrono::steady_clock::now() + wait;
  std::unique_lock lock(mutex_);
  while (true) {
    if (!changed_.wait_until(lock, end, [this] { return closed_ || !waiting_.empty(); }))
      return std::nullopt;
    if (closed_) return std::nullopt;
    const std::string id = *waiting_.begin();
    waiting_.erase(waiting_.begin());
    const Entry entry = entries_.at(id);
    lock.unlock();
    auto octets = octets_of(id, entry);
    if (octets.ok())
      return SpoolEntry{id, entry.name.source, entry.name.trusted,
                        Time(std::chrono::milliseconds(entry.name.received_ms)),
                        std::move(*octets)};
    log(LogLevel::error, "cannot read a report in the spool", {{"error", octets.failure().detail}});
    if (octets.failure().kind == FailureKind::invalid) remove(id);
    lock.lock();
  }
}

void Spool::Inbox::forget(std::map<std::string, Entry>::iterator entry) {
  discount(entry->second.name, entry->second.size_bytes);
  remembered_.push_back(entry->second.name.key());
  if (remembered_.size() > limits_.remembered) {
    known_.erase(remembered_.front());
    remembered_.pop_front();
  }
  waiting_.erase(entry->first);
  entries_.erase(entry);
}

bool Spool::Inbox::remove(const std::string& id) {
  {
    std::lock_guard lock(mutex_);
    if (!entries_.contains(id)) return true;
  }
  Result<void> deleted;
  if (files_ != nullptr) deleted = files_->remove(id);
  std::lock_guard lock(mutex_);
  if (!deleted.ok()) {
    trouble_ = deleted.failure().detail;
    return false;
  }
  if (auto entry = entries_.find(id); entry != entries_.end()) forget(entry);
  return true;
}

void Spool::Inbox::give_back(const std::string& id) {
  std::lock_guard lock(mutex_);
  if (!entries_.contains(id)) return;
  waiting_.insert(id);
  changed_.notify_all();
}

void Spool::Inbox::close() {
  std::lock_guard lock(mutex_);
  closed_ = true;
  changed_.notify_all();
}

SpoolUsage Spool::Inbox::usage() const {
  std::lock_guard lock(mutex_);
  return usage_;
}

std::string Spool::Inbox::trouble() const {
  std::lock_guard lock(mutex_);
  return trouble_;
}

std::string spool_directory_of(const std::string& state_path) {
  return state_path == ":memory:" ? std::string() : state_path + "-reports";
}

Spool::Spool(std::unique_ptr<Inbox> inbox) : inbox_(std::move(inbox)) {}
Spool::~Spool() = default;

Result<std::unique_ptr<Spool>> Spool::open(const std::string& directory, SpoolLimits limits) {
  std::unique_ptr<SpoolFiles> files;
  if (!directory.empty()) {
    auto opened = SpoolFiles::open(directory);
    if (!opened.ok()) return opened.failure();
    files = std::move(*opened);
  }
  auto inbox = std::make_unique<Inbox>(std::move(files), limits);
  auto recovered = inbox->recover();
  if (!recovered.ok()) return recovered.failure();
  return std::make_unique<Spool>(std::move(inbox));
}

PutOutcome Spool::put(std::string_view octets, Source source, bool trusted, std::string_view client,
                      Time received) {
  EntryName name;
  name.received_ms = received.time_since_epoch().count();
  if (name.received_ms < 0) name.received_ms = 0;
  name.source = source;
  name.trusted = trusted;
  name.client = fmt::format("{:016x}", fnv1a(client));
  name.digest = sha256_hex(octets);
  return inbox_->put(octets, std::move(name));
}

std::optional<SpoolEntry> Spool::take_oldest(std::chrono::milliseconds wait) {
  return inbox_->take_oldest(wait);
}
bool Spool::remove(const std::string& id) { return inbox_->remove(id); }
void Spool::give_back(const std::string& id) { inbox_->give_back(id); }
void Spool::close() { inbox_->close(); }
SpoolUsage Spool::usage() const { return inbox_->usage(); }
std::string Spool::trouble() const { return inbox_->trouble(); }

}  // namespace mtasts::intake
