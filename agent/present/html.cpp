// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "present/html.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>

#include "base/printable.h"

namespace mtasts::present {
namespace {

constexpr std::string_view kStyle = R"(
:root{color-scheme:light dark;--line:#8884;--soft:#8882;--dim:#666;--bad:#b3261e;--warn:#8a5a00;
--good:#1b6e35;--blind:#5b4b9e}
@media(prefers-color-scheme:dark){:root{--dim:#aaa;--bad:#ff8a80;--warn:#ffca66;--good:#7bd88f;
--blind:#b9a8ff}}
body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:0 auto;padding:1rem}
h1{font-size:1.5rem;margin:.5rem 0}h2{font-size:1.15rem;margin:2rem 0 .5rem}
h3{font-size:1rem;margin:0}
a{color:inherit}p{margin:.4rem 0}.dim{color:var(--dim)}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.4rem .6rem;border-bottom:1px solid var(--line)}
th{font-weight:600}
pre{background:var(--soft);padding:.6rem;overflow-x:auto;border-radius:.3rem;margin:.4rem 0}
code,pre{font-family:ui-monospace,monospace;font-size:.9rem}td code{word-break:break-all}
.tag{display:inline-block;padding:0 .5rem;border:1px solid;border-radius:1rem;font-size:.85rem;
white-space:nowrap}
.critical,.fail{color:var(--bad)}.warning{color:var(--warn)}.ok,.pass{color:var(--good)}
.unknown{color:var(--blind)}.info,.not_applicable,.waiting{color:var(--dim)}
.finding{border:1px solid var(--line);border-radius:.4rem;padding:.7rem;margin:.7rem 0}
ul{margin:.2rem 0;padding-left:1.2rem}dl{display:grid;grid-template-columns:max-content 1fr;
gap:.2rem 1rem;margin:.4rem 0}dt{color:var(--dim)}dd{margin:0;word-break:break-word}
input,button{font:inherit;padding:.3rem .6rem}
)";

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

// CSP Level 3 §6.7.2.3: the base64 of the SHA-256 of what stands between <style> and </style>.
std::string style_digest() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  if (EVP_Digest(kStyle.data(), kStyle.size(), digest.data(), &length, EVP_sha256(), nullptr) != 1)
    return {};
  std::array<unsigned char, 4 * (EVP_MAX_MD_SIZE / 3 + 1) + 1> base64{};
  int characters = EVP_EncodeBlock(base64.data(), digest.data(), static_cast<int>(length));
  return {base64.begin(), base64.begin() + characters};
}

}  // namespace

std::string html_text(std::string_view text, size_t limit) {
  std::string out;
  append_escaped(out, printable(text, limit));
  return out;
}

std::string html_lines(std::string_view text, size_t limit) {
  std::string out;
  bool cut = text.size() > limit;
  text = text.substr(0, limit);
  while (!text.empty()) {
    size_t length = text.find('\n');
    std::string_view line = text.substr(0, length);
    text.remove_prefix(length == std::string_view::npos ? text.size() : length + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    append_escaped(out, printable(line, limit));
    out += '\n';
  }
  return cut ? out + "…\n" : out;
}

std::string html_page(std::string_view title, std::string_view body) {
  std::string page =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>";
  page.append(html_text(title)).append("</title><style>").append(kStyle);
  page.append("</style></head><body>\n").append(body);
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
  std::string out;
  for (char c : text) {
    bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                 c == '-' || c == '.' || c == '_' || c == '~';
    if (plain)
      out += c;
    else
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

}  // namespace mtasts::present
