// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Properties of a web configuration file, whatever it has; empty when all hold.
#pragma once

#include <string>
#include <string_view>

#include "fuzz/grammar_targets.h"
#include "settings/bcrypt_hash.h"
#include "settings/web_config_file.h"

namespace mtasts::fuzz {

inline std::string broken_web_config_promise(std::string_view yaml) {
  settings::SettingsBuilder builder;
  settings::parse_web_config(builder, yaml, "/etc/web.yml");
  const settings::WebSettings& web = builder.settings.web;
  for (const settings::WebUser& user : web.access.users)
    if (!settings::bcrypt_fault(user.hash).empty()) return "a hash that cannot be used";
  for (const settings::WebResponseField& field : web.access.response_fields)
    if (field.value.find_first_of("\r\n") != std::string::npos) return "a field of two lines";
  const auto errors = builder.errors.take();
  for (const settings::SettingsError& error : errors) {
    if (!is_showable(error.message)) return "a message not fit to show";
    if (error.file == "/etc/web.yml" && (error.line < 1 || error.column < 1))
      return "an error without a place";
  }
  if (!errors.empty()) return {};
  using Certificates = settings::ClientCertificates;
  const bool verifies = web.tls.client_certificates == Certificates::verified ||
                        web.tls.client_certificates == Certificates::verified_if_given;
  if (!web.tls.client_allowed_sans.empty() && !verifies) return "names that nobody looks at";
  if (verifies && web.tls.client_ca.empty() && web.tls.client_ca_file.empty())
    return "no authority for client certificates";
  return {};
}

}  // namespace mtasts::fuzz
