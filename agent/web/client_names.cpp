// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "web/client_names.h"

#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/ascii.h"
#include "base/handle.h"
#include "base/ip_address.h"

namespace mtasts::web {
namespace {

std::string_view text_of(const ASN1_STRING* string) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
          static_cast<size_t>(ASN1_STRING_length(string))};
}

std::optional<IpAddress> address_of(std::string_view octets) {
  if (octets.size() == 4) {
    std::array<uint8_t, 4> v4{};
    std::copy(octets.begin(), octets.end(), v4.begin());
    return IpAddress::v4(v4);
  }
  if (octets.size() != 16) return std::nullopt;
  std::array<uint8_t, 16> v6{};
  std::copy(octets.begin(), octets.end(), v6.begin());
  return IpAddress::v6(v6);
}

bool is_listed(const GENERAL_NAME& name, const std::vector<std::string>& names) {
  const auto any = [&names](auto is_it) { return std::any_of(names.begin(), names.end(), is_it); };
  switch (name.type) {
    case GEN_DNS: {
      const std::string_view text = text_of(name.d.dNSName);
      return any([text](const std::string& one) { return equals_ignoring_case(one, text); });
    }
    case GEN_EMAIL:
    case GEN_URI: {
      const std::string_view text = text_of(name.d.ia5);
      return any([text](const std::string& one) { return one == text; });
    }
    case GEN_IPADD: {
      const auto address = address_of(text_of(name.d.iPAddress));
      return address && any([&address](const std::string& one) {
               auto listed = IpAddress::parse(one);
               return listed.ok() && *listed == *address;
             });
    }
    default:
      return false;
  }
}

}  // namespace

bool has_name_of(const X509* certificate, const std::vector<std::string>& names) {
  if (certificate == nullptr) return false;
  const Handle<GENERAL_NAMES, GENERAL_NAMES_free> own(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  if (own == nullptr) return false;
  for (int i = 0; i < sk_GENERAL_NAME_num(own.get()); ++i)
    if (is_listed(*sk_GENERAL_NAME_value(own.get(), i), names)) return true;
  return false;
}

}  // namespace mtasts::web
