// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include <fmt/format.h>

#include "base/printable.h"
#include "verdict/domain/policy_rules.h"

namespace mtasts::verdict {
namespace {

constexpr auto kSlow = std::chrono::seconds(5);  // some senders time out after 4 or 5 seconds

}  // namespace

void judge_policy_answer(RuleContext& context, const protocol::HttpsAttempt& attempt) {
  FindingDetails where{.message = {},
                       .host = context.evidence.policy.host,
                       .address = attempt.address,
                       .address_in_subject = false};
  auto report = [&](FindingCode code, std::string message) {
    FindingDetails what = where;
    what.message = std::move(message);
    context.add(code, std::move(what));
  };
  if (attempt.http_status >= 300 && attempt.http_status < 400) {
    report("sts-http-redirect",
           fmt::format("HTTP status {}, Location {}", attempt.http_status,
                       attempt.location ? printable(*attempt.location, 300) : "missing"));
    return;
  }
  if (attempt.http_status != 200) {
    report("sts-http-status", fmt::format("HTTP status {} instead of 200", attempt.http_status));
    return;
  }
  // An HTML page has a single cause and fix, and its own finding (sts-policy-html).
  bool html = context.reading.attempt != nullptr &&
              protocol::has_code(context.reading.policy.faults, "sts-policy-html");
  if (!attempt.content_type || attempt.content_type->empty())
    report("sts-http-content-type-missing", "The response has no Content-Type header");
  else if (!protocol::is_text_plain(*attempt.content_type) && !html)
    report("sts-http-content-type-wrong", fmt::format("Content-Type is {} instead of text/plain",
                                                      printable(*attempt.content_type, 120)));
  if (attempt.total_time > kSlow)
    report("sts-http-slow", fmt::format("Fetching the policy from {1} took {0:.1f} seconds",
                                        std::chrono::duration<double>(attempt.total_time).count(),
                                        attempt.address.text()));
}

}  // namespace mtasts::verdict
