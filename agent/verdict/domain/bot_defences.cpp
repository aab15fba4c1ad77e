// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "verdict/domain/bot_defences.h"

#include "base/ascii.h"

namespace mtasts::verdict {
namespace {

constexpr size_t kSearched_bytes = 16 * 1024;  // of a body
constexpr std::string_view kChallenge = "a bot challenge";
constexpr std::string_view kBlocked = "a block page";

constexpr BotDefence kCloudflareChallenge{
    "Cloudflare", kChallenge,
    "Add a WAF custom rule with the action Skip for the path /.well-known/mta-sts.txt, and turn "
    "off Bot Fight Mode and Under Attack mode for this host, which senders cannot pass."};
constexpr BotDefence kCloudflareBlock{
    "Cloudflare", kBlocked,
    "Add a WAF custom rule with the action Skip for the path /.well-known/mta-sts.txt before the "
    "rule that blocks it; the security events name that rule."};
constexpr BotDefence kAwsWaf{
    "AWS WAF", kChallenge,
    "Exempt /.well-known/mta-sts.txt from the rule with the action Challenge or CAPTCHA, by an "
    "Allow rule of a higher priority."};
constexpr BotDefence kVercel{
    "Vercel", kChallenge,
    "Add a firewall rule with the action Bypass for /.well-known/mta-sts.txt, and turn off Attack "
    "Challenge Mode."};
constexpr BotDefence kAkamai{
    "Akamai", kBlocked,
    "Exempt /.well-known/mta-sts.txt from Bot Manager and the WAF policy of the property."};
constexpr BotDefence kImperva{
    "Imperva", kChallenge,
    "Add an exception for the URL /.well-known/mta-sts.txt to the bot and WAF rules of the site."};
constexpr BotDefence kSucuri{
    "Sucuri", kBlocked,
    "Add /.well-known/mta-sts.txt to the allowed URL paths of the Sucuri firewall."};
constexpr BotDefence kDataDome{"DataDome", kChallenge,
                               "Exempt /.well-known/mta-sts.txt from the DataDome module."};
constexpr BotDefence kHuman{"HUMAN (PerimeterX)", kChallenge,
                            "Exempt /.well-known/mta-sts.txt from the PerimeterX enforcer."};
constexpr BotDefence kDdosGuard{"DDoS-Guard", kChallenge,
                                "Add an exception for /.well-known/mta-sts.txt in DDoS-Guard."};
constexpr BotDefence kAnubis{
    "Anubis", kChallenge,
    "Add a rule with action ALLOW for the path ^/\\.well-known/mta-sts\\.txt$ to Anubis' bot "
    "policy."};
constexpr BotDefence kAzureWaf{
    "Azure WAF", kBlocked,
    "Add a custom rule that allows /.well-known/mta-sts.txt before the managed rules."};
constexpr BotDefence kModSecurity{
    "ModSecurity", kBlocked,
    "Turn the rule that the web server's error log names off for /.well-known/mta-sts.txt "
    "(SecRuleRemoveById)."};
constexpr BotDefence kUnnamed{
    "a bot defence", kChallenge,
    "Exempt /.well-known/mta-sts.txt from the bot defence in front of the web server."};

struct Mark {
  const BotDefence* defence;
  std::string_view field;  // empty: the body
  std::string_view text;   // in lower case; empty: the field alone is enough
  bool refusal = false;    // stands in other pages of the service, too: counts only in a refusal
};
// Marks of a challenge or block page; the first that matches decides.
constexpr Mark kMarks[] = {
    {&kCloudflareChallenge, "CF-Mitigated", "challenge"},
    {&kAwsWaf, "X-Amzn-Waf-Action", ""},
    {&kVercel, "X-Vercel-Mitigated", ""},
    {&kSucuri, "X-Sucuri-Block", ""},
    {&kCloudflareChallenge, "", "/cdn-cgi/challenge-platform/", true},
    {&kCloudflareChallenge, "", "<title>just a moment...</title>"},
    {&kCloudflareBlock, "", "<title>attention required! | cloudflare</title>"},
    {&kCloudflareBlock, "", "error code: 1020"},
    {&kImperva, "", "_incapsula_resource", true},
    {&kImperva, "", "incapsula incident id"},
    {&kSucuri, "", "sucuri website firewall"},
    {&kDataDome, "", "captcha-delivery.com"},
    {&kHuman, "", "px-captcha"},
    {&kAnubis, "", "/.within.website/x/cmd/anubis"},
    {&kAkamai, "", "errors.edgesuite.net"},
    {&kModSecurity, "", "mod_security", true},
    {&kUnnamed, "", "g-recaptcha", true},
    {&kUnnamed, "", "h-captcha", true},
    {&kUnnamed, "", "cf-turnstile", true},
    {&kUnnamed, "", "checking your browser", true},
    {&kUnnamed, "", "making sure you&#39;re not a bot"},
    {&kUnnamed, "", "making sure you're not a bot"},
};
// These mark the service; with status 403 it is the service itself that refuses.
constexpr Mark kMarksOf403[] = {
    {&kAkamai, "Server", "akamaighost"}, {&kDataDome, "X-DataDome", ""},
    {&kDataDome, "Server", "datadome"},  {&kDdosGuard, "Server", "ddos-guard"},
    {&kSucuri, "Server", "sucuri"},      {&kAzureWaf, "", "the request is blocked."},
};

bool is_refusal(int status) {
  return status == 403 || status == 405 || status == 406 || status == 429 || status == 503;
}

bool matches(const Mark& mark, const protocol::HttpsAttempt& attempt, const std::string& body) {
  if (mark.refusal && !is_refusal(attempt.http_status)) return false;
  if (mark.field.empty()) return body.find(mark.text) != std::string::npos;
  const std::string* value = protocol::field_of(attempt, mark.field);
  return value != nullptr && ascii_lower(*value).find(mark.text) != std::string::npos;
}

}  // namespace

const BotDefence* bot_defence_of(const protocol::HttpsAttempt& attempt) {
  if (attempt.http_status == 0) return nullptr;
  const std::string body = ascii_lower(std::string_view(attempt.body).substr(0, kSearched_bytes));
  // A policy that is served mentions none of this: its text decides.
  const bool page = attempt.http_status != 200 || trim(body).starts_with('<');
  if (!page) return nullptr;
  for (const Mark& mark : kMarks)
    if (matches(mark, attempt, body)) return mark.defence;
  if (attempt.http_status != 403) return nullptr;
  for (const Mark& mark : kMarksOf403)
    if (matches(mark, attempt, body)) return mark.defence;
  return nullptr;
}

}  // namespace mtasts::verdict
