// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The alert of each finding that can be critical or warning, in the order of
// alerts/mtasts.rules.yaml, whose rules select faults by these names. Read through alert_of()
// (faults.h); only findings_table.cpp includes this header. It does not compile while a code that
// can be critical or warning has no alert, or two.
#pragma once

#include "verdict/faults.h"

namespace mtasts::verdict::rows {

inline constexpr FindingCode kPolicyUnavailable[] = {
    "sts-record-without-policy", "sts-host-nxdomain",        "sts-host-no-address",
    "sts-host-servfail",         "sts-host-dns-timeout",     "sts-host-placeholder-address",
    "sts-host-connect-refused",  "sts-host-timeout",         "sts-tls-handshake-failed",
    "sts-http-redirect",         "sts-http-status",          "sts-http-timeout",
    "sts-http-too-large",        "sts-http-malformed",       "sts-http-truncated",
    "sts-http-length-mismatch",  "sts-http-content-encoding"};
inline constexpr FindingCode kPolicyCertificateInvalid[] = {
    "sts-tls-expired",          "sts-tls-not-yet-valid",   "sts-tls-host-mismatch",
    "sts-tls-cn-only",          "sts-tls-untrusted",       "sts-tls-self-signed",
    "sts-tls-incomplete-chain", "sts-tls-name-constraint", "sts-tls-purpose",
    "sts-tls-weak-signature",   "sts-tls-version-old"};
inline constexpr FindingCode kPolicyCertificateExpiring[] = {"sts-tls-expiring"};
inline constexpr FindingCode kPolicyInvalid[] = {"sts-policy-html",
                                                 "sts-policy-empty",
                                                 "sts-policy-bom",
                                                 "sts-policy-syntax",
                                                 "sts-policy-invisible-character",
                                                 "sts-policy-leading-space",
                                                 "sts-policy-space-before-colon",
                                                 "sts-policy-key-case",
                                                 "sts-policy-key-typo",
                                                 "sts-policy-blank-line",
                                                 "sts-policy-version-missing",
                                                 "sts-policy-version-invalid",
                                                 "sts-policy-mode-missing",
                                                 "sts-policy-mode-invalid",
                                                 "sts-policy-max-age-missing",
                                                 "sts-policy-max-age-invalid",
                                                 "sts-policy-max-age-over-limit",
                                                 "sts-policy-mx-missing",
                                                 "sts-policy-mx-invalid",
                                                 "sts-policy-duplicate-field"};
inline constexpr FindingCode kPolicyHostDegraded[] = {"sts-host-ipv6-fail",
                                                      "sts-host-ipv4-fail",
                                                      "sts-host-address-fails",
                                                      "sts-host-addresses-differ",
                                                      "sts-http-slow",
                                                      "sts-http-content-type-wrong",
                                                      "sts-http-content-type-missing",
                                                      "sts-tls-weak-key",
                                                      "sts-http-no-http1",
                                                      "sts-hosted-policy-not-served"};
inline constexpr FindingCode kPolicyWeak[] = {
    "sts-policy-max-age-zero", "sts-policy-max-age-too-short", "sts-mode-weaker-than-expected",
    "sts-policy-mx-too-broad"};
inline constexpr FindingCode kRecordMissing[] = {"sts-txt-missing", "sts-txt-wrong-location",
                                                 "sts-policy-without-record"};
inline constexpr FindingCode kRecordInvalid[] = {
    "sts-txt-servfail",       "sts-txt-timeout",
    "sts-txt-multiple",       "sts-txt-version-invalid",
    "sts-txt-version-case",   "sts-txt-id-missing",
    "sts-txt-id-invalid",     "sts-txt-id-too-long",
    "sts-txt-syntax",         "sts-txt-space-before-semicolon",
    "sts-txt-trailing-space", "sts-txt-duplicate-field",
    "sts-txt-cname-dangling", "sts-txt-cname-loop",
    "sts-txt-wildcard",       "sts-txt-ns-inconsistent",
    "sts-delegation-half"};
inline constexpr FindingCode kPolicyChangedWithoutNewId[] = {
    "sts-body-changed-id-same", "sts-id-changed-before-body", "sts-id-reused",
    "sts-hosted-id-differs"};
inline constexpr FindingCode kModeDowngraded[] = {"sts-mode-downgrade-enforce-testing",
                                                  "sts-mode-downgrade-enforce-none"};
inline constexpr FindingCode kPolicyRemoved[] = {
    "sts-removed-while-cached", "sts-removed-before-expiry", "sts-mode-downgrade-to-absent"};
inline constexpr FindingCode kMaxAgeReduced[] = {"sts-max-age-reduced"};
inline constexpr FindingCode kPolicyFlapping[] = {"sts-policy-flapping"};
inline constexpr FindingCode kMxMoveUnsafe[] = {"mx-added-not-covered",
                                                "mx-changed-inside-cache-window"};
inline constexpr FindingCode kMxSetChanged[] = {"mx-set-flapping", "mx-provider-changed"};
inline constexpr FindingCode kMxNotCovered[] = {"mx-not-covered", "mx-partial-coverage",
                                                "sts-policy-wildcard-depth"};
inline constexpr FindingCode kMxInvalid[] = {
    "mx-servfail",   "mx-timeout",      "mx-nxdomain",   "mx-none",
    "mx-ip-literal", "mx-name-doubled", "mx-name-local", "mx-null-with-others"};
inline constexpr FindingCode kMxInvalidHosts[] = {"mx-host-servfail", "mx-host-timeout",
                                                  "mx-no-address",    "mx-reserved-address",
                                                  "mx-cname",         "mx-underscore"};
inline constexpr FindingCode kMxUnreachable[] = {"smtp-connect-refused", "smtp-connect-timeout",
                                                 "smtp-unreachable", "smtp-ipv6-fail",
                                                 "smtp-ipv4-fail"};
inline constexpr FindingCode kMxStarttlsMissing[] = {
    "smtp-starttls-missing", "smtp-starttls-selective", "smtp-starttls-stripped",
    "smtp-starttls-refused", "smtp-ehlo-failed"};
inline constexpr FindingCode kMxSmtpFault[] = {"smtp-tls-handshake-failed",
                                               "smtp-tls-closed",
                                               "smtp-tls-old-only",
                                               "smtp-tls-timeout",
                                               "smtp-tls-sni-required",
                                               "smtp-starttls-response-injection",
                                               "smtp-timeout",
                                               "smtp-protocol-error"};
inline constexpr FindingCode kMxCertificateInvalid[] = {
    "cert-expired",   "cert-not-yet-valid", "cert-host-mismatch",    "cert-cn-only",
    "cert-untrusted", "cert-self-signed",   "cert-incomplete-chain", "cert-name-constraint",
    "cert-purpose",   "cert-weak-key",      "cert-weak-signature",   "cert-differs-by-ip"};
inline constexpr FindingCode kMxCertificateExpiring[] = {"cert-expiring"};
inline constexpr FindingCode kTlsrptMissing[] = {"tlsrpt-missing"};
inline constexpr FindingCode kTlsrptInvalid[] = {"tlsrpt-servfail",
                                                 "tlsrpt-timeout",
                                                 "tlsrpt-multiple",
                                                 "tlsrpt-version-invalid",
                                                 "tlsrpt-syntax",
                                                 "tlsrpt-rua-missing",
                                                 "tlsrpt-rua-scheme",
                                                 "tlsrpt-rua-unencoded",
                                                 "tlsrpt-space-before-semicolon",
                                                 "tlsrpt-rua-spaces",
                                                 "tlsrpt-rua-duplicate",
                                                 "tlsrpt-unrelated-records",
                                                 "tlsrpt-rua-mailto-no-mx",
                                                 "tlsrpt-rua-https-unreachable"};
inline constexpr FindingCode kReportFailures[] = {"rpt-failure-ratio", "rpt-unseen-by-probe",
                                                  "rpt-no-policy-found-after-publish",
                                                  "rpt-policy-stale"};
inline constexpr FindingCode kReportNewFailure[] = {"rpt-new-result-type", "rpt-new-failing-mx"};
inline constexpr FindingCode kReporterSilent[] = {"rpt-reporter-silent"};

inline constexpr FindingCode kDaneInvalid[] = {
    "dane-tlsa-bogus",          "dane-tlsa-servfail",    "dane-denial-bogus",
    "dane-signature-ended",     "dane-mismatch",         "dane-ta-not-in-chain",
    "dane-ta-expired",          "dane-ta-name-mismatch", "dane-starttls-missing",
    "dane-address-bogus",       "dane-ds-mismatch",      "dane-sts-conflict",
    "cert-key-changed-tlsa-not"};
inline constexpr FindingCode kDaneAtRisk[] = {
    "dane-rrsig-expiring",    "dane-combination-mismatch",
    "dane-ta-pins-leaf",      "dane-ta-issuer-set-partial",
    "dane-ta-retired-issuer", "dane-senders-differ",
    "dane-too-many-records",  "dane-nsec3-iterations",
    "dane-wildcard-insecure", "dane-address-insecure",
    "dane-tlsa-insecure",     "dane-tlsa-unusable-all",
    "dane-tlsa-malformed",    "dane-pkix-usage"};

inline constexpr AlertRow kAlerts[] = {
    {"MtastsPolicyUnavailable", std::nullopt, kPolicyUnavailable},
    {"MtastsPolicyCertificateInvalid", std::nullopt, kPolicyCertificateInvalid},
    {"MtastsPolicyCertificateExpiring", std::nullopt, kPolicyCertificateExpiring},
    {"MtastsPolicyInvalid", std::nullopt, kPolicyInvalid},
    {"MtastsPolicyHostDegraded", std::nullopt, kPolicyHostDegraded},
    {"MtastsPolicyWeak", std::nullopt, kPolicyWeak},
    {"MtastsRecordMissing", std::nullopt, kRecordMissing},
    {"MtastsRecordInvalid", std::nullopt, kRecordInvalid},
    {"MtastsPolicyChangedWithoutNewId", std::nullopt, kPolicyChangedWithoutNewId},
    {"MtastsModeDowngraded", std::nullopt, kModeDowngraded},
    {"MtastsPolicyRemoved", std::nullopt, kPolicyRemoved},
    {"MtastsMaxAgeReduced", std::nullopt, kMaxAgeReduced},
    {"MtastsPolicyFlapping", std::nullopt, kPolicyFlapping},
    {"MtastsMxMoveUnsafe", std::nullopt, kMxMoveUnsafe},
    {"MtastsMxSetChanged", std::nullopt, kMxSetChanged},
    {"MtastsMxNotCovered", std::nullopt, kMxNotCovered},
    {"MtastsMxInvalid", std::nullopt, kMxInvalid},
    {"MtastsMxInvalid", HostPart::names, kMxInvalidHosts},
    {"MtastsMxUnreachable", HostPart::connection, kMxUnreachable},
    {"MtastsMxStarttlsMissing", HostPart::starttls, kMxStarttlsMissing},
    {"MtastsMxSmtpFault", HostPart::starttls, kMxSmtpFault},
    {"MtastsMxCertificateInvalid", HostPart::certificate, kMxCertificateInvalid},
    {"MtastsMxCertificateExpiring", HostPart::certificate, kMxCertificateExpiring},
    {"MtastsTlsrptMissing", std::nullopt, kTlsrptMissing},
    {"MtastsTlsrptInvalid", std::nullopt, kTlsrptInvalid},
    {"MtastsReportFailures", std::nullopt, kReportFailures},
    {"MtastsReportNewFailure", std::nullopt, kReportNewFailure},
    {"MtastsReporterSilent", std::nullopt, kReporterSilent},
    {"MtastsDaneInvalid", HostPart::dane, kDaneInvalid},
    {"MtastsDaneAtRisk", HostPart::dane, kDaneAtRisk},
};

}  // namespace mtasts::verdict::rows
