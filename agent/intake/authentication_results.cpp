// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "intake/authentication_results.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/domain_name.h"
#include "base/public_suffix.h"

namespace mtasts::intake {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

// Characters that end a word outside quotes; "=" ends names only. RFC 2045 §5.1 forbids more in a
// value, which real servers do not keep to: "/", "@", and "=" at the end of header.b.
constexpr std::string_view kWordEnds = " \t\r\n;()\"";

class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool at_end() const { return rest_.empty(); }
  char front() const { return rest_.empty() ? '\0' : rest_.front(); }

  // Blanks and comments, which nest (RFC 5322 §3.2.2). A comment without an end is all that
  // follows.
  void skip_comments() {
    int depth = 0;
    while (!rest_.empty()) {
      const char c = rest_.front();
      if (depth > 0 && c == '\\') {
        rest_.remove_prefix(std::min<size_t>(2, rest_.size()));
        continue;
      }
      if (c == '(')
        ++depth;
      else if (c == ')' && depth > 0)
        --depth;
      else if (depth == 0 && kBlanks.find(c) == std::string_view::npos)
        return;
      rest_.remove_prefix(1);
    }
  }

  bool take(char c) {
    if (front() != c || rest_.empty()) return false;
    rest_.remove_prefix(1);
    return true;
  }

  // A quoted string, or a run of characters that end no word. Quoted and plain pieces side by side
  // are one word: "local part"@example.com.
  std::optional<std::string> word(std::string_view more_ends = "=") {
    std::string text;
    bool any = false;
    while (!rest_.empty()) {
      if (rest_.front() == '"') {
        if (!quoted_string(text)) return std::nullopt;
        any = true;
        continue;
      }
      const char c = rest_.front();
      if (kWordEnds.find(c) != std::string_view::npos ||
          more_ends.find(c) != std::string_view::npos)
        break;
      text += c;
      any = true;
      rest_.remove_prefix(1);
    }
    if (!any) return std::nullopt;
    return text;
  }

  // Up to the semicolon that ends a result, beyond quotes and comments.
  void skip_result() {
    while (!rest_.empty() && rest_.front() != ';') {
      std::string ignored;
      if (rest_.front() == '(')
        skip_comments();
      else if (rest_.front() != '"' || !quoted_string(ignored))
        rest_.remove_prefix(std::min<size_t>(1, rest_.size()));
    }
  }

 private:
  bool quoted_string(std::string& text) {
    rest_.remove_prefix(1);
    while (!rest_.empty()) {
      char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '"') return true;
      if (c == '\\' && !rest_.empty()) {
        c = rest_.front();
        rest_.remove_prefix(1);
      }
      if (c != '\r' && c != '\n') text += c;
    }
    return false;
  }

  std::string_view rest_;
};

// "name" or "name/version"; the caller looks for "=".
std::optional<std::string> read_method(Scanner& scanner) {
  auto name = scanner.word("=/");
  if (!name) return std::nullopt;
  scanner.skip_comments();
  if (scanner.take('/')) {
    scanner.skip_comments();
    if (!scanner.word()) return std::nullopt;
    scanner.skip_comments();
  }
  return ascii_lower(*name);
}

// "ptype.property", also with blanks around the dot; "reason" alone.
std::optional<std::string> read_property_name(Scanner& scanner) {
  auto name = scanner.word("=.");
  if (!name) return std::nullopt;
  scanner.skip_comments();
  while (scanner.take('.')) {
    scanner.skip_comments();
    auto property = scanner.word("=.");
    if (!property) return std::nullopt;
    *name += "." + *property;
    scanner.skip_comments();
  }
  return ascii_lower(*name);
}

std::optional<MethodResult> read_result(Scanner& scanner) {
  scanner.skip_comments();
  auto method = read_method(scanner);
  if (!method || !scanner.take('=')) return std::nullopt;
  scanner.skip_comments();
  auto result = scanner.word();
  if (!result) return std::nullopt;
  MethodResult one{std::move(*method), ascii_lower(*result), {}};
  for (;;) {
    scanner.skip_comments();
    if (scanner.at_end() || scanner.front() == ';') return one;
    auto name = read_property_name(scanner);
    if (!name || !scanner.take('=')) return one;
    scanner.skip_comments();
    auto value = scanner.word("");
    if (!value) return one;
    if (one.properties.size() < kMostResultProperties)
      one.properties.emplace_back(std::move(*name), std::move(*value));
  }
}

std::string domain_text(std::string_view text) {
  auto name = DomainName::parse(trim(text));
  return name ? name->text() : std::string();
}

// RFC 8601 §2.7.1: header.d is the signing domain; header.i the user or agent, whose domain is that
// one or a subdomain of it (RFC 6376 §3.5).
std::string signing_domain_of(const MethodResult& result) {
  for (const char* name : {"header.d", "header.i"}) {
    for (const auto& [key, value] : result.properties) {
      if (key != name) continue;
      const size_t at = value.rfind('@');
      std::string domain =
          domain_text(at == std::string::npos ? value : std::string_view(value).substr(at + 1));
      if (!domain.empty()) return domain;
    }
  }
  return {};
}

bool is_below(std::string_view name, const std::string& parent) {
  return name.ends_with("." + parent) && !is_public_suffix(parent);
}

bool same_organization(const std::string& a, const std::string& b) {
  if (a == b || is_below(a, b) || is_below(b, a)) return true;
  const std::string of_a = organisational_domain(a);
  return of_a == organisational_domain(b) && !is_public_suffix(of_a);
}

// The server looked, and the answer is not "try again later" (RFC 8601 §2.7.1).
bool is_conclusive(const std::string& result) {
  return result == "none" || result == "fail" || result == "hardfail" || result == "softfail" ||
         result == "policy" || result == "neutral" || result == "permerror";
}

}  // namespace

std::optional<AuthenticationResults> parse_authentication_results(std::string_view value) {
  Scanner scanner(value);
  scanner.skip_comments();
  auto id = scanner.word();
  if (!id) return std::nullopt;
  scanner.skip_comments();
  // Without an authserv-id, the first result would be taken for it.
  if (scanner.front() == '=') return std::nullopt;
  AuthenticationResults parsed{std::move(*id), {}};
  // [CFWS authres-version], and whatever else stands before the first result.
  scanner.skip_result();
  while (scanner.take(';') && parsed.results.size() < kMostMethodResults) {
    if (auto result = read_result(scanner)) parsed.results.push_back(std::move(*result));
    scanner.skip_result();
  }
  return parsed;
}

SignatureVerdict judge_signatures(const std::vector<std::string>& fields,
                                  std::string_view authserv_id, std::string_view submitter) {
  SignatureVerdict verdict;
  const std::string sender = domain_text(submitter);
  bool refused = false;
  bool undecided = false;
  for (size_t i = 0; i < std::min(fields.size(), kMostAuthenticationFields); ++i) {
    auto parsed = parse_authentication_results(fields[i]);
    if (!parsed || authserv_id.empty() || !equals_ignoring_case(parsed->authserv_id, authserv_id))
      continue;
    for (const MethodResult& result : parsed->results) {
      if (result.method != "dkim") continue;
      if (result.result != "pass") {
        (is_conclusive(result.result) ? refused : undecided) = true;
        continue;
      }
      std::string domain = signing_domain_of(result);
      if (domain.empty()) undecided = true;
      if (domain.empty()) continue;
      if (!sender.empty() && same_organization(domain, sender))
        return {reports::Authenticity::authenticated, domain};
      if (verdict.signing_domain.empty()) verdict.signing_domain = domain;
    }
  }
  if (refused && !undecided && verdict.signing_domain.empty())
    verdict.authenticity = reports::Authenticity::failed;
  return verdict;
}

}  // namespace mtasts::intake
