// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// What `generate` works from: the options as a request, the live MX hosts as DNS gives them, and
// what was published before. Each function writes the reason of a failure to `err`.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "base/domain_name.h"
#include "base/time.h"
#include "check/mail_look.h"
#include "cli/generate_command.h"
#include "publish/publication.h"
#include "publish/records.h"
#include "settings/settings.h"

namespace mtasts::cli {

inline constexpr const char* kGenerateName = "mtasts-exporter generate: ";

// The MX hosts; empty, with a sentence in `failure`, if DNS did not tell what they are.
std::optional<publish::LiveMail> live_mail_of(const check::MailLook& look,
                                              const std::string& domain,
                                              bool allow_private_addresses, std::string& failure);

// Everything that a person gave, except the name of the domain. False: something is wrong with it.
struct GenerateInput {
  publish::PolicyRequest policy;
  std::vector<std::string> rua;
  publish::PolicyHost policy_host;
};
std::optional<GenerateInput> generate_input(const GenerateOptions& options,
                                            const settings::Settings& settings,
                                            const DomainName& domain, std::ostream& err);

// What was published before `policy`. `look`: null without a network. Asks for the policy that is
// served only where the live record has the id that `policy` would have.
publish::PublishedBefore published_before(const settings::Settings& settings,
                                          const DomainName& domain, const check::MailLook* look,
                                          const std::string& policy, std::ostream& err);

// What stands in the way of the records, or exists already; sentences without a final period.
std::vector<std::string> notes_on_records(const check::MailLook& look, const std::string& domain,
                                          const std::string& id, bool has_rua);

}  // namespace mtasts::cli
