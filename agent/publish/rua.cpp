// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "publish/rua.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/ascii.h"
#include "base/domain_name.h"
#include "base/printable.h"
#include "base/result.h"
#include "protocol/tlsrpt/rua_target.h"
#include "protocol/tlsrpt/tlsrpt_record.h"

namespace mtasts::publish {
namespace {

constexpr size_t kShown_bytes = 80;
constexpr size_t kLongestUri_bytes = 512;

Failure failure(std::string sentence) { return {FailureKind::invalid, std::move(sentence)}; }

// Where the domain of the URI stands in `rest`, what follows the scheme and its colon.
struct Span {
  size_t begin = 0;
  size_t size = 0;
};
Span domain_span(std::string_view rest, bool mail) {
  if (mail) {
    size_t end = std::min(rest.find('?'), rest.size());
    size_t at = rest.substr(0, end).rfind('@');
    return at == std::string_view::npos ? Span{} : Span{at + 1, end - at - 1};
  }
  if (!rest.starts_with("//")) return {};
  size_t end = std::min(rest.find_first_of("/?#", 2), rest.size());
  if (size_t at = rest.substr(0, end).rfind('@'); at != std::string_view::npos)
    return Span{at + 1, end - at - 1};
  size_t colon = rest.substr(0, end).rfind(':');
  return Span{2, (colon == std::string_view::npos ? end : colon) - 2};
}

// RFC 8460 §3: these must be encoded, because they separate URIs, fields and DMARC's size limits.
std::string encoded(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == ',')
      out += "%2C";
    else if (c == '!')
      out += "%21";
    else if (c == ';')
      out += "%3B";
    else
      out += c;
  }
  return out;
}

bool has_several(std::string_view written) {
  std::string lower = ascii_lower(written);
  return lower.find(",mailto:") != std::string::npos || lower.find(",https:") != std::string::npos;
}

// "mailto:a@example.com!10m".
bool has_size_limit(std::string_view written) {
  size_t mark = written.rfind('!');
  return mark != std::string_view::npos && mark + 1 < written.size() && is_digit(written[mark + 1]);
}

std::string complaint_about_form(std::string_view written) {
  std::string shown = quoted(written, kShown_bytes);
  if (written.empty()) return "an empty URI receives no reports";
  if (written.size() > kLongestUri_bytes)
    return fmt::format("{} has {} octets; at most {} are supported", shown, written.size(),
                       kLongestUri_bytes);
  if (std::any_of(written.begin(), written.end(), [](char c) {
        auto octet = static_cast<unsigned char>(c);
        return octet <= 0x20 || octet == 0x7F;
      }))
    return fmt::format("{} has blanks, and senders do not agree about them; give each URI alone",
                       shown);
  if (equals_ignoring_case(written.substr(0, 4), "rua="))
    return fmt::format("{} begins with the name of the field; give the URI alone", shown);
  if (has_several(written))
    return fmt::format("{} is several URIs; give each of them alone", shown);
  if (has_size_limit(written))
    return fmt::format("{} ends with a size limit, which only DMARC has; leave it out", shown);
  return {};
}

Result<std::string> read_uri(std::string_view written) {
  std::string shown = quoted(written, kShown_bytes);
  if (std::string form = complaint_about_form(written); !form.empty()) return failure(form);
  size_t colon = written.find(':');
  std::string scheme = ascii_lower(written.substr(0, std::min(colon, written.size())));
  bool mail = scheme == "mailto";
  if (!mail && scheme != "https") {
    bool address = colon == std::string_view::npos && written.find('@') != std::string_view::npos;
    return failure(address ? fmt::format("{} has no scheme; write mailto:{}", shown,
                                         printable(written, kShown_bytes))
                           : fmt::format("{} is neither a mailto: nor an https: URI", shown));
  }
  std::string rest(written.substr(colon + 1));
  Span span = domain_span(rest, mail);
  auto domain = DomainName::parse(std::string_view(rest).substr(span.begin, span.size));
  if (span.size == 0 || !domain)
    return failure(span.size == 0
                       ? fmt::format("{} names no {}", shown, mail ? "mail address" : "host")
                       : fmt::format("{}: {}", shown, domain.failure().detail));
  if (domain->text().find('.') == std::string::npos)
    return failure(fmt::format("{} has no public domain", shown));
  rest.replace(span.begin, span.size, domain->text());
  if (!all_of(rest, is_ascii))
    return failure(fmt::format("{} has characters beyond ASCII before or after its domain", shown));
  std::string uri = scheme + ":" + encoded(rest);
  protocol::TlsrptRecord record = protocol::parse_tlsrpt_record("v=TLSRPTv1; rua=" + uri);
  if (!record.faults.empty())
    return failure(record.faults[0].message + "; " + record.faults[0].fix);
  if (!protocol::rua_target(uri)) return failure(fmt::format("{} names no single address", shown));
  return uri;
}

}  // namespace

RuaReading read_rua(const std::vector<std::string>& written) {
  RuaReading reading;
  if (written.size() > kMostReportUris) {
    reading.errors.push_back(fmt::format("there are {} report URIs; at most {} are supported",
                                         written.size(), kMostReportUris));
    return reading;
  }
  for (const std::string& text : written) {
    auto uri = read_uri(text);
    if (!uri)
      reading.errors.push_back(uri.failure().detail);
    else if (std::find(reading.uris.begin(), reading.uris.end(), *uri) != reading.uris.end())
      reading.errors.push_back(
          fmt::format("{} is given twice; remove one of them", quoted(text, kShown_bytes)));
    else
      reading.uris.push_back(std::move(*uri));
  }
  return reading;
}

}  // namespace mtasts::publish
