// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "publish/guide.h"

#include <fmt/format.h>

namespace mtasts::publish {
namespace {

using protocol::Mode;

std::string intro(const GuideRequest& request) {
  std::string text = fmt::format("# MTA-STS for {}\n\n", request.domain);
  switch (request.mode) {
    case Mode::testing:
      text += "Mode testing: senders deliver as before, and report what would fail.\n";
      break;
    case Mode::enforce:
      text +=
          "Mode enforce: senders hold back mail for MX hosts without a valid certificate, and for "
          "hosts that the policy does not list. Publish it only after two weeks of mode testing "
          "without failures.\n";
      break;
    case Mode::none:
      text += fmt::format(
          "Mode none: senders act as if there were no policy. To retire MTA-STS, follow the order "
          "of `mtasts-exporter plan remove {}`.\n",
          request.domain);
  }
  for (const LeftOut& one : request.left_out)
    text += fmt::format("\nThe policy leaves out the MX host {}: {}. Then generate again.\n",
                        one.host, one.correction);
  return text;
}

std::string policy_steps(const GuideRequest& request) {
  std::string targets;
  for (HostingTarget target : request.targets)
    targets += fmt::format("{}`hosting/{}`", targets.empty() ? "" : ", ", name_of(target));
  std::string text = fmt::format(
      "\n## Order\n\nThe policy comes before its record, now and at every change: a sender that "
      "sees a new id fetches the policy at once, and keeps what it gets.\n\n"
      "1. Point `mta-sts.{0}` to the web server: publish that line of `{1}`{2}.\n"
      "2. Serve `mta-sts.txt` at `https://mta-sts.{0}/.well-known/mta-sts.txt`, with a certificate "
      "for that name, without redirects.",
      request.domain, request.zone_file, request.policy_host ? "" : ", filled in");
  if (!targets.empty())
    text += fmt::format(" Take one of {}; the file STEPS.md in it says what to do.", targets);
  return text + fmt::format(
                    "\n3. See that it is served: `curl -sS -i "
                    "https://mta-sts.{0}/.well-known/mta-sts.txt` shows status 200, Content-Type "
                    "text/plain and exactly the lines of `mta-sts.txt`.\n",
                    request.domain);
}

std::string record_steps(const GuideRequest& request) {
  return fmt::format(
      "4. Publish the other lines of `{1}`{2}. If `_mta-sts.{0}` or `_smtp._tls.{0}` has a record "
      "already, replace it: of two records, senders use none.\n"
      "5. See that senders can use it: `mtasts-exporter check {0}` shows no warning. The record "
      "has "
      "the id `{3}`.\n"
      "6. Let the agent watch it: add `{0}` to `domains` in its settings.\n",
      request.domain, request.zone_file,
      request.rua ? "" : "; fill in who receives the reports of senders", request.id);
}

std::string next_steps(const GuideRequest& request) {
  if (request.mode == Mode::none) return {};
  return fmt::format(
      "\n## When to go on\n\n"
      "| publish | when |\n|---|---|\n"
      "| `--mode testing --max-age 1d` | first |\n"
      "| `--mode testing --max-age 7d` | the check shows no warning, and reports of two weeks show "
      "no failure |\n"
      "| `--mode enforce --max-age 7d` | the same holds for two more weeks, and every MX host has "
      "a "
      "valid certificate |\n"
      "| `--mode enforce --max-age 30d` | after a month without failures |\n\n"
      "For each step, run `mtasts-exporter generate all {0} --out DIR --force` with these options "
      "and "
      "the others as before, serve the new policy, and then publish its id. The first reports of "
      "senders come after one "
      "or two days. To stop enforcement in a hurry, follow `mtasts-exporter plan rollback {0}`. "
      "Before the MX hosts change, follow `mtasts-exporter plan mx-move {0}`.\n",
      request.domain);
}

}  // namespace

std::string guide_text(const GuideRequest& request) {
  return intro(request) + policy_steps(request) + record_steps(request) + next_steps(request);
}

std::string steps_text(const std::string& domain, HostingTarget target, const Hosting& hosting) {
  std::string text = fmt::format("# The policy of {} on {}\n\n", domain, name_of(target));
  for (size_t i = 0; i < hosting.steps.size(); ++i)
    text += fmt::format("{}. {}\n", i + 1, hosting.steps[i]);
  return text;
}

}  // namespace mtasts::publish
