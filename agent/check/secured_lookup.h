// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// SecuredLookups: DNS questions as a sender with DANE asks them, and how secure the answers are
// (RFC 7672 §2.1.1). Behind a SERVFAIL the same question is asked once more with CD: an answer
// there means that validation failed. For zones whose answers failed, DS and DNSKEY records are
// compared. Loop thread only.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <vector>

#include "check/channel_monitor.h"
#include "check/environment.h"
#include "check/lookup.h"
#include "verdict/dane_evidence.h"

namespace mtasts::check {

// What `answer` says of itself. Pure.
verdict::SecuredLookup secured_lookup(const protocol::DnsAnswer& answer,
                                      verdict::Validation validation);

class SecuredLookups {
 public:
  // The monitor must outlive this and its coroutines.
  SecuredLookups(const Environment& environment, ChannelMonitor& channels)
      : environment_(environment), lookup_(environment, channels) {}

  // Asks with signatures. `target` and `client` as in Lookup::query.
  boost::asio::awaitable<void> query(std::string name, protocol::RecordType type,
                                     std::string target, protocol::DnsAnswer& answer,
                                     std::string client);

  // Makes the lookup of an answer; asks again with CD where it is SERVFAIL and `validation` is
  // proven. The zones to examine are appended to `zones`.
  boost::asio::awaitable<void> secure(const protocol::DnsAnswer& answer,
                                      verdict::Validation validation, std::string client,
                                      verdict::SecuredLookup& lookup,
                                      std::vector<std::string>& zones);

  // Adds the dates of what a secure answer rests on next: the keys of its zone, and the DS records
  // that lead there. Their signatures are often made by other means, and end on other days.
  boost::asio::awaitable<void> add_key_dates(std::string client, verdict::SecuredLookup& lookup);

  // Compares DS and DNSKEY of each zone and, where they match, of the zones above, up to the first
  // that differ. Each zone once, and at most `kMostZones`.
  static constexpr size_t kMostZones = 4;
  boost::asio::awaitable<void> examine(std::vector<std::string> zones, std::string client,
                                       std::vector<verdict::DelegationEvidence>& delegations);

 private:
  boost::asio::awaitable<protocol::DnsAnswer> ask_unchecked(std::string client, std::string name,
                                                            protocol::RecordType type);
  boost::asio::awaitable<std::string> zone_of(std::string client,
                                              const protocol::DnsAnswer& unchecked);
  boost::asio::awaitable<verdict::DelegationEvidence> compare(std::string zone, std::string client,
                                                              std::string& parent);

  Environment environment_;
  Lookup lookup_;
};

}  // namespace mtasts::check
