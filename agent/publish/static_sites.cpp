// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Services that publish the files of a repository: GitHub Pages and Azure Static Web Apps. Both
// get a certificate for the host name by themselves.
#include <fmt/format.h>

#include "publish/hosting_targets.h"
#include "publish/hosting_text.h"

namespace mtasts::publish {
namespace {

// Static Web Apps refuses a site without this file.
constexpr std::string_view kAzureIndex =
    "<!doctype html>\n<title>MTA-STS</title>\nThis host serves an MTA-STS policy.\n";

// No navigationFallback: with one, a wrong path is answered with status 200 and a page.
constexpr std::string_view kAzureSettings = R"({
  "routes": [
    {
      "route": @path@,
      "headers": {
        "Cache-Control": "no-store"
      }
    }
  ],
  "mimeTypes": {
    ".txt": "text/plain"
  }
}
)";

constexpr std::string_view kGithubWait =
    "Wait until the Pages settings say that the certificate is there. GitHub lets caches keep a "
    "file "
    "for ten minutes: after a change of the policy, wait that long before you change the TXT "
    "record's "
    "id.";
constexpr std::string_view kAzureCreate =
    "Create a static web app from a repository of these files: build preset \"Custom\", app "
    "location "
    "\"/\", API and output location empty. In the workflow that Azure adds, set `skip_app_build: "
    "true`, because there is nothing to build.";

GeneratedFile policy_file(const HostedText& text) {
  return {std::string(kPolicyFile), text.policy};
}

// Git writes files with the line ends of the machine otherwise.
GeneratedFile git_attributes() {
  return {".gitattributes", fmt::format("{} -text\n", kPolicyFile)};
}

}  // namespace

Hosting github_pages_hosting(const HostedText& text) {
  const std::string host = policy_host_of(text.domain);
  Hosting hosting;
  hosting.files = {
      policy_file(text),
      // The custom domain.
      {"CNAME", host + "\n"},
      // Jekyll leaves folders out whose names begin with a dot.
      {".nojekyll", ""},
      git_attributes(),
  };
  hosting.steps = {
      fmt::format("Make a repository of these files, for this host alone. Check that .nojekyll, "
                  "CNAME and {} are committed: many tools hide or leave out names with a dot.",
                  kPolicyFile),
      fmt::format(
          "In its settings under Pages, choose \"Deploy from a branch\" and the root folder, "
          "and enter {} as custom domain. Where an Actions workflow deploys instead, its "
          "upload-pages-artifact step needs version 5 and `include-hidden-files: true`.",
          host),
      fmt::format("Publish a CNAME record of {} to <user or organization>.github.io, without the "
                  "repository's name. If the domain has CAA records, one must allow "
                  "letsencrypt.org.",
                  host),
      std::string(kGithubWait),
      check_step(text),
  };
  return hosting;
}

Hosting azure_hosting(const HostedText& text) {
  const std::string host = policy_host_of(text.domain);
  const std::string path = double_quoted(kPolicyPath);
  Hosting hosting;
  hosting.files = {
      policy_file(text),
      {"staticwebapp.config.json", fill(kAzureSettings, {{"path", path}})},
      {"index.html", std::string(kAzureIndex)},
      git_attributes(),
  };
  hosting.steps = {
      std::string(kAzureCreate),
      fmt::format(
          "Publish a CNAME record of {0} to the app's azurestaticapps.net name, and add {0} "
          "under Custom domains. Azure gets the certificate.",
          host),
      check_step(text),
  };
  return hosting;
}

}  // namespace mtasts::publish
