// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "settings/report_parsers.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/printable.h"
#include "settings/mailbox_url.h"
#include "settings/value_parsers.h"

namespace mtasts::settings {
namespace {

constexpr size_t kLongestPath_bytes = 200;
constexpr size_t kLongestAuthservId_bytes = 255;

void complain(SettingsBuilder& builder, const Place& place, std::string message) {
  builder.errors.add(place, std::move(message));
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
    auto url = parse_mailbox_url(value.text);
    if (!url) return complain(builder, value.place, url.failure().detail);
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
  if (!moves || !is_mailbox_folder(std::string_view(value.text).substr(kMove.size())))
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
