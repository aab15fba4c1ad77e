// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The codes of all findings, and FindingCode, which can only hold one of them: a string literal
// converts to a FindingCode at compile time, and an unknown code does not compile. The list holds
// codes only; stage, severities and texts are in the table of findings (verdict/findings/), which
// has exactly one row per code. Plain values, any thread.
#pragma once

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <optional>
#include <string_view>

namespace mtasts {

// Sorted. Codes are a public contract: alert rules select by them, so none is ever renamed.
inline constexpr std::string_view kFindingCodes[] = {
    "cert-cn-only",
    "cert-differs-by-ip",
    "cert-expired",
    "cert-expiring",
    "cert-host-mismatch",
    "cert-incomplete-chain",
    "cert-issuer-changed",
    "cert-multiple-algorithms",
    "cert-name-constraint",
    "cert-not-yet-valid",
    "cert-purpose",
    "cert-self-signed",
    "cert-unchecked",
    "cert-untrusted",
    "cert-weak-key",
    "cert-weak-signature",
    "mx-added-not-covered",
    "mx-changed-inside-cache-window",
    "mx-cname",
    "mx-host-servfail",
    "mx-host-timeout",
    "mx-ip-literal",
    "mx-missing-implicit",
    "mx-name-doubled",
    "mx-name-local",
    "mx-no-address",
    "mx-none",
    "mx-not-covered",
    "mx-null",
    "mx-null-with-others",
    "mx-nxdomain",
    "mx-partial-coverage",
    "mx-provider-changed",
    "mx-removed",
    "mx-reserved-address",
    "mx-servfail",
    "mx-set-flapping",
    "mx-timeout",
    "mx-trailing-duplicate",
    "mx-unchecked",
    "mx-underscore",
    "probe-dns-denies",
    "probe-dns-outage",
    "probe-dns-unreachable",
    "probe-https-outage",
    "probe-port25-egress-blocked",
    "probe-smtp-outage",
    "rpt-counts-inconsistent",
    "rpt-date-invalid",
    "rpt-dkim-missing",
    "rpt-duplicate",
    "rpt-failure-ratio",
    "rpt-foreign-domain",
    "rpt-new-failing-mx",
    "rpt-new-result-type",
    "rpt-no-policy-found-after-publish",
    "rpt-oversize",
    "rpt-policy-stale",
    "rpt-reporter-silent",
    "rpt-submitter-mismatch",
    "rpt-unknown-type",
    "rpt-unseen-by-probe",
    "smtp-banner-4xx",
    "smtp-banner-5xx",
    "smtp-banner-slow",
    "smtp-connect-refused",
    "smtp-connect-timeout",
    "smtp-ehlo-failed",
    "smtp-greylisted",
    "smtp-ipv4-fail",
    "smtp-ipv6-fail",
    "smtp-protocol-error",
    "smtp-rate-limited",
    "smtp-starttls-missing",
    "smtp-starttls-refused",
    "smtp-starttls-response-injection",
    "smtp-starttls-selective",
    "smtp-starttls-stripped",
    "smtp-tarpit",
    "smtp-timeout",
    "smtp-tls-closed",
    "smtp-tls-handshake-failed",
    "smtp-tls-old-only",
    "smtp-tls-sni-required",
    "smtp-tls-timeout",
    "smtp-unchecked",
    "smtp-unreachable",
    "sts-body-changed-id-same",
    "sts-cache-window-open",
    "sts-change-unchecked",
    "sts-delegation-half",
    "sts-host-address-fails",
    "sts-host-addresses-differ",
    "sts-host-connect-refused",
    "sts-host-dns-timeout",
    "sts-host-ipv4-fail",
    "sts-host-ipv6-fail",
    "sts-host-no-address",
    "sts-host-nxdomain",
    "sts-host-placeholder-address",
    "sts-host-servfail",
    "sts-host-timeout",
    "sts-host-unchecked",
    "sts-hosted-id-differs",
    "sts-hosted-policy-not-served",
    "sts-http-content-encoding",
    "sts-http-content-type-missing",
    "sts-http-content-type-wrong",
    "sts-http-length-mismatch",
    "sts-http-malformed",
    "sts-http-no-http1",
    "sts-http-redirect",
    "sts-http-slow",
    "sts-http-status",
    "sts-http-timeout",
    "sts-http-too-large",
    "sts-http-truncated",
    "sts-id-changed-before-body",
    "sts-id-changed-body-same",
    "sts-id-reused",
    "sts-id-went-backwards",
    "sts-max-age-raised",
    "sts-max-age-reduced",
    "sts-mode-downgrade-enforce-none",
    "sts-mode-downgrade-enforce-testing",
    "sts-mode-downgrade-to-absent",
    "sts-mode-none",
    "sts-mode-testing",
    "sts-mode-weaker-than-expected",
    "sts-policy-bare-lf",
    "sts-policy-blank-line",
    "sts-policy-bom",
    "sts-policy-duplicate-field",
    "sts-policy-empty",
    "sts-policy-flapping",
    "sts-policy-html",
    "sts-policy-invisible-character",
    "sts-policy-key-case",
    "sts-policy-key-typo",
    "sts-policy-leading-space",
    "sts-policy-max-age-invalid",
    "sts-policy-max-age-missing",
    "sts-policy-max-age-over-limit",
    "sts-policy-max-age-short",
    "sts-policy-max-age-too-long",
    "sts-policy-max-age-too-short",
    "sts-policy-max-age-zero",
    "sts-policy-mode-invalid",
    "sts-policy-mode-missing",
    "sts-policy-mx-duplicate",
    "sts-policy-mx-invalid",
    "sts-policy-mx-missing",
    "sts-policy-mx-too-broad",
    "sts-policy-mx-unused",
    "sts-policy-no-final-eol",
    "sts-policy-space-before-colon",
    "sts-policy-syntax",
    "sts-policy-unchecked",
    "sts-policy-unknown-field",
    "sts-policy-version-invalid",
    "sts-policy-version-missing",
    "sts-policy-version-not-first",
    "sts-policy-wildcard-depth",
    "sts-policy-without-record",
    "sts-ready-for-next-phase",
    "sts-record-without-policy",
    "sts-removed-before-expiry",
    "sts-removed-while-cached",
    "sts-tls-cn-only",
    "sts-tls-expired",
    "sts-tls-expiring",
    "sts-tls-handshake-failed",
    "sts-tls-host-mismatch",
    "sts-tls-incomplete-chain",
    "sts-tls-name-constraint",
    "sts-tls-not-yet-valid",
    "sts-tls-purpose",
    "sts-tls-self-signed",
    "sts-tls-unchecked",
    "sts-tls-untrusted",
    "sts-tls-version-old",
    "sts-tls-weak-key",
    "sts-tls-weak-signature",
    "sts-txt-cname-dangling",
    "sts-txt-cname-loop",
    "sts-txt-duplicate-field",
    "sts-txt-id-invalid",
    "sts-txt-id-missing",
    "sts-txt-id-too-long",
    "sts-txt-missing",
    "sts-txt-multiple",
    "sts-txt-ns-inconsistent",
    "sts-txt-nxdomain",
    "sts-txt-servfail",
    "sts-txt-space-before-semicolon",
    "sts-txt-syntax",
    "sts-txt-timeout",
    "sts-txt-trailing-space",
    "sts-txt-ttl-high",
    "sts-txt-unknown-field",
    "sts-txt-unrelated-records",
    "sts-txt-version-case",
    "sts-txt-version-invalid",
    "sts-txt-wildcard",
    "sts-txt-wrong-location",
    "tlsrpt-missing",
    "tlsrpt-multiple",
    "tlsrpt-rua-duplicate",
    "tlsrpt-rua-fragile",
    "tlsrpt-rua-https-unreachable",
    "tlsrpt-rua-mailto-no-mx",
    "tlsrpt-rua-missing",
    "tlsrpt-rua-not-first",
    "tlsrpt-rua-scheme",
    "tlsrpt-rua-spaces",
    "tlsrpt-rua-unencoded",
    "tlsrpt-servfail",
    "tlsrpt-space-before-semicolon",
    "tlsrpt-syntax",
    "tlsrpt-timeout",
    "tlsrpt-unrelated-records",
    "tlsrpt-version-invalid",
};
static_assert(std::adjacent_find(std::begin(kFindingCodes), std::end(kFindingCodes),
                                 std::greater_equal<>()) == std::end(kFindingCodes),
              "kFindingCodes is sorted, without duplicates");

class FindingCode {
 public:
  // Implicit, so that a call can be written context.add("sts-txt-missing", …).
  consteval FindingCode(const char* text) : index_(0) {
    std::optional<FindingCode> code = find(text);
    if (!code) not_in_kFindingCodes();
    index_ = code->index_;
  }

  // Empty when there is no such code.
  static constexpr std::optional<FindingCode> find(std::string_view text) {
    const auto* place = std::lower_bound(std::begin(kFindingCodes), std::end(kFindingCodes), text);
    if (place == std::end(kFindingCodes) || *place != text) return std::nullopt;
    return FindingCode(static_cast<uint16_t>(place - std::begin(kFindingCodes)));
  }

  constexpr size_t index() const { return index_; }  // index into kFindingCodes
  constexpr std::string_view text() const { return kFindingCodes[index_]; }
  constexpr operator std::string_view() const { return text(); }

  constexpr auto operator<=>(const FindingCode&) const = default;

 private:
  explicit constexpr FindingCode(uint16_t index) : index_(index) {}
  // Neither constexpr nor defined: the compiler error for an unknown code names this function.
  static void not_in_kFindingCodes();

  uint16_t index_;
};

}  // namespace mtasts
