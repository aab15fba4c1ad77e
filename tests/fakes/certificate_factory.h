// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Certificate factory: valid and faulty roots, intermediates and leaves, created in memory for
// tests, and a temporary directory to store them. Keys are EC P-256 unless requested otherwise;
// only keys and serials are random. Any thread. Throws std::runtime_error when OpenSSL fails.
#pragma once

#include <openssl/types.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mtasts::fakes {

enum class KeyType { ec_p256, ec_p384, ec_p192, ed25519, rsa_1024, rsa_2048, rsa_4096 };
enum class SignatureDigest { sha256, sha1, md5 };

// Points in time relative to now.
struct Validity {
  std::chrono::seconds not_before = -std::chrono::hours(24);
  std::chrono::seconds not_after = std::chrono::hours(24 * 90);
};

// What a server presents: PEM, leaf first.
struct Identity {
  std::string certificate_chain_pem;
  std::string private_key_pem;
};

struct AuthorityOptions {
  std::string common_name = {};  // empty: a unique name
  KeyType key = KeyType::ec_p256;
  SignatureDigest digest = SignatureDigest::sha256;
  Validity validity{-std::chrono::hours(24 * 30), std::chrono::hours(24 * 3650)};
  std::string basic_constraints = "critical,CA:TRUE";  // empty: no such extension
  std::string name_constraints = {};                   // "permitted;DNS:example"; empty: none
  std::string extended_key_usage = {};                 // empty: no such extension
  std::string access = {};  // authorityInfoAccess, "caIssuers;URI:http://…"; empty: none
  std::string unknown_extension = {};  // "critical,DER:0500" of an OID nobody knows; empty: none
  bool key_identifiers = true;
  bool version_1 = false;  // X.509 v1: no extensions
};

struct LeafOptions {
  std::vector<std::string> dns_names = {};  // SAN dNSName, unchanged, may hold NUL; empty: no SAN
  std::string common_name = {};             // empty: no CN
  KeyType key = KeyType::ec_p256;
  SignatureDigest digest = SignatureDigest::sha256;
  Validity validity{};
  std::string extended_key_usage = "serverAuth";  // empty: no such extension
  std::string basic_constraints = "critical,CA:FALSE";
  std::string key_usage = {};          // empty: no such extension
  std::string access = {};             // as for authorities
  std::string unknown_extension = {};  // as for authorities
  bool publicly_logged = false;        // holds a list of certificate transparency timestamps
  bool key_identifiers = true;
  bool version_1 = false;
  bool without_intermediates = false;  // present the leaf alone
  bool with_root = false;              // present the root too
};

class CertificateAuthority {
 public:
  static CertificateAuthority root(const AuthorityOptions& options = {});
  CertificateAuthority intermediate(const AuthorityOptions& options = {}) const;
  // The same name and key, certified by another authority.
  CertificateAuthority cross_signed_by(const CertificateAuthority& issuer,
                                       const AuthorityOptions& options = {}) const;
  Identity issue(const LeafOptions& options) const;
  std::string certificate_pem() const;

 private:
  struct State;
  explicit CertificateAuthority(std::shared_ptr<const State> state);
  std::shared_ptr<const State> state_;
};

Identity self_signed(const LeafOptions& options);

// The first certificate of a PEM text as DER.
std::string der_of(std::string_view pem);
// The certificates of `identity`, followed by others.
Identity with_appended(Identity identity, std::string_view more_pem);

class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// Writes `pem` to directory/name and returns that path.
std::filesystem::path write_pem(const std::filesystem::path& directory, std::string_view name,
                                std::string_view pem);

}  // namespace mtasts::fakes
