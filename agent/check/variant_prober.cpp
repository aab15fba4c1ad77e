// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "check/variant_prober.h"

#include <boost/asio/use_awaitable.hpp>
#include <optional>

#include "check/standstill.h"

namespace mtasts::check {
namespace {

namespace asio = boost::asio;
using net::CertificateAlgorithms;
using net::TlsOffer;
using protocol::PeerChain;
using protocol::PeerChainPtr;
using protocol::SmtpAttempt;
using protocol::SmtpStatus;
using verdict::HandshakeVariants;

// A slower server would hold up the verdict on the host for too long.
constexpr std::chrono::seconds kSlowest{10};

// The lowest address, so that the choice does not depend on the order of a DNS answer.
const SmtpAttempt* healthy_attempt(const verdict::MxHostEvidence& evidence) {
  const SmtpAttempt* chosen = nullptr;
  for (const SmtpAttempt& attempt : evidence.attempts) {
    if (attempt.status != SmtpStatus::ok || attempt.chain == nullptr ||
        attempt.total_time > kSlowest)
      continue;
    if (chosen == nullptr || attempt.address < chosen->address) chosen = &attempt;
  }
  return chosen;
}

// Another certificate than this one can only be of the other algorithm.
std::optional<CertificateAlgorithms> other_algorithm(const PeerChain& chain) {
  const std::string& type = chain.leaf.key_type;
  if (type.starts_with("RSA")) return CertificateAlgorithms::ecdsa;
  if (type.starts_with("EC ") || type == "EC" || type.starts_with("Ed"))
    return CertificateAlgorithms::rsa;
  return std::nullopt;
}

// Hosts that share an address share the observation, but not the name.
void match_name(SmtpAttempt& attempt, const std::string& host) {
  if (attempt.chain == nullptr) return;
  const bool matches = protocol::any_identity_matches(attempt.chain->leaf.dns_names, host);
  if (matches == attempt.chain->name_matches) return;
  PeerChain chain = *attempt.chain;
  chain.name_matches = matches;
  chain.name_only_in_cn = !matches && protocol::identity_matches(chain.leaf.common_name, host);
  attempt.chain = std::make_shared<const PeerChain>(std::move(chain));
}

std::shared_ptr<const HandshakeVariants> for_host(
    const std::shared_ptr<const HandshakeVariants>& known, const std::string& host) {
  if (known->host == host) return known;
  HandshakeVariants variants = *known;
  variants.host = host;
  match_name(variants.other_algorithm, host);
  match_name(variants.without_server_name, host);
  return std::make_shared<const HandshakeVariants>(std::move(variants));
}

}  // namespace

VariantProber::VariantProber(Environment environment, std::chrono::milliseconds interval,
                             std::chrono::milliseconds longest_wait,
                             async::KeyedSlots<IpAddress>& slots)
    : environment_(std::move(environment)),
      interval_(interval),
      longest_wait_(longest_wait),
      slots_(slots),
      under_way_(environment_.executor) {}

std::shared_ptr<const HandshakeVariants> VariantProber::find(const Key& key,
                                                             bool certificates) const {
  auto found = known_.find(key);
  bool fresh = found != known_.end() &&
               environment_.steady_now() - found->second.observed < interval_ &&
               (found->second.certificates || !certificates);
  return fresh ? found->second.variants : nullptr;
}

asio::awaitable<void> VariantProber::observe(verdict::MxHostEvidence& evidence, bool certificates) {
  const SmtpAttempt* usual = healthy_attempt(evidence);
  if (usual == nullptr) co_return;
  Key key(usual->address, usual->chain->leaf.fingerprint_sha256);
  std::shared_ptr<const HandshakeVariants> known = find(key, certificates);
  if (known == nullptr) {
    auto held = co_await under_way_.acquire(key);
    known = find(key, certificates);  // another host may have observed them meanwhile
    if (known == nullptr) {
      auto slot = co_await slots_.acquire(key.first, longest_wait_);
      if (!slot) co_return;
      auto variants = std::make_shared<HandshakeVariants>();
      variants->host = evidence.host;
      variants->address = key.first;
      variants->certificate = key.second;
      co_await probe(evidence.host, *usual, *variants);
      if (!certificates) {
        std::vector<std::string>().swap(variants->other_algorithm.presented);
        std::vector<std::string>().swap(variants->without_server_name.presented);
      }
      known = variants;
      Entry entry{known, environment_.steady_now(), certificates};
      known_.insert_or_assign(key, entry);
    }
  }
  evidence.variants = for_host(known, evidence.host);
}

asio::awaitable<void> VariantProber::probe(std::string host, const SmtpAttempt& usual,
                                           HandshakeVariants& variants) {
  const IpAddress address = usual.address;
  if (std::optional<CertificateAlgorithms> algorithms = other_algorithm(*usual.chain)) {
    TlsOffer offer;
    offer.algorithms = *algorithms;
    Standstill standstill(environment_.lag);
    variants.other_algorithm = co_await environment_.prober.probe_with(host, address, offer);
    standstill.excuse(variants.other_algorithm);
  }
  // Without SNI nothing can be better than with it.
  if (usual.chain->verified())
    variants.without_server_name = co_await without_server_name(host, address);
}

asio::awaitable<SmtpAttempt> VariantProber::without_server_name(std::string host,
                                                                IpAddress address) {
  TlsOffer offer;
  offer.server_name = false;
  Standstill standstill(environment_.lag);
  SmtpAttempt attempt = co_await environment_.prober.probe_with(host, address, offer);
  // A connection that breaks may be chance.
  if (attempt.status == SmtpStatus::tls_closed)
    attempt = co_await environment_.prober.probe_with(host, address, offer);
  standstill.excuse(attempt);
  co_return attempt;
}

void VariantProber::sweep() {
  SteadyTime oldest = environment_.steady_now() - 2 * interval_;
  std::erase_if(known_, [&](const auto& item) { return item.second.observed < oldest; });
}

}  // namespace mtasts::check
