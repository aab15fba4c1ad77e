// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// DomainName: the only conversion from text entered by a person to a name used in DNS queries.
// U-labels become A-labels (IDNA2008, RFC 5891, through libidn2), letters become lower case, one
// trailing dot is accepted. Limits of RFC 1123 §2.1 and RFC 1035 §2.3.4: letters, digits and
// hyphens, labels of at most 63 octets, 253 in all. Names read from DNS are not DomainNames: they
// may hold any octets and stay plain text. Plain value, any thread.
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "base/result.h"

namespace mtasts {

class DomainName {
 public:
  // The failure's detail is one sentence: the text, what is wrong with it, and how to fix it.
  static Result<DomainName> parse(std::string_view text);

  // Lower-case A-labels, no trailing dot.
  const std::string& text() const { return text_; }

  // The name for display: U-labels where there are any and parse() takes them for this name.
  std::string display() const;

  auto operator<=>(const DomainName&) const = default;

 private:
  explicit DomainName(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

}  // namespace mtasts
