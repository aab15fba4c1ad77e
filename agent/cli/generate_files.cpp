// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "cli/generate_files.h"

#include <fmt/format.h>

#include "publish/guide.h"

namespace mtasts::cli {

std::vector<Generated::Hosted> hosting_of(const std::string& domain,
                                          const publish::GeneratedPolicy& policy,
                                          const std::vector<publish::HostingTarget>& targets) {
  publish::HostedText text{domain, policy.mode, policy.mx, policy.max_age_seconds, policy.text};
  std::vector<Generated::Hosted> hosting;
  for (publish::HostingTarget target : targets)
    hosting.push_back({target, publish::hosting_for(target, text)});
  return hosting;
}

std::vector<OutputFile> files_of(const Generated::Hosted& hosted) {
  std::vector<OutputFile> files;
  for (const publish::GeneratedFile& file : hosted.hosting.files)
    files.push_back({file.path, file.content});
  return files;
}

std::vector<OutputFile> all_files(const Generated& generated) {
  const std::string zone_file = generated.domain + ".zone";
  publish::GuideRequest guide;
  guide.domain = generated.domain;
  guide.mode = generated.policy.mode;
  guide.id = generated.id->id;
  guide.zone_file = zone_file;
  guide.rua = !generated.records.rua.empty();
  guide.policy_host = !generated.records.policy_host.name.empty() ||
                      !generated.records.policy_host.addresses.empty();
  guide.left_out = generated.policy.left_out;
  std::vector<OutputFile> files = {{"mta-sts.txt", generated.policy.text},
                                   {zone_file, publish::zone_text(generated.records)}};
  for (const Generated::Hosted& hosted : generated.hosting) {
    guide.targets.push_back(hosted.target);
    std::string folder = fmt::format("hosting/{}/", name_of(hosted.target));
    for (OutputFile& file : files_of(hosted))
      files.push_back({folder + file.path, std::move(file.content)});
    files.push_back({folder + "STEPS.md",
                     publish::steps_text(generated.domain, hosted.target, hosted.hosting)});
  }
  files.push_back({"README.md", publish::guide_text(guide)});
  return files;
}

std::string hosting_text(const Generated::Hosted& hosted, bool with_files) {
  std::string text;
  if (with_files)
    for (const publish::GeneratedFile& file : hosted.hosting.files)
      text += fmt::format("==> {} <==\n{}{}\n", file.path, file.content,
                          file.content.ends_with('\n') ? "" : "\n");
  for (size_t i = 0; i < hosted.hosting.steps.size(); ++i)
    text += fmt::format("{}. {}\n", i + 1, hosted.hosting.steps[i]);
  return text;
}

}  // namespace mtasts::cli
