// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "settings/web_parsers.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/printable.h"
#include "settings/bcrypt_hash.h"
#include "settings/nearest_name.h"
#include "settings/web_config_file.h"

namespace mtasts::settings {
namespace {

constexpr std::string_view kUsers = "[web.basic_auth] users";
constexpr std::string_view kRoles = "[web.basic_auth] roles";
constexpr size_t kLongestUserName_bytes = 255;
constexpr size_t kLongestSan_bytes = 1024;
constexpr size_t kMostUsers = 1000;
constexpr size_t kMostSans = 1000;

std::optional<WebRole> role_named(std::string_view name) {
  for (size_t i = 0; i < std::size(kWebRoleNames); ++i)
    if (kWebRoleNames[i] == name) return static_cast<WebRole>(i);
  return std::nullopt;
}

// RFC 7617 §2: a colon ends the name.
bool is_user_name(std::string_view name) {
  return !name.empty() && name.size() <= kLongestUserName_bytes && is_utf8(name) &&
         std::none_of(name.begin(), name.end(), [](char c) {
           const auto octet = static_cast<unsigned char>(c);
           return c == ':' || octet < 0x20 || octet == 0x7F;
         });
}

WebUser* find_user(SettingsBuilder& builder, std::string_view name) {
  auto& users = builder.settings.web.access.users;
  auto found =
      std::find_if(users.begin(), users.end(), [&](const WebUser& u) { return u.name == name; });
  return found == users.end() ? nullptr : &*found;
}

// Where the first key of a section was set.
const Place* place_below(const SettingsBuilder& builder, std::string_view section) {
  auto found = builder.set.lower_bound(section);
  return found != builder.set.end() && found->first.starts_with(section) ? &found->second : nullptr;
}

const Place* place_of(const SettingsBuilder& builder, std::string_view title) {
  auto found = builder.set.find(title);
  return found == builder.set.end() ? nullptr : &found->second;
}

void compare_tls(SettingsBuilder& builder) {
  constexpr std::string_view kSection = "[web.tls] ";
  const Place* place = place_below(builder, kSection);
  if (place == nullptr || builder.errors.any_in(kSection)) return;
  WebTlsSettings& tls = builder.settings.web.tls;
  const auto complain = [&](std::string_view key, std::string_view message) {
    const Place* own = place_of(builder, fmt::format("{}{}", kSection, key));
    builder.errors.add(own == nullptr ? *place : *own, fmt::format("{}{}", kSection, message));
  };
  if (tls.cert_file.empty() != tls.key_file.empty())
    return complain(tls.cert_file.empty() ? "key_file" : "cert_file",
                    tls.cert_file.empty()
                        ? "key_file needs cert_file; set both for HTTPS, or none for plain HTTP"
                        : "cert_file needs key_file; set both for HTTPS, or none for plain HTTP");
  if (!tls.client_ca_file.empty() && tls.cert_file.empty())
    return complain("client_ca_file",
                    "client_ca_file needs cert_file and key_file: only over TLS does a client "
                    "present a certificate");
  if (!tls.client_allowed_sans.empty() && tls.client_ca_file.empty())
    return complain("client_allowed_sans",
                    "client_allowed_sans needs client_ca_file: without it anybody could present a "
                    "certificate with any name");
  if (!tls.client_ca_file.empty()) tls.client_certificates = ClientCertificates::verified;
}

void give_roles(SettingsBuilder& builder) {
  if (builder.errors.any_in(kUsers) || builder.errors.any_in(kRoles)) return;
  for (const NamedText& entry : builder.web_roles) {
    if (WebUser* user = find_user(builder, entry.name.text)) {
      user->role = *role_named(entry.value.text);
      continue;
    }
    std::vector<std::string_view> names;
    for (const WebUser& user : builder.settings.web.access.users) names.push_back(user.name);
    const auto nearest = nearest_name(entry.name.text, names);
    builder.errors.add(
        entry.name.place,
        fmt::format("{}: there is no user \"{}\"; {}", kRoles, printable(entry.name.text, 80),
                    nearest ? fmt::format("did you mean \"{}\"?", printable(*nearest, 80))
                            : "add the user, or remove the role"));
  }
}

}  // namespace

void take_anonymous_role(SettingsBuilder& builder, const SourceText& value) {
  const auto role = role_named(value.text);
  if (!role) {
    builder.errors.add(value.place, fmt::format("[web] anonymous_role must be \"none\", \"read\", "
                                                "\"probe\" or \"write\", not \"{}\"",
                                                printable(value.text, 40)));
    return;
  }
  builder.settings.web.access.anonymous_role = *role;
}

void take_client_allowed_sans(SettingsBuilder& builder, const Place& place,
                              const std::vector<SourceText>& values) {
  set_allowed_sans(builder, "[web.tls] client_allowed_sans", place, values);
}

void set_allowed_sans(SettingsBuilder& builder, std::string_view title, const Place& place,
                      const std::vector<SourceText>& values) {
  auto& sans = builder.settings.web.tls.client_allowed_sans;
  sans.clear();
  if (values.empty()) {
    // An empty list reads as "nobody", and would be "everybody".
    builder.errors.add(place, fmt::format("{} lists no name; list one, or remove the key to admit "
                                          "every client that client_ca_file certifies",
                                          title));
    return;
  }
  for (const SourceText& value : values) {
    if (value.text.empty() || value.text.size() > kLongestSan_bytes)
      builder.errors.add(value.place, fmt::format("{}: a name must have from 1 to {} characters",
                                                  title, kLongestSan_bytes));
    else if (value.text.find('*') != std::string::npos)
      builder.errors.add(value.place, fmt::format("{}: \"{}\" is no pattern: names are compared as "
                                                  "they are; list each name",
                                                  title, printable(value.text, 80)));
    else
      sans.push_back(value.text);
  }
  if (sans.size() > kMostSans)
    builder.errors.add(place, fmt::format("{} has more than {} names", title, kMostSans));
}

void add_web_user(SettingsBuilder& builder, std::string_view title, const NamedText& user) {
  const auto complain = [&](const Place& place, std::string message) {
    builder.errors.add(place, fmt::format("{}: {}", title, message));
  };
  const std::string name = printable(user.name.text, 80);
  if (!is_user_name(user.name.text))
    return complain(user.name.place,
                    fmt::format("\"{}\" is no user name; use 1 to {} characters without a colon",
                                name, kLongestUserName_bytes));
  // The hash is a secret of sorts and is not shown.
  if (std::string fault = bcrypt_fault(user.value.text); !fault.empty())
    return complain(
        user.value.place,
        fmt::format("the hash of \"{}\" {} (\"htpasswd -nBC 10 NAME\" prints one)", name, fault));
  if (find_user(builder, user.name.text) != nullptr)
    return complain(user.name.place,
                    fmt::format("\"{}\" is there twice; keep one of the hashes", name));
  auto& users = builder.settings.web.access.users;
  if (users.size() == kMostUsers)
    return complain(user.name.place, fmt::format("there are more than {} users", kMostUsers));
  users.push_back({user.name.text, user.value.text, WebRole::write});
}

void take_web_users(SettingsBuilder& builder, const std::vector<NamedText>& values) {
  builder.settings.web.access.users.clear();
  for (const NamedText& user : values) add_web_user(builder, kUsers, user);
}

void take_web_roles(SettingsBuilder& builder, const std::vector<NamedText>& values) {
  builder.web_roles.clear();
  for (const NamedText& entry : values) {
    const auto role = role_named(entry.value.text);
    if (!role || *role == WebRole::none)
      builder.errors.add(
          entry.value.place,
          fmt::format("{}: the role of \"{}\" must be \"read\", \"probe\" or \"write\", not \"{}\"",
                      kRoles, printable(entry.name.text, 80), printable(entry.value.text, 40)));
    else
      builder.web_roles.push_back(entry);
  }
}

void gather_web(SettingsBuilder& builder) {
  compare_tls(builder);
  WebSettings& web = builder.settings.web;
  if (!web.config_file.empty()) {
    const Place* place = place_of(builder, "[web] config_file");
    for (std::string_view section : {std::string_view("[web.tls] "), kUsers})
      if (const Place* other = place_below(builder, section))
        builder.errors.add(*other,
                           fmt::format("{}is set, and [web] config_file as well; keep one "
                                       "of the two",
                                       section == kUsers ? "[web.basic_auth] users " : section));
    read_web_config_file(builder, place == nullptr ? Place{} : *place);
  }
  give_roles(builder);
  std::sort(web.access.users.begin(), web.access.users.end(),
            [](const WebUser& a, const WebUser& b) { return a.name < b.name; });
}

}  // namespace mtasts::settings
