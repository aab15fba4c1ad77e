// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "settings/mailbox_url.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/url/url_view.hpp>

#include "base/ascii.h"
#include "base/printable.h"
#include "settings/uri.h"

namespace mtasts::settings {
namespace {

constexpr size_t kLongestFolder_bytes = 1000;
constexpr std::string_view kExample = "write one such as \"imaps://imap.example.com/INBOX\"";
constexpr uint16_t kImapsPort = 993;  // RFC 8314 §3.2
constexpr uint16_t kImapPort = 143;   // RFC 9051 §2.1

Failure fault(std::string_view text) {
  return {FailureKind::invalid, fmt::format("[reports.mailbox] url{}", text)};
}

// The folder of the path; without its first and last "/".
std::string folder_of(const boost::urls::url_view& url) {
  std::string folder;
  url.encoded_path().decode({}, boost::urls::string_token::assign_to(folder));
  if (folder.starts_with('/')) folder.erase(0, 1);
  if (folder.ends_with('/')) folder.pop_back();
  return folder.empty() ? "INBOX" : folder;
}

// In brackets only an address is one.
std::string host_of(const boost::urls::url_view& url) {
  std::string host(url.encoded_host());
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return host;
}

}  // namespace

std::string MailboxUrl::server() const {
  const bool bracketed = host.find(':') != std::string::npos;
  return bracketed ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

bool is_mailbox_folder(std::string_view name) {
  const auto is_control = [](char c) { return static_cast<uint8_t>(c) < 0x20 || c == 0x7F; };
  return !name.empty() && name.size() <= kLongestFolder_bytes && is_utf8(name) &&
         std::none_of(name.begin(), name.end(), is_control);
}

Result<MailboxUrl> parse_mailbox_url(std::string_view text) {
  auto parsed = parse_uri(text);
  if (!parsed) return fault(fmt::format(" is not a valid URL; {}", kExample));
  const boost::urls::url_view& url = *parsed;
  const std::string scheme = ascii_lower(std::string(url.scheme()));
  if (scheme != "imaps" && scheme != "imap")
    return fault(fmt::format(" must begin with imaps:// (or imap:// for STARTTLS), not {}; {}",
                             printable(scheme, 40), kExample));
  if (url.has_userinfo())
    return fault(
        " must not contain a user or a password; set user, and password_file or token_file");
  if (url.has_query() || url.has_fragment())
    return fault(R"( must not contain "?" or "#"; write them as %3F and %23)");
  MailboxUrl result;
  result.implicit_tls = scheme == "imaps";
  result.host = host_of(url);
  if (result.host.empty()) return fault(fmt::format(" has no host; {}", kExample));
  if (result.host.find('%') != std::string::npos)
    return fault(": the host must not contain %-escapes");
  result.port = result.implicit_tls ? kImapsPort : kImapPort;
  if (url.has_port()) result.port = url.port_number();
  if (result.port == 0) return fault(": the port must be a number from 1 to 65535");
  const std::string_view path(url.encoded_path().data(), url.encoded_path().size());
  if (path.find(';') != std::string_view::npos)
    return fault(R"( must not contain parameters; write ";" in a folder as %3B)");
  result.folder = folder_of(url);
  if (!is_mailbox_folder(result.folder))
    return fault(
        fmt::format(": the folder must be UTF-8 text without control characters, of at most {} "
                    "octets",
                    kLongestFolder_bytes));
  return result;
}

}  // namespace mtasts::settings
