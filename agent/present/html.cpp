// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "present/html.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>

#include "base/digest.h"
#include "base/printable.h"
#include "base/special_characters.h"
#include "present/page_style.h"

namespace mtasts::present {
namespace {

void append_escaped(std::string& out, std::string_view text) {
  for (char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
}

// Characters with the bidirectional classes R and AL are in these blocks alone, assigned or not
// (DerivedBidiClass.txt).
bool is_right_to_left(char32_t code) {
  return (code >= 0x0590 && code <= 0x08FF) || (code >= 0xFB1D && code <= 0xFDFF) ||
         (code >= 0xFE70 && code <= 0xFEFF) || (code >= 0x10800 && code <= 0x10FFF) ||
         (code >= 0x1E800 && code <= 0x1EFFF);
}

// `text` is printable, so it is UTF-8.
void append_isolated(std::string& out, std::string_view text) {
  size_t begin = 0;
  bool inside = false;
  for (size_t at = 0; at < text.size();) {
    const auto character = first_utf8(text.substr(at));
    if (const bool now = character && is_right_to_left(character->code); now != inside) {
      append_escaped(out, text.substr(begin, at - begin));
      out += now ? "<bdi>" : "</bdi>";
      begin = at;
      inside = now;
    }
    at += character ? character->size : 1;
  }
  append_escaped(out, text.substr(begin));
  if (inside) out += "</bdi>";
}

// The text between <style> and </style>.
const std::string& style() {
  static const std::string text = "\n" + std::string(kPageStyle);
  return text;
}

// CSP Level 3 §6.7.2.3: the base64 of the SHA-256 of the style element's text.
std::string style_digest() {
  const Sha256Digest digest = sha256(style());
  std::array<unsigned char, 4 * (digest.size() / 3 + 1) + 1> base64{};
  int characters = EVP_EncodeBlock(base64.data(), digest.data(), static_cast<int>(digest.size()));
  return {base64.begin(), base64.begin() + characters};
}

}  // namespace

std::string html_text(std::string_view text, size_t limit) {
  std::string out;
  append_isolated(out, printable(text, limit));
  return out;
}

std::string html_attribute(std::string_view text, size_t limit) {
  std::string out;
  append_escaped(out, printable(text, limit));
  return out;
}

std::string html_lines(std::string_view text, size_t limit) {
  std::string out;
  const bool cut = text.size() > limit;
  text = cut_text(text, limit);
  while (!text.empty()) {
    size_t length = text.find('\n');
    std::string_view line = text.substr(0, length);
    text.remove_prefix(length == std::string_view::npos ? text.size() : length + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    append_isolated(out, printable(line, limit));
    out += '\n';
  }
  return cut ? out + "…\n" : out;
}

std::string html_page(std::string_view title, std::string_view body, std::string_view address) {
  std::string page =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>";
  const std::string link = html_attribute(address);
  page.append(html_attribute(title)).append("</title>");
  if (!link.empty()) page += fmt::format("<link rel=\"canonical\" href=\"{}\">", link);
  page.append("<style>").append(style()).append("</style></head><body>\n").append(body);
  if (!link.empty())
    page += fmt::format("<footer class=\"dim\"><a href=\"{0}\">{0}</a></footer>\n", link);
  return page.append("</body></html>\n");
}

std::string page_security_policy() {
  static const std::string policy = fmt::format(
      "default-src 'none'; style-src 'sha256-{}'; form-action 'self'; base-uri 'none'; "
      "frame-ancestors 'none'",
      style_digest());
  return policy;
}

std::string percent_encoded(std::string_view text) {
  const boost::urls::string_view plain(text.data(), text.size());
  return boost::urls::encode(plain, boost::urls::unreserved_chars);
}

}  // namespace mtasts::present
