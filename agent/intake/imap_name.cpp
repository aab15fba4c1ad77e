// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "intake/imap_name.h"

#include <glib.h>

#include <algorithm>

#include "base/ascii.h"
#include "base/handle.h"

namespace mtasts::intake {
namespace {

// RFC 3501 §5.1.3: base64 of UTF-16, big endian, with "," for "/" and without padding. `utf8` is
// valid.
std::string modified_base64(std::string_view utf8) {
  gsize size_bytes = 0;
  const Handle<char, g_free> units(g_convert(utf8.data(), static_cast<gssize>(utf8.size()),
                                             "UTF-16BE", "UTF-8", nullptr, &size_bytes, nullptr));
  if (units == nullptr) return {};
  const Handle<char, g_free> encoded(
      g_base64_encode(reinterpret_cast<const guchar*>(units.get()), size_bytes));
  std::string text(encoded.get());
  text.erase(std::min(text.find('='), text.size()));
  std::replace(text.begin(), text.end(), '/', ',');
  return text;
}

}  // namespace

std::string imap_quoted(std::string_view text) {
  std::string result = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + '"';
}

std::string imap_folder(std::string_view utf8) {
  std::string name;
  for (size_t at = 0; at < utf8.size();) {
    if (utf8[at] == '&') {
      name += "&-";
      ++at;
    } else if (is_ascii(utf8[at])) {
      name += utf8[at++];
    } else {
      size_t end = at;
      while (end < utf8.size() && !is_ascii(utf8[end])) ++end;
      name += '&' + modified_base64(utf8.substr(at, end - at)) + '-';
      at = end;
    }
  }
  return imap_quoted(name);
}

}  // namespace mtasts::intake
