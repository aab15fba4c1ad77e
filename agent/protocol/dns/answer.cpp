// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "protocol/dns/answer.h"

namespace mtasts::protocol {

std::string_view name_of(RecordType type) {
  switch (type) {
    case RecordType::a:
      return "A";
    case RecordType::ns:
      return "NS";
    case RecordType::cname:
      return "CNAME";
    case RecordType::soa:
      return "SOA";
    case RecordType::mx:
      return "MX";
    case RecordType::txt:
      return "TXT";
    case RecordType::aaaa:
      return "AAAA";
    case RecordType::ds:
      return "DS";
    case RecordType::dnskey:
      return "DNSKEY";
    case RecordType::tlsa:
      return "TLSA";
  }
  return "TYPE?";
}

std::string type_text(uint16_t type) {
  const std::string_view known = name_of(static_cast<RecordType>(type));
  if (known != "TYPE?") return std::string(known);
  if (type == 47) return "NSEC";
  if (type == 50) return "NSEC3";
  return "TYPE" + std::to_string(type);
}

std::string_view name_of(DnsStatus status) {
  switch (status) {
    case DnsStatus::answered:
      return "NOERROR";
    case DnsStatus::nodata:
      return "NODATA";
    case DnsStatus::nxdomain:
      return "NXDOMAIN";
    case DnsStatus::servfail:
      return "SERVFAIL";
    case DnsStatus::refused:
      return "REFUSED";
    case DnsStatus::timeout:
      return "timeout";
    case DnsStatus::unreachable:
      return "resolver unreachable";
    case DnsStatus::malformed:
      return "malformed answer";
    case DnsStatus::referral:
      return "referral";
    case DnsStatus::denied:
      return "implausible denial";
    case DnsStatus::cancelled:
      return "not asked to the end";
  }
  return "?";
}

bool is_local_failure(DnsStatus status) {
  switch (status) {
    case DnsStatus::refused:
    case DnsStatus::unreachable:
    case DnsStatus::referral:
    case DnsStatus::denied:
    case DnsStatus::cancelled:
      return true;
    case DnsStatus::answered:
    case DnsStatus::nodata:
    case DnsStatus::nxdomain:
    case DnsStatus::servfail:
    case DnsStatus::timeout:
    case DnsStatus::malformed:
      break;
  }
  return false;
}

bool is_silence(DnsStatus status) {
  return status == DnsStatus::timeout || status == DnsStatus::unreachable ||
         status == DnsStatus::cancelled;
}

bool is_denial(DnsStatus status) {
  return status == DnsStatus::nodata || status == DnsStatus::nxdomain;
}

bool is_conclusive(DnsStatus status) {
  return status == DnsStatus::answered || status == DnsStatus::nodata ||
         status == DnsStatus::nxdomain;
}

}  // namespace mtasts::protocol
