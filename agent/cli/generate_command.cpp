// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "cli/generate_command.h"

#include <fmt/format.h>

#include <ostream>

#include "cli/command_input.h"
#include "cli/exit_status.h"
#include "cli/generate_input.h"
#include "cli/generate_json.h"
#include "verdict/domain/providers.h"

namespace mtasts::cli {
namespace {

using publish::GeneratedPolicy;

// Everything about the policy that is not to be published.
void tell(const GeneratedPolicy& policy, std::ostream& err) {
  for (const publish::LeftOut& one : policy.left_out)
    err << kGenerateName << fmt::format("left out {}: {}\n", one.host, one.correction);
  for (const std::string& provider : policy.providers) {
    std::string_view hint = verdict::provider_hint(provider);
    err << kGenerateName << provider << (hint.empty() ? "" : ": ") << hint << "\n";
  }
  for (const std::string& note : policy.notes) err << kGenerateName << note << "\n";
  if (!policy.refusal.empty()) err << kGenerateName << policy.refusal << "\n";
}

int status_of(const GeneratedPolicy& policy) {
  if (policy.text.empty()) return kExitCritical;
  return policy.left_out.empty() ? kExitOk : kExitWarning;
}

void add_records(const settings::Settings& settings, const DomainName& domain,
                 const check::MailLook* look, GenerateInput& input, Generated& generated,
                 std::ostream& err) {
  generated.id = published_id(settings, domain, look, generated.policy.text, err);
  publish::RecordsRequest& records = generated.records;
  records.domain = domain.text();
  records.mode = generated.policy.mode;
  records.id = generated.id->id;
  records.rua = std::move(input.rua);
  records.policy_host = std::move(input.policy_host);
  std::vector<std::string>& notes = generated.policy.notes;
  if (!generated.id->reason.empty()) notes.push_back(generated.id->reason);
  bool reported = look != nullptr && look->tlsrpt.status == protocol::DnsStatus::answered;
  if (records.rua.empty() && !reported)
    notes.push_back(
        "no --rua is given, so the TLSRPT record is a comment to fill in; without reports, nobody "
        "learns what fails");
  if (look == nullptr) return;
  for (std::string& note :
       notes_on_records(*look, records.domain, records.id, !records.rua.empty()))
    notes.push_back(std::move(note));
}

void print(const GenerateOptions& options, const Generated& generated, std::ostream& out) {
  if (options.json)
    out << generated_json(generated) << "\n";
  else if (options.kind == GenerateKind::policy)
    out << generated.policy.text;
  else if (generated.id)
    out << publish::zone_text(generated.records);
  out.flush();
}

}  // namespace

int run_generate(const GenerateOptions& options, std::ostream& out, std::ostream& err) {
  auto domain = domain_argument(kGenerateName, options.domain, err);
  if (!domain) return kExitUsage;
  auto settings = command_settings(options.config, err);
  if (!settings) return kExitConfiguration;
  auto input = generate_input(options, *settings, *domain, err);
  if (!input) return kExitUsage;

  std::optional<check::MailLook> look;
  if (options.mx.empty() || options.live) {
    look = check::look_at_mail_now(*settings, *domain);
    std::string failure;
    input->policy.mail =
        live_mail_of(*look, domain->text(), settings->network.allow_private_addresses, failure);
    if (!input->policy.mail) {
      err << kGenerateName << failure << "\n";
      return kExitUnknown;
    }
  }
  Generated generated;
  generated.domain = domain->text();
  generated.policy = publish::generate_policy(input->policy);
  for (const std::string& error : generated.policy.errors) err << kGenerateName << error << "\n";
  if (!generated.policy.errors.empty()) return kExitUsage;
  if (options.kind != GenerateKind::policy && !generated.policy.text.empty())
    add_records(*settings, *domain, look ? &*look : nullptr, *input, generated, err);
  tell(generated.policy, err);
  print(options, generated, out);
  return status_of(generated.policy);
}

}  // namespace mtasts::cli
