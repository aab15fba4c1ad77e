// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#pragma once

#include "verdict/findings/findings_rows.h"

namespace mtasts::verdict::rows::policy {

inline constexpr std::string_view kFetch = "sts-policy-fetch-error";
inline constexpr std::string_view kWebPki = "sts-webpki-invalid";
inline constexpr Stage kStage = Stage::policy_fetch;
inline constexpr Stage kCertificate = Stage::policy_certificate;
inline constexpr std::optional<ChannelKind> kNone = std::nullopt;

inline constexpr FindingRow kRows[] = {
    {"sts-host-nxdomain", kStage, C, C, kNone, kFetch, "RFC 8461 §3.3",
     "The policy host mta-sts.<domain> does not exist, so no sender can fetch the policy.",
     "Publish A and AAAA records, or a CNAME, for the policy host.", kDigHost},
    {"sts-host-no-address", kStage, C, C, kNone, kFetch, "RFC 8461 §3.3",
     "The policy host has no address, so no sender can fetch the policy.",
     "Publish A and AAAA records for the policy host.", kDigHost},
    {"sts-host-servfail", kStage, C, C, ChannelKind::dns, kFetch, "RFC 8461 §3.3",
     "The address lookup of the policy host fails with a DNS error.",
     "Fix the zone or its DNSSEC signatures.", kDigHost},
    {"sts-host-dns-timeout", kStage, C, C, ChannelKind::dns, kFetch, "RFC 8461 §3.3",
     "The address lookup of the policy host received no response in time.",
     "Make sure that every authoritative server for the policy host's zone responds.", kDigHost},
    {"sts-host-placeholder-address", kStage, C, C, kNone, kFetch, "RFC 8461 §3.3",
     "The policy host resolves to an address that cannot be reached from the internet "
     "(placeholder, documentation or private).",
     "Publish the real address, or enable the CDN's proxy for this name.", kDigHost},
    {"sts-host-connect-refused", kStage, C, C, ChannelKind::https, kFetch, "RFC 8461 §3.3",
     "The policy host refuses connections on port 443.",
     "Start the web server on this host, or open port 443 in the firewall.", kCurlPolicy},
    {"sts-host-timeout", kStage, C, C, ChannelKind::https, kFetch, "RFC 8461 §3.3",
     "The policy host cannot be reached on port 443.",
     "Open port 443 in the firewall and check the address in DNS.", kCurlPolicy},
    {"sts-host-ipv6-fail", kStage, W, W, ChannelKind::https, kFetch, "RFC 8461 §3.3",
     "The policy host responds over IPv4 but not over IPv6; senders that try IPv6 first are "
     "delayed or fail.",
     "Serve the policy over IPv6 as well, or remove the AAAA record.", kCurlPolicy},
    {"sts-host-ipv4-fail", kStage, W, W, ChannelKind::https, kFetch, "RFC 8461 §3.3",
     "The policy host responds over IPv6 but not over IPv4; senders without IPv6 cannot fetch the "
     "policy.",
     "Serve the policy over IPv4 as well.", kCurlPolicy},
    {"probe-https-outage", kStage, U, U, kNone, "", "",
     "Most policy hosts began to fail alike at the same time, and no canary shows that the agent's "
     "own connection works, so the failures are not counted against the domains.",
     "Check the agent's route, firewall and provider for outgoing port 443.", kCurlPolicy},
    {"sts-host-address-fails", kStage, W, W, ChannelKind::https, kFetch, "RFC 8461 §3.3",
     "One address of the policy host fails while others serve the policy; a sender may pick any "
     "address.",
     "Repair the server at this address, or remove the address from DNS.", kCurlPolicy},
    {"sts-host-addresses-differ", kStage, W, W, kNone, "", "RFC 8461 §3.3",
     "The addresses of the policy host serve different policies, so it depends on the address "
     "which one a sender applies.",
     "Serve the same file at every address, and publish a new id when all of them have it.",
     kCurlPolicy},
    {"sts-hosted-policy-not-served", kStage, W, W, kNone, "", "RFC 8461 §3.3",
     "The agent serves a policy for the domain, but the policy host that senders ask answers "
     "something else, so the agent's policy has no effect.",
     "Point mta-sts.<domain> at the agent's [policy_host], or at a proxy that passes requests on "
     "to "
     "it and keeps their Host field; or remove the domain from [[policy]].",
     kCurlPolicy},
    {"sts-host-unchecked", kStage, U, U, kNone, "", "RFC 8461 §3.3",
     "Addresses of the policy host that the agent did not contact: it does not use their family, "
     "there are too many, or the check ended early.",
     "Give the agent connectivity for both address families.", kDigPolicyHost},
    {"sts-tls-handshake-failed", kStage, C, C, kNone, kFetch, "RFC 8461 §3.3",
     "The policy host accepts connections on port 443, but the TLS handshake fails.",
     "Configure a certificate and TLS 1.2 or 1.3 for the policy host's name (SNI).",
     kPolicyCertificate},
    {"sts-http-redirect", kStage, C, C, kNone, kFetch, "RFC 8461 §3.3",
     "The policy URL returns a redirect, which senders must not follow.",
     "Serve the file at the policy URL itself with status 200.", kCurlPolicy},
    {"sts-http-status", kStage, C, C, kNone, kFetch, "RFC 8461 §3.3",
     "The policy URL returns a status other than 200, so senders get no policy.",
     "Serve the file at /.well-known/mta-sts.txt with status 200.", kCurlPolicy},
    {"sts-http-timeout", kStage, C, C, ChannelKind::https, kFetch, "RFC 8461 §3.3",
     "The policy host accepts the connection but does not respond within the time limit.",
     "Find out why the web server stalls; senders wait at most a minute, many only a few seconds.",
     kCurlPolicy},
    {"sts-http-slow", kStage, W, W, kNone, "", "RFC 8461 §3.3",
     "Fetching the policy takes more than 2 seconds (warning from 4), twice in a row, which "
     "is longer than the most impatient senders wait.",
     "Serve the policy as a static file.", kCurlPolicy},
    {"sts-http-too-large", kStage, C, C, kNone, kFetch, "RFC 8461 §3.3",
     "The response is larger than 64 KiB, the limit of RFC 8461 §3.3 that many senders apply.",
     "Serve only the policy text at this URL.", kCurlPolicy},
    {"sts-http-content-type-wrong", kStage, W, W, kNone, kFetch, "RFC 8461 §3.2",
     "The policy is not served as text/plain, or with a parameter that misleads senders that check "
     "it.",
     "Send the header Content-Type: text/plain.", kCurlPolicy},
    {"sts-http-content-type-missing", kStage, W, W, kNone, kFetch, "RFC 8461 §3.2",
     "The response has no Content-Type header; senders that check it refuse the policy.",
     "Send the header Content-Type: text/plain.", kCurlPolicy},
    {"sts-http-content-encoding", kStage, W, W, kNone, kFetch, "RFC 9110 §12.5.3",
     "The policy is compressed in a way that some senders did not ask for and do not decode.",
     "Serve the policy uncompressed unless the request has a matching Accept-Encoding header.",
     kCurlHead},
    {"sts-http-no-http1", kStage, W, W, kNone, kFetch, "RFC 8461 §3.3, RFC 9110 §2.5",
     "The policy is served over HTTP/2 only; some senders speak HTTP/1.1 only.",
     "Offer http/1.1 beside h2 in ALPN, and answer requests over HTTP/1.1.", kCurlHttp1},
    {"sts-http-malformed", kStage, C, C, kNone, kFetch, "RFC 8461 §3.3",
     "The response from the policy host is not valid HTTP, or its header is too large.",
     "Make sure that a working web server handles port 443 of the policy host.", kCurlPolicy},
    {"sts-http-truncated", kStage, C, C, kNone, kFetch, "RFC 8461 §3.3",
     "The connection closes before the announced length of the policy is received.",
     "Correct the Content-Length header, or fix the proxy that truncates the response.",
     kCurlPolicy},
    {"sts-http-length-mismatch", kStage, C, C, kNone, kFetch, "RFC 9110 §8.6",
     "Content-Length is smaller than the policy, so senders read only the beginning of it.",
     "Let the web server compute Content-Length instead of setting it in the application or the "
     "configuration.",
     kCurlWholeBody},

    {"sts-tls-expired", kCertificate, C, C, kNone, kWebPki, "RFC 8461 §3.3",
     "The policy host's certificate has expired, so senders reject the policy.",
     "Renew the certificate of the policy host and reload its web server.", kPolicyCertificate},
    {"sts-tls-not-yet-valid", kCertificate, C, C, kNone, kWebPki, "RFC 8461 §3.3",
     "The policy host's certificate is not valid yet.",
     "Install a certificate that is valid now, or correct the clock of the system that issued it.",
     kPolicyCertificate},
    {"sts-tls-host-mismatch", kCertificate, C, C, kNone, kWebPki, "RFC 8461 §3.3",
     "The certificate has no subjectAltName DNS name for the policy host, so senders reject the "
     "policy.",
     "Get a certificate whose subjectAltName lists mta-sts.<domain>.", kPolicyCertificate},
    {"sts-tls-cn-only", kCertificate, C, C, kNone, kWebPki, "RFC 8461 §3.3",
     "The policy host's name appears only in the subject CN, which does not identify the host.",
     "Reissue the certificate with the name in subjectAltName.", kPolicyCertificate},
    {"sts-tls-untrusted", kCertificate, C, C, kNone, kWebPki, "RFC 8461 §3.3",
     "The certificate chain does not lead to a root that senders trust.",
     "Use a certificate from a public CA on the policy host.", kPolicyCertificate},
    {"sts-tls-self-signed", kCertificate, C, C, kNone, kWebPki, "RFC 8461 §3.3",
     "The policy host's certificate is self-signed.",
     "Use a certificate from a public CA on the policy host.", kPolicyCertificate},
    {"sts-tls-incomplete-chain", kCertificate, C, C, kNone, kWebPki, "RFC 8461 §3.3",
     "The server does not send an intermediate certificate; browsers fetch it, mail servers do "
     "not.",
     "Configure the full chain (certificate and intermediates) on the policy host.",
     kPolicyCertificate},
    {"sts-tls-name-constraint", kCertificate, C, C, kNone, kWebPki,
     "RFC 8461 §3.3, RFC 5280 §4.2.1.10",
     "A CA of the chain is limited to names that do not include one in the policy host's "
     "certificate, so senders reject the policy.",
     "Get the certificate from a CA that may issue for this name, and list only such names.",
     kPolicyCertificate},
    {"sts-tls-purpose", kCertificate, C, C, kNone, kWebPki, "RFC 8461 §3.3, RFC 5280 §4.2.1.12",
     "A certificate of the chain is not meant for TLS servers (its extended key usage lacks "
     "serverAuth), so senders reject the policy.",
     "Get a certificate with the extended key usage serverAuth for the policy host.",
     kPolicyCertificate},
    {"sts-tls-expiring", kCertificate, W, W, kNone, "", "RFC 8461 §3.3",
     "The policy host's certificate expires soon and has not been renewed.",
     "Renew the certificate now and find out why the automatic renewal did not run.",
     kPolicyCertificate},
    {"sts-tls-weak-key", kCertificate, W, W, kNone, kWebPki, "RFC 8461 §3.3",
     "The certificate's key is weaker than RSA 2048, which modern senders reject.",
     "Reissue the certificate with an RSA key of 2048 bits or more, or an EC key.",
     kPolicyCertificate},
    {"sts-tls-unchecked", kCertificate, U, U, kNone, "", "RFC 8461 §3.3",
     "The agent saw no certificate of the policy host, so nothing is known about it.",
     "Follow the finding of stage policy_fetch or record that says why.", kDigPolicyHost},
    {"sts-tls-weak-signature", kCertificate, C, C, kNone, kWebPki, "RFC 8461 §3.3",
     "The chain is signed with SHA-1 or MD5; senders with Go or OpenSSL 3 reject it.",
     "Get a new certificate from a CA that signs with SHA-256, and serve it with the chain that "
     "the "
     "CA provides.",
     kPolicyCertificate},
    {"sts-tls-version-old", kCertificate, C, C, kNone, kFetch, "RFC 8461 §3.3, RFC 8996",
     "The policy host supports only TLS versions older than 1.2, which senders reject.",
     "Enable TLS 1.2 and 1.3 on the policy host.", kPolicyCertificate},
};

}  // namespace mtasts::verdict::rows::policy
