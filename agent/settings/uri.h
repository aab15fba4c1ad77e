// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// parse_uri(): Boost.URL's function of this name (RFC 3986 §3), safe for any text. Boost 1.81
// (Debian 12) ends the process by an assertion where a scheme is followed by exactly one octet that
// no path holds ("a:<"), and the text may be the first line or the Origin of anybody's request. To
// be removed once the library refuses that. Pure, any thread.
#pragma once

#include <boost/url/error.hpp>
#include <boost/url/grammar/error.hpp>
#include <boost/url/parse.hpp>
#include <string_view>

namespace mtasts::settings {

// No URI of one octet behind its scheme is of use here; each fails.
inline boost::urls::result<boost::urls::url_view> parse_uri(std::string_view text) {
  const size_t colon = text.find(':');
  if (colon != std::string_view::npos && text.size() - colon == 2)
    return boost::urls::grammar::error::mismatch;
  return boost::urls::parse_uri(boost::urls::string_view(text.data(), text.size()));
}

}  // namespace mtasts::settings
