// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "settings/report_parsers.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include "base/ascii.h"
#include "base/printable.h"
#include "settings/value_parsers.h"

namespace mtasts::settings {
namespace {

constexpr size_t kLongestFolder_bytes = 1000;
constexpr size_t kLongestPath_bytes = 200;
constexpr size_t kLongestAuthservId_bytes = 255;
constexpr std::string_view kMailboxExample = "write one such as \"imaps://imap.example.com/INBOX\"";

void complain(SettingsBuilder& builder, const Place& place, std::string message) {
  builder.errors.add(place, std::move(message));
}

bool is_folder(std::string_view name) {
  const auto is_control = [](char c) { return static_cast<uint8_t>(c) < 0x20 || c == 0x7F; };
  return !name.empty() && name.size() <= kLongestFolder_bytes && is_utf8(name) &&
         std::none_of(name.begin(), name.end(), is_control);
}

// RFC 3986 §3.3, without escapes: many senders do not treat them alike.
bool is_plain_path(std::string_view path) {
  static constexpr std::string_view kOthers = "/-._~!$&'()*+,;=:@";
  return path.starts_with('/') && path.size() <= kLongestPath_bytes &&
         std::all_of(path.begin(), path.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  kOthers.find(c) != std::string_view::npos;
         });
}

// What is wrong with an address of a folder (RFC 5092); empty: nothing. Never repeats the text,
// which may hold a password.
std::string mailbox_url_fault(std::string_view text) {
  auto parsed = boost::urls::parse_uri(text);
  if (!parsed) return fmt::format("[reports.mailbox] url is not a valid URL; {}", kMailboxExample);
  const boost::urls::url_view& url = *parsed;
  const std::string scheme = ascii_lower(std::string(url.scheme()));
  if (scheme != "imaps" && scheme != "imap")
    return fmt::format(
        "[reports.mailbox] url must begin with imaps:// (or imap:// for STARTTLS), "
        "not {}; {}",
        printable(scheme, 40), kMailboxExample);
  if (url.has_userinfo())
    return "[reports.mailbox] url must not contain a user or a password; set user, and "
           "password_file or token_file";
  if (url.has_query() || url.has_fragment())
    return R"([reports.mailbox] url must not contain "?" or "#"; write them as %3F and %23)";
  if (url.encoded_host().empty())
    return fmt::format("[reports.mailbox] url has no host; {}", kMailboxExample);
  if (url.has_port() && url.port_number() == 0)
    return "[reports.mailbox] url: the port must be a number from 1 to 65535";
  const std::string_view path(url.encoded_path().data(), url.encoded_path().size());
  if (path.find(';') != std::string_view::npos)
    return R"([reports.mailbox] url must not contain parameters; write ";" in a folder as %3B)";
  std::string folder;
  url.encoded_path().decode({}, boost::urls::string_token::assign_to(folder));
  if (folder.starts_with('/')) folder.erase(0, 1);
  if (!folder.empty() && !is_folder(folder))
    return fmt::format(
        "[reports.mailbox] url: the folder must be UTF-8 text without control "
        "characters, of at most {} octets",
        kLongestFolder_bytes);
  return {};
}

}  // namespace

// RFC 8601 §2.2: authserv-id is a token or a quoted string, in practice a host name.
void take_authserv_id(SettingsBuilder& builder, const SourceText& value) {
  const auto is_odd = [](char c) {
    return c == ' ' || c == ';' || c == '"' || c == '(' || c == ')';
  };
  if (value.text.size() > kLongestAuthservId_bytes ||
      std::any_of(value.text.begin(), value.text.end(), is_odd))
    return complain(builder, value.place,
                    fmt::format("[reports] authserv_id must be the first word of the "
                                "Authentication-Results fields of your mail server, such as "
                                "\"mx.example.com\", not \"{}\"",
                                printable(value.text, 80)));
  builder.settings.reports.authserv_id = value.text;
}

void take_reports_listen(SettingsBuilder& builder, const Place&,
                         const std::vector<SourceText>& values) {
  builder.settings.reports.https.listen =
      endpoints_of(builder, "[reports.https] listen", 0, values);
}

void take_reports_path(SettingsBuilder& builder, const SourceText& value) {
  if (!is_plain_path(value.text))
    return complain(builder, value.place,
                    fmt::format("[reports.https] path must begin with \"/\" and contain no \"?\", "
                                "\"#\", \"%\" or blank, such as \"/tlsrpt\", not \"{}\"",
                                printable(value.text, 80)));
  builder.settings.reports.https.path = value.text;
}

void take_mailbox_url(SettingsBuilder& builder, const SourceText& value) {
  if (!value.text.empty()) {
    std::string fault = mailbox_url_fault(value.text);
    if (!fault.empty()) return complain(builder, value.place, std::move(fault));
  }
  builder.settings.reports.mailbox.url = value.text;
}

void take_mailbox_processed(SettingsBuilder& builder, const SourceText& value) {
  using Processed = ReportsMailboxSettings::Processed;
  constexpr std::string_view kMove = "move:";
  ReportsMailboxSettings& mailbox = builder.settings.reports.mailbox;
  if (value.text == "keep" || value.text == "delete") {
    mailbox.processed = value.text == "keep" ? Processed::keep : Processed::remove;
    mailbox.move_to.clear();
    return;
  }
  const bool moves = value.text.starts_with(kMove);
  if (!moves || !is_folder(std::string_view(value.text).substr(kMove.size())))
    return complain(builder, value.place,
                    fmt::format("[reports.mailbox] processed must be \"keep\", \"delete\" or "
                                "\"move:FOLDER\", not \"{}\"",
                                printable(value.text, 80)));
  mailbox.processed = Processed::move;
  mailbox.move_to = value.text.substr(kMove.size());
}

std::string file_of(const SettingsBuilder& builder, const SourceText& value) {
  if (value.text.empty() || value.text.front() == '/' || builder.directory.empty())
    return value.text;
  return (builder.directory / value.text).string();
}

}  // namespace mtasts::settings
