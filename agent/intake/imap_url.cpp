// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "intake/imap_url.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <glib.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>

#include "base/ascii.h"
#include "base/handle.h"
#include "base/printable.h"

namespace mtasts::intake {
namespace {

constexpr size_t kShown_bytes = 200;
constexpr size_t kMostFolder_bytes = 1000;

std::optional<std::string> part_of(CURLU* url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, flags) != CURLUE_OK) return std::nullopt;
  const Handle<char, curl_free> owned(text);
  return std::string(text);
}

Failure refused(std::string_view url, std::string_view why) {
  return {FailureKind::invalid, fmt::format("{} {}", quoted(url, kShown_bytes), why)};
}

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

std::string ImapUrl::server() const {
  const bool bracketed = host.find(':') != std::string::npos;
  return bracketed ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

Result<ImapUrl> parse_imap_url(std::string_view url) {
  const Handle<CURLU, curl_url_cleanup> parts(curl_url());
  const std::string text(url);
  // libcurl forgives "imaps:///INBOX".
  if (!parts || text.find(":///") != std::string::npos ||
      curl_url_set(parts.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK)
    return refused(url, R"(is no URL such as "imaps://imap.example.com/INBOX")");
  ImapUrl result;
  const std::string scheme = part_of(parts.get(), CURLUPART_SCHEME).value_or("");
  if (scheme != "imaps" && scheme != "imap")
    return refused(url, R"(must begin with "imaps://", or "imap://" for STARTTLS)");
  result.implicit_tls = scheme == "imaps";
  if (part_of(parts.get(), CURLUPART_USER) || part_of(parts.get(), CURLUPART_PASSWORD))
    return refused(url, "must not hold a user or a password; set `user` and `password_file`");
  if (part_of(parts.get(), CURLUPART_QUERY) || part_of(parts.get(), CURLUPART_FRAGMENT))
    return refused(url, R"(must not hold "?" or "#"; write them as %3F and %23)");
  result.host = part_of(parts.get(), CURLUPART_HOST).value_or("");
  if (result.host.starts_with('[')) result.host = result.host.substr(1, result.host.size() - 2);
  if (result.host.empty()) return refused(url, "names no server");
  const std::string port = part_of(parts.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT).value_or("");
  std::from_chars(port.data(), port.data() + port.size(), result.port);
  if (part_of(parts.get(), CURLUPART_PATH).value_or("").find(';') != std::string::npos)
    return refused(url, R"(must not hold parameters; write ";" in a folder as %3B)");
  const auto path = part_of(parts.get(), CURLUPART_PATH, CURLU_URLDECODE);
  if (!path) return refused(url, "holds a %-escape that cannot be used");
  std::string_view folder = *path;
  if (folder.starts_with('/')) folder.remove_prefix(1);
  if (folder.ends_with('/')) folder.remove_suffix(1);
  result.folder = folder.empty() ? "INBOX" : std::string(folder);
  const auto is_control = [](char c) { return static_cast<uint8_t>(c) < 0x20 || c == 0x7F; };
  if (std::any_of(folder.begin(), folder.end(), is_control) || !is_utf8(folder) ||
      folder.size() > kMostFolder_bytes)
    return refused(url, "names a folder that is no UTF-8 text of at most 1000 octets");
  return result;
}

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
