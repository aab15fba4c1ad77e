// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The one table of mail servers, recognised by their banner and EHLO reply, and of the settings
// that a fix should name. It only makes fixes more exact: codes and severities never depend on it,
// because anybody can send any banner. Pure, any thread.
#pragma once

#include <string_view>
#include <vector>

#include "verdict/evidence.h"
#include "verdict/findings/finding_collector.h"

namespace mtasts::verdict {

struct MxSoftware {
  std::string_view name = {};     // "Postfix"
  std::string_view needle = {};   // in the banner in lower case, behind its host name
  std::string_view keyword = {};  // or this one in the reply to EHLO, in lower case
  // What follows is empty where nothing better than the table of findings is known.
  std::string_view certificate = {};       // the setting that names certificate and intermediates
  std::string_view starttls_missing = {};  // fixes: whole sentences
  std::string_view starttls_refused = {};
  std::string_view incomplete_chain = {};
  bool hosted = false;  // a provider's own server: its customers cannot change it
};

// Null: not known.
const MxSoftware* software_of(const protocol::SmtpAttempt& attempt);

// Makes the fixes of findings on `host` exact where its server is known.
void name_settings(const MxHostEvidence& host, std::vector<UngradedFinding>& findings);

}  // namespace mtasts::verdict
