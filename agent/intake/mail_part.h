// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// One leaf of a mail: how its type, its name and its octets say that it is a TLS report (RFC 8460
// §5.1 to §5.3, and what real senders write instead). Any thread.
#pragma once

#include <gmime/gmime.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "intake/document.h"

namespace mtasts::intake {

// How much type and name promise.
enum class PartClaim : uint8_t {
  none,      // text, an image
  possible,  // gzip, JSON, or any octets
  report,    // a type or a name of RFC 8460 alone
};

struct MailPart {
  std::string type;       // "application/tlsrpt+gzip", lower case
  std::string file_name;  // decoded (RFC 2231, RFC 2047); empty: none
  std::string octets;     // after the content transfer encoding
  PartClaim claim = PartClaim::none;
};
MailPart read_mail_part(GMimePart* part);

// The octets, as the type, the name and the encoding say or as they are. A type that does not fit
// is a remark. `limit` is that of the JSON.
Document document_of(GMimePart* part, const MailPart& read, size_t limit);

}  // namespace mtasts::intake
