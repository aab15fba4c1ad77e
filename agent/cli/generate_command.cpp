// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "cli/generate_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <ostream>

#include "base/printable.h"
#include "cli/command_input.h"
#include "cli/exit_status.h"
#include "cli/generate_files.h"
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
  publish::PublishedBefore before =
      published_before(settings, domain, look, generated.policy.text, err);
  generated.id = publish::choose_id(generated.policy.text, before, system_now());
  publish::RecordsRequest& records = generated.records;
  records.domain = domain.text();
  records.mode = generated.policy.mode;
  records.id = generated.id->id;
  records.rua = std::move(input.rua);
  records.policy_host = std::move(input.policy_host);
  std::vector<std::string>& notes = generated.policy.notes;
  for (const std::string& note :
       {generated.id->reason, publish::weaker_than_before(generated.policy.mode, before)})
    if (!note.empty()) notes.push_back(note);
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

// What the files of `hosting` and `all` need. False: they cannot be written, which `err` tells.
bool write_output(const GenerateOptions& options, Generated& generated, std::ostream& err) {
  if (!options.out) return true;
  auto output = write_files(*options.out,
                            options.kind == GenerateKind::all ? all_files(generated)
                                                              : files_of(generated.hosting.front()),
                            options.force);
  if (!output) {
    err << kGenerateName << output.failure().detail << "\n";
    return false;
  }
  generated.output = std::move(*output);
  return true;
}

std::string output_text(const GenerateOptions& options, const Generated& generated) {
  std::string text;
  auto shown = [&](const std::string& path) {
    return printable((std::filesystem::path(*options.out) / path).string(), 512);
  };
  for (const std::string& path : generated.output->written)
    text += fmt::format("wrote {}\n", shown(path));
  for (const std::string& path : generated.output->unchanged)
    text += fmt::format("unchanged {}\n", shown(path));
  if (options.kind == GenerateKind::all)
    text += fmt::format("{} says in which order to publish them\n", shown("README.md"));
  return text;
}

void print(const GenerateOptions& options, const Generated& generated, std::ostream& out) {
  if (options.json)
    out << generated_json(generated) << "\n";
  else if (generated.policy.text.empty())
    return;
  else if (options.kind == GenerateKind::policy)
    out << generated.policy.text;
  else if (options.kind == GenerateKind::records)
    out << publish::zone_text(generated.records);
  else {
    if (generated.output) out << output_text(options, generated);
    if (options.kind == GenerateKind::hosting)
      out << hosting_text(generated.hosting.front(), !generated.output);
  }
  out.flush();
}

// False: what was asked for does not fit together, which `err` tells.
bool check_targets(const GenerateOptions& options, std::ostream& err) {
  std::string_view error;
  if (options.kind == GenerateKind::hosting && options.targets.size() != 1)
    error = "--for: give one target";
  if (options.kind == GenerateKind::all && !options.out) error = "--out is required";
  if (options.out && options.out->empty()) error = "--out: the directory has no name";
  if (!error.empty()) err << kGenerateName << error << "\n";
  return error.empty();
}

std::vector<publish::HostingTarget> targets_of(const GenerateOptions& options) {
  std::vector<publish::HostingTarget> targets;
  for (publish::HostingTarget target : publish::kHostingTargets) {
    const auto& asked = options.targets;
    bool every = options.kind == GenerateKind::all && asked.empty();
    if (every || std::find(asked.begin(), asked.end(), target) != asked.end())
      targets.push_back(target);
  }
  return targets;
}

}  // namespace

int run_generate(const GenerateOptions& options, std::ostream& out, std::ostream& err) {
  auto domain = domain_argument(kGenerateName, options.domain, err);
  if (!domain) return kExitUsage;
  if (!check_targets(options, err)) return kExitUsage;
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
  if (!generated.policy.text.empty()) {
    if (options.kind == GenerateKind::records || options.kind == GenerateKind::all)
      add_records(*settings, *domain, look ? &*look : nullptr, *input, generated, err);
    generated.hosting = hosting_of(generated.domain, generated.policy, targets_of(options));
    if (!write_output(options, generated, err)) return kExitCannotCreate;
  }
  tell(generated.policy, err);
  print(options, generated, out);
  return status_of(generated.policy);
}

}  // namespace mtasts::cli
