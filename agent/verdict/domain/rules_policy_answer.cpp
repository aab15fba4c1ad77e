// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include <fmt/format.h>

#include <algorithm>

#include "base/ascii.h"
#include "base/printable.h"
#include "protocol/http/content_type.h"
#include "protocol/senders/senders.h"
#include "verdict/domain/bot_defences.h"
#include "verdict/domain/policy_rules.h"
#include "verdict/domain/web_servers.h"

namespace mtasts::verdict {
namespace {

using protocol::BodyCoding;
using protocol::ContentTypeFault;
using protocol::effect_text;
using protocol::HttpsAttempt;
using protocol::Sender;
using protocol::SenderDifference;
using protocol::SenderSet;

// As SenderDifference::answer_after_… have them.
constexpr auto kSlow = std::chrono::seconds(2);
constexpr auto kVerySlow = std::chrono::seconds(4);
constexpr auto kSlowest = std::chrono::seconds(15);
constexpr int kPolicyFound = 200;
constexpr size_t kShown_bytes = 120;

// They ask for gzip and decode it.
constexpr SenderSet kOfferGzip{Sender::mox, Sender::postfix_mta_sts_resolver,
                               Sender::postfix_tlspol, Sender::maddy};

// The findings about one response.
class AnswerRules {
 public:
  AnswerRules(RuleContext& context, const HttpsAttempt& attempt)
      : context_(context), attempt_(attempt), server_(web_server_of(attempt)) {}

  void judge();

 private:
  void judge_status();
  void judge_version();
  void judge_coding();
  void judge_length();
  void judge_head();
  void judge_content_type();
  void judge_duration();
  bool is_page_or_empty() const;

  FindingDetails details(std::string message) const {
    FindingDetails what;
    what.message = std::move(message);
    what.host = context_.evidence.policy.host;
    what.address = attempt_.address;
    what.address_in_subject = false;
    return what;
  }
  void report(FindingCode code, std::string message) {
    context_.add(code, details(std::move(message)));
  }
  void report(FindingCode code, HttpTrouble trouble, std::string message,
              std::optional<Severity> severity = std::nullopt) {
    FindingDetails what = details(std::move(message));
    what.fix = http_fix(trouble, server_, context_.evidence.policy.host);
    what.severity = severity;
    context_.add(code, std::move(what));
  }

  RuleContext& context_;
  const HttpsAttempt& attempt_;
  const WebServer server_;
};

std::optional<HttpTrouble> trouble_of(int status) {
  switch (status) {
    case 401:
      return HttpTrouble::password;
    case 403:
      return HttpTrouble::forbidden;
    case 404:
    case 410:
      return HttpTrouble::not_found;
    case 421:
      return HttpTrouble::misdirected;
    case 429:
      return HttpTrouble::rate_limited;
    case 502:
    case 503:
    case 504:
    case 520:  // 520 to 524 and 530 are of Cloudflare
    case 521:
    case 522:
    case 523:
    case 524:
    case 530:
      return HttpTrouble::dead_back_end;
    case 525:
    case 526:
      return HttpTrouble::origin_tls;
    default:
      break;
  }
  return status >= 500 ? std::optional(HttpTrouble::server_error) : std::nullopt;
}

void AnswerRules::judge_status() {
  std::string message = fmt::format("HTTP status {} instead of 200", attempt_.http_status);
  if (const BotDefence* defence = bot_defence_of(attempt_)) {
    FindingDetails what = details(fmt::format("{}: {} from {}, which senders cannot pass", message,
                                              defence->what, defence->name));
    what.fix = defence->fix;
    context_.add("sts-http-status", std::move(what));
    return;
  }
  if (server_ != WebServer::unknown) message += fmt::format(", from {}", name_of(server_));
  if (const std::string* wait = protocol::field_of(attempt_, "Retry-After"))
    message += fmt::format("; Retry-After is {}", printable(*wait, 40));
  const std::optional<HttpTrouble> trouble = trouble_of(attempt_.http_status);
  FindingDetails what = details(std::move(message));
  if (trouble) what.fix = http_fix(*trouble, server_, context_.evidence.policy.host);
  if (protocol::is_rate_limited(attempt_)) {
    what.message +=
        "; the server limits requests from the agent's address, so senders may get the "
        "policy";
    what.unobserved = true;
  }
  context_.add("sts-http-status", std::move(what));
}

void AnswerRules::judge_version() {
  if (attempt_.http1_failure.empty()) return;
  report(
      "sts-http-no-http1", HttpTrouble::http2_only,
      fmt::format("{} serves the policy over HTTP/2 only; HTTP/1.1 gets: {}; {}, which speak "
                  "HTTP/1.1 only, cannot fetch it",
                  attempt_.address.text(), printable(attempt_.http1_failure, kShown_bytes),
                  names_text(protocol::senders_affected_by(SenderDifference::answer_http2_only))));
}

// The texts mean the same to a sender.
bool same_policy(std::string_view a, std::string_view b) {
  if (a == b) return true;
  const protocol::StsPolicy one = protocol::parse_sts_policy(a);
  const protocol::StsPolicy other = protocol::parse_sts_policy(b);
  return one.valid == other.valid && one.mode == other.mode &&
         one.max_age_seconds == other.max_age_seconds && one.mx == other.mx;
}

void AnswerRules::judge_coding() {
  if (attempt_.coding == BodyCoding::none) return;
  const FindingCode code = "sts-http-content-encoding";
  const std::string coding = printable(attempt_.content_encoding, 40);
  const bool readable_without = attempt_.uncoded && attempt_.uncoded->body;
  if (attempt_.coding == BodyCoding::decoded) {
    if (attempt_.uncoded && attempt_.uncoded->coded)
      report(code, HttpTrouble::coded,
             fmt::format("Content-Encoding is {} although the request has no Accept-Encoding; {}",
                         coding, effect_text(SenderDifference::answer_coding_unasked)));
    else if (readable_without && !same_policy(attempt_.body, *attempt_.uncoded->body))
      report(code, HttpTrouble::coded,
             fmt::format("The policy in Content-Encoding {} differs from the one without: a stale "
                         "compressed copy",
                         coding));
    return;
  }
  const std::string what = attempt_.coding == BodyCoding::unreadable
                               ? fmt::format(
                                     "Content-Encoding is {}, but the body is not valid "
                                     "gzip data",
                                     coding)
                               : fmt::format(
                                     "Content-Encoding is {}, which the request does not "
                                     "offer",
                                     coding);
  if (readable_without)
    report(
        code, HttpTrouble::coded,
        fmt::format("{}; {}, which ask for gzip, refuse the policy", what, names_text(kOfferGzip)));
  else
    report(code, HttpTrouble::coded, what + "; senders cannot read the policy", Severity::critical);
}

void AnswerRules::judge_length() {
  if (!protocol::is_cut_by_length(attempt_)) return;
  // Senders read a complete policy: what follows it is lost, but not the policy.
  const bool valid = protocol::parse_sts_policy(attempt_.body).valid;
  FindingDetails what = details(fmt::format(
      "Content-Length is {}, but at least {} octets come; senders read the first {}, {}",
      attempt_.body.size(), attempt_.body.size() + attempt_.excess.size(), attempt_.body.size(),
      valid ? "and lose the rest of the policy" : "which are not a complete policy"));
  if (valid) what.severity = Severity::warning;
  context_.add("sts-http-length-mismatch", std::move(what));
}

// RFC 9112 §2.2: a recipient may accept LF alone.
void AnswerRules::judge_head() {
  if (!attempt_.bare_lf_in_head) return;
  FindingDetails what =
      details(fmt::format("Lines of the response's header end in LF without CR; {}",
                          effect_text(SenderDifference::answer_head_lf)));
  what.fix = "Let the program that writes the response end every line of the header with CRLF.";
  what.severity = Severity::warning;
  context_.add("sts-http-malformed", std::move(what));
}

void AnswerRules::judge_content_type() {
  if (!attempt_.content_type || attempt_.content_type->empty()) {
    report("sts-http-content-type-missing", HttpTrouble::wrong_type,
           "The response has no Content-Type header; " +
               effect_text(SenderDifference::answer_type_missing));
    return;
  }
  const FindingCode code = "sts-http-content-type-wrong";
  const std::string shown = printable(*attempt_.content_type, kShown_bytes);
  if (!protocol::is_text_plain(*attempt_.content_type)) {
    const auto count = std::count_if(
        attempt_.fields.begin(), attempt_.fields.end(),
        [](const auto& field) { return equals_ignoring_case(field.name, "Content-Type"); });
    report(
        code, HttpTrouble::wrong_type,
        (count > 1 ? fmt::format("The first of {} Content-Type headers, which senders take, is {} "
                                 "instead of text/plain; ",
                                 count, shown)
                   : fmt::format("Content-Type is {} instead of text/plain; ", shown)) +
            effect_text(SenderDifference::answer_type_wrong));
    return;
  }
  const auto reading = protocol::read_content_type_parameters(*attempt_.content_type);
  if (reading.fault == ContentTypeFault::parameter)
    report(code, HttpTrouble::wrong_type,
           fmt::format("Content-Type is {}, with the parameter {}; {}", shown,
                       quoted(reading.text, 40),
                       effect_text(SenderDifference::answer_type_parameter)));
  if (reading.fault == ContentTypeFault::charset)
    report(
        code, HttpTrouble::wrong_type,
        fmt::format("Content-Type is {}, with the charset {}; {}", shown, quoted(reading.text, 40),
                    effect_text(SenderDifference::answer_charset_unknown)));
}

// They have a single cause and fix, and their own findings.
bool AnswerRules::is_page_or_empty() const {
  return std::any_of(
      context_.readings.begin(), context_.readings.end(), [&](const PolicyReading& reading) {
        const auto& faults = reading.policy.faults;
        return reading.attempt == &attempt_ && (protocol::has_code(faults, "sts-policy-html") ||
                                                protocol::has_code(faults, "sts-policy-empty"));
      });
}

// One slow response proves little: the fetch before must have been slow too.
void AnswerRules::judge_duration() {
  const auto duration = std::min(attempt_.total_time, attempt_.previous_time);
  if (duration < kSlow) return;
  FindingDetails what = details(fmt::format(
      "Fetching the policy from {} took {:.1f} seconds, and {:.1f} the time "
      "before; {}",
      attempt_.address.text(), std::chrono::duration<double>(attempt_.total_time).count(),
      std::chrono::duration<double>(attempt_.previous_time).count(),
      effect_text(duration < kVerySlow  ? SenderDifference::answer_after_2_s
                  : duration < kSlowest ? SenderDifference::answer_after_4_s
                                        : SenderDifference::answer_after_15_s)));
  what.address_in_subject = true;
  if (duration < kVerySlow) what.severity = Severity::info;
  context_.add("sts-http-slow", std::move(what));
}

void AnswerRules::judge() {
  if (attempt_.http_status >= 300 && attempt_.http_status < 400) {
    report("sts-http-redirect",
           fmt::format("HTTP status {}, Location {}", attempt_.http_status,
                       attempt_.location ? printable(*attempt_.location, 300) : "missing"));
    return;
  }
  if (attempt_.http_status != kPolicyFound) {
    judge_status();
    return;
  }
  judge_version();
  judge_coding();
  judge_length();
  judge_head();
  if (!is_page_or_empty()) judge_content_type();
  judge_duration();
}

}  // namespace

void judge_policy_answer(RuleContext& context, const HttpsAttempt& attempt) {
  AnswerRules(context, attempt).judge();
}

std::string policy_failure_fix(const HttpsAttempt& attempt, const std::string& policy_host) {
  if (!attempt.no_response) return {};
  return http_fix(HttpTrouble::no_response, WebServer::unknown, policy_host);
}

std::vector<protocol::SyntaxFault> faults_with_cause(std::vector<protocol::SyntaxFault> faults,
                                                     const HttpsAttempt& attempt,
                                                     const std::string& policy_host) {
  for (protocol::SyntaxFault& fault : faults) {
    if (fault.code == "sts-policy-empty")
      fault.fix = http_fix(HttpTrouble::empty_body, web_server_of(attempt), policy_host);
    if (fault.code != "sts-policy-html") continue;
    const BotDefence* defence = bot_defence_of(attempt);
    if (defence == nullptr) continue;
    fault.message = fmt::format("the body is {} from {}, which senders cannot pass", defence->what,
                                defence->name);
    fault.fix = defence->fix;
  }
  return faults;
}

}  // namespace mtasts::verdict
