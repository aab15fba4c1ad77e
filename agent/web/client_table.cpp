// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "web/client_table.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/ascii.h"

namespace mtasts::web {
namespace {

using std::chrono::steady_clock;

bool is_inside(const IpAddress& address) {
  const AddressScope scope = address.scope();
  return scope == AddressScope::private_use || scope == AddressScope::loopback ||
         scope == AddressScope::link_local;
}

// "192.0.2.1", "2001:db8::1"; some proxies add a port: "192.0.2.1:4711", "[2001:db8::1]:4711".
std::optional<IpAddress> address_in(std::string_view text) {
  text = trim(text);
  if (text.starts_with('[')) {
    text = text.substr(1, text.find(']') - 1);
  } else if (std::count(text.begin(), text.end(), ':') == 1) {
    text = text.substr(0, text.find(':'));
  }
  auto address = IpAddress::parse(text);
  if (!address.ok()) return std::nullopt;
  return *address;
}

}  // namespace

std::string network_of(const IpAddress& address) {
  if (address.family() == AddressFamily::ipv4) return address.text();
  auto octets = address.octets();
  std::fill(octets.begin() + 8, octets.end(), uint8_t{0});
  return IpAddress::v6(octets).text() + "/64";
}

std::string outside_network(const IpAddress& address) {
  return is_inside(address) ? std::string() : network_of(address);
}

std::string client_of(const HttpRequest& request) {
  if (is_inside(request.peer) && !request.forwarded_for.empty()) {
    std::string_view list = request.forwarded_for;
    const size_t comma = list.rfind(',');
    if (comma != std::string_view::npos) list.remove_prefix(comma + 1);
    if (auto address = address_in(list)) return network_of(*address);
  }
  return network_of(request.peer);
}

ClientTable::Client& ClientTable::find(const std::string& name, steady_clock::time_point now) {
  auto found = clients_.find(name);
  if (found == clients_.end()) {
    forget_idle();
    Client fresh;
    fresh.requests = limits_.requests;
    fresh.bytes = limits_.bytes;
    fresh.filled = now;
    fresh.place = by_use_.insert(by_use_.end(), name);
    return clients_.emplace(name, fresh).first->second;
  }
  Client& client = found->second;
  by_use_.splice(by_use_.end(), by_use_, client.place);
  const double share = std::chrono::duration<double>(now - client.filled) / limits_.refill;
  client.filled = now;
  client.requests = std::min(limits_.requests, client.requests + share * limits_.requests);
  client.bytes = std::min(limits_.bytes, client.bytes + share * limits_.bytes);
  return client;
}

void ClientTable::forget_idle() {
  for (auto name = by_use_.begin(); name != by_use_.end() && clients_.size() >= limits_.clients;) {
    auto client = clients_.find(*name);
    if (client->second.in_progress > 0) {
      ++name;
      continue;
    }
    clients_.erase(client);
    name = by_use_.erase(name);
  }
}

std::shared_ptr<void> ClientTable::begin(const std::string& name, size_t bytes,
                                         steady_clock::time_point now) {
  std::lock_guard lock(mutex_);
  Client& client = find(name, now);
  if (client.requests < 1 || client.bytes <= 0 ||
      in_progress_bytes_ + bytes > limits_.bytes_in_progress ||
      client.in_progress_bytes + bytes > limits_.client_bytes_in_progress)
    return nullptr;
  client.requests -= 1;
  client.in_progress_bytes += bytes;
  ++client.in_progress;
  in_progress_bytes_ += bytes;
  auto release = [self = shared_from_this(), name, bytes](void*) { self->end(name, bytes); };
  return std::shared_ptr<void>(this, release);
}

bool ClientTable::spend(const std::string& name, steady_clock::time_point now) {
  std::lock_guard lock(mutex_);
  Client& client = find(name, now);
  if (client.requests < 1) return false;
  client.requests -= 1;
  return true;
}

void ClientTable::end(const std::string& name, size_t bytes) {
  std::lock_guard lock(mutex_);
  in_progress_bytes_ -= bytes;
  Client& client = clients_.at(name);  // is not forgotten while it has something in progress
  client.in_progress_bytes -= bytes;
  --client.in_progress;
}

void ClientTable::charge(const std::string& name, size_t bytes, steady_clock::time_point now) {
  std::lock_guard lock(mutex_);
  find(name, now).bytes -= static_cast<double>(bytes);
}

size_t ClientTable::size() const {
  std::lock_guard lock(mutex_);
  return clients_.size();
}

}  // namespace mtasts::web
