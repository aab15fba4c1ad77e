// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "intake/imap_url.h"

#include <curl/curl.h>
#include <fmt/format.h>

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

// The code points of UTF-8 text as UTF-16, big endian.
std::string utf16_of(std::string_view utf8) {
  std::string units;
  auto add = [&units](uint32_t unit) {
    units += static_cast<char>(unit >> 8);
    units += static_cast<char>(unit & 0xFF);
  };
  for (size_t at = 0; at < utf8.size();) {
    const auto lead = static_cast<uint8_t>(utf8[at]);
    const size_t size_bytes = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    uint32_t point = size_bytes == 1 ? lead : lead & (0x7Fu >> size_bytes);
    for (size_t i = 1; i < size_bytes && at + i < utf8.size(); ++i)
      point = point << 6 | (static_cast<uint8_t>(utf8[at + i]) & 0x3Fu);
    at += size_bytes;
    if (point >= 0x10000) {
      add(0xD800 + ((point - 0x10000) >> 10));
      add(0xDC00 + ((point - 0x10000) & 0x3FF));
    } else {
      add(point);
    }
  }
  return units;
}

// RFC 3501 §5.1.3: base64 with "," for "/" and without padding.
std::string modified_base64(std::string_view octets) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";
  std::string text;
  uint32_t bits = 0;
  int count = 0;
  for (char octet : octets) {
    bits = bits << 8 | static_cast<uint8_t>(octet);
    for (count += 8; count >= 6; count -= 6) text += kDigits[bits >> (count - 6) & 0x3F];
  }
  if (count > 0) text += kDigits[bits << (6 - count) & 0x3F];
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
      name += '&' + modified_base64(utf16_of(utf8.substr(at, end - at))) + '-';
      at = end;
    }
  }
  return imap_quoted(name);
}

}  // namespace mtasts::intake
