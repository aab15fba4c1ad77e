// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// DaneObserver: what a sender with DANE looks up for an MX host, in its order (RFC 7672 §2.2): the
// addresses with their aliases, then TLSA records below the name at the end of a secure chain of
// aliases, then below the host's own name, never below one in between (§2.2.2, §2.2.3). Beyond a
// sender, it asks for TLSA records also where the addresses are not signed or the resolver is not
// known to validate: whether there are any tells who wants DANE. Observes and judges nothing. Loop
// thread only.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <vector>

#include "check/channel_monitor.h"
#include "check/environment.h"
#include "check/lookup.h"
#include "check/secured_lookup.h"
#include "verdict/dane_evidence.h"

namespace mtasts::check {

class DaneObserver {
 public:
  // The monitor must outlive this and its coroutines.
  DaneObserver(const Environment& environment, ChannelMonitor& channels);

  // Whether DANE is looked at; where it is not, nothing else here may be called.
  bool is_wanted() const { return channels_.validation().is_wanted(); }

  // What is kept between the steps for one host; must outlive them.
  struct Host {
    std::string host;
    std::string client;  // the domain whose check asks
    verdict::DaneEvidence evidence;
    std::vector<protocol::DnsAnswer> failed;  // TLSA lookups, for the judgement of the channel
    std::vector<std::string> zones;           // whose delegation is to be examined
  };

  // Looks up A and AAAA into `answers`.
  boost::asio::awaitable<void> look_up_addresses(Host& host,
                                                 std::vector<protocol::DnsAnswer>& answers);
  // Then TLSA, and what explains a failure.
  boost::asio::awaitable<void> look_up_tlsa(Host& host,
                                            const std::vector<protocol::DnsAnswer>& answers);
  // The resolver turned out to deny what exists: `answers` were changed since.
  static void reconsider(Host& host, const std::vector<protocol::DnsAnswer>& answers);
  static void reconsider(verdict::MxDaneEvidence& evidence, const protocol::DnsAnswer& mx);

  // MX of a domain into `answer`.
  boost::asio::awaitable<void> look_up_mx(std::string domain, protocol::DnsAnswer& answer,
                                          verdict::MxDaneEvidence& evidence);

 private:
  boost::asio::awaitable<void> ask(std::string name, protocol::RecordType type, std::string target,
                                   protocol::DnsAnswer& answer, std::string client);
  boost::asio::awaitable<void> prove(verdict::Validation& validation, std::string& detail);
  boost::asio::awaitable<void> look_up_base(Host& host, std::string base);
  boost::asio::awaitable<void> look_up_first_alias(Host& host);
  boost::asio::awaitable<void> prove_again(Host& host);

  Environment environment_;
  ChannelMonitor& channels_;
  Lookup lookup_;
  SecuredLookups lookups_;
};

// Whether any TLSA record was received.
bool has_tlsa_records(const verdict::DaneEvidence& evidence);

}  // namespace mtasts::check
