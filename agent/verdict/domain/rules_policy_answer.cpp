// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include <fmt/format.h>

#include <algorithm>

#include "base/printable.h"
#include "verdict/domain/policy_rules.h"

namespace mtasts::verdict {
namespace {

// postfix-tlspol gives up after 2 seconds, postfix-mta-sts-resolver after 4.
constexpr auto kSlow = std::chrono::seconds(2);
constexpr auto kVerySlow = std::chrono::seconds(4);

// One slow response proves little: the fetch before must have been slow too.
void judge_duration(RuleContext& context, const protocol::HttpsAttempt& attempt) {
  auto duration = std::min(attempt.total_time, attempt.previous_time);
  if (duration < kSlow) return;
  FindingDetails what{
      .message = fmt::format("Fetching the policy from {} took {:.1f} seconds, and {:.1f} the time "
                             "before",
                             attempt.address.text(),
                             std::chrono::duration<double>(attempt.total_time).count(),
                             std::chrono::duration<double>(attempt.previous_time).count()),
      .host = context.evidence.policy.host,
      .address = attempt.address};
  if (duration < kVerySlow) what.severity = Severity::info;
  context.add("sts-http-slow", std::move(what));
}

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
  judge_duration(context, attempt);
}

}  // namespace mtasts::verdict
