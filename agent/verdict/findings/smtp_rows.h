// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#pragma once

#include "verdict/findings/findings_rows.h"

namespace mtasts::verdict::rows::smtp {

inline constexpr std::string_view kNotSupported = "starttls-not-supported";
inline constexpr std::string_view kValidation = "validation-failure";
inline constexpr std::string_view kMismatch = "certificate-host-mismatch";
inline constexpr std::string_view kExpired = "certificate-expired";
inline constexpr std::string_view kNotTrusted = "certificate-not-trusted";
inline constexpr Stage kStage = Stage::smtp;
inline constexpr Stage kCertificate = Stage::mx_certificate;
inline constexpr std::optional<ChannelKind> kNone = std::nullopt;
inline constexpr ChannelKind kSmtp = ChannelKind::smtp;

inline constexpr FindingRow kRows[] = {
    {"smtp-starttls-missing", kStage, C, W, kNone, kNotSupported, "RFC 8461 §4, RFC 3207 §4",
     "The server does not offer STARTTLS; in mode enforce senders do not deliver to it.",
     "Install a certificate on the server and enable STARTTLS on port 25.", kSmtpTls},
    {"smtp-starttls-stripped", kStage, C, W, kNone, kNotSupported, "RFC 3207 §6",
     "A middlebox between the agent and the server strips STARTTLS, as firewalls with SMTP "
     "inspection do.",
     "Disable SMTP inspection (\"fixup\", \"inspect esmtp\") on the firewall.", kSmtpTalk},
    {"smtp-starttls-refused", kStage, C, W, kNone, kNotSupported, "RFC 3207 §4",
     "The server offers STARTTLS but rejects the command.",
     "Check the server's log: most often it cannot read its key or certificate.", kSmtpTls},
    {"smtp-starttls-selective", kStage, W, W, kNone, kNotSupported, "RFC 8461 §4, RFC 3207 §4",
     "The host offers STARTTLS at some of its addresses or at some times only; senders that "
     "enforce "
     "the policy do not deliver when they meet one without it.",
     "Enable STARTTLS with the same certificate on every server behind this name, and for every "
     "client.",
     kSmtpTls},
    {"smtp-ehlo-failed", kStage, C, W, kNone, kNotSupported, "RFC 5321 §4.1.1.1",
     "The server rejects EHLO, so it cannot offer STARTTLS.",
     "Enable ESMTP on the server, or on the proxy in front of it.", kSmtpTalk},
    {"smtp-tls-handshake-failed", kStage, C, W, kNone, kValidation, "RFC 8461 §4",
     "The server accepts STARTTLS, but the TLS handshake fails.",
     "Check the server's log and TLS settings: certificate, key, protocol versions and ciphers.",
     kSmtpTls},
    {"smtp-tls-closed", kStage, C, W, kNone, kValidation, "RFC 8461 §4",
     "The server closes the connection during the TLS handshake.",
     "Check the server's log and TLS settings: certificate, key, protocol versions and ciphers.",
     kSmtpTls},
    {"smtp-tls-old-only", kStage, C, W, kNone, kValidation, "RFC 8461 §7.2, RFC 8996",
     "The server supports only TLS versions older than 1.2, which senders reject.",
     "Enable TLS 1.2 and 1.3 on the server.", kSmtpTls},
    {"smtp-tls-timeout", kStage, W, W, kSmtp, kValidation, "RFC 8461 §4",
     "The TLS handshake does not complete in time.",
     "Check whether the server is overloaded or a firewall drops large packets (MTU).", kSmtpTls},
    {"smtp-starttls-response-injection", kStage, W, W, kNone, kValidation, "RFC 3207 §4.2",
     "Plaintext follows the reply to STARTTLS before TLS begins: an attack or a faulty server.",
     "Update the server or the proxy in front of it; it must not send anything before the "
     "handshake.",
     kSmtpTls},
    {"smtp-connect-refused", kStage, W, W, kSmtp, "", "RFC 5321 §5.1",
     "The MX host refuses connections on port 25.",
     "Start the mail server on this host, or open port 25 in the firewall.", kSmtpTls},
    {"smtp-connect-timeout", kStage, W, W, kSmtp, "", "RFC 5321 §5.1",
     "The MX host does not respond on port 25.",
     "Open port 25 in the firewall and check the address in DNS.", kSmtpTls},
    {"smtp-unreachable", kStage, W, W, kSmtp, "", "RFC 5321 §5.1",
     "There is no route to the MX host's address.",
     "Check the address in DNS and the routing to it.", kSmtpTls},
    {"smtp-timeout", kStage, W, W, kSmtp, "", "RFC 5321 §4.5.3.2",
     "The server accepts the connection, then stops responding before TLS begins.",
     "Check whether the server is overloaded or is waiting for a DNS lookup.", kSmtpTalk},
    {"smtp-protocol-error", kStage, W, W, kSmtp, "", "RFC 5321 §4.2",
     "The server's replies are not valid SMTP, are too long or never end.",
     "Check which service listens on port 25 of this address.", kSmtpTalk},
    {"smtp-ipv6-fail", kStage, W, W, kSmtp, "", "RFC 5321 §5.1",
     "The MX host responds over IPv4 but not over IPv6.",
     "Make the mail server listen on IPv6, or remove the AAAA record.", kSmtpTls},
    {"smtp-ipv4-fail", kStage, W, W, kSmtp, "", "RFC 5321 §5.1",
     "The MX host responds over IPv6 but not over IPv4.", "Make the mail server listen on IPv4.",
     kSmtpTls},
    {"probe-port25-egress-blocked", kStage, U, U, kNone, "", "",
     "The agent cannot connect to port 25 anywhere: neither the MX hosts nor the canaries respond.",
     "Run the agent where outgoing port 25 is open (many clouds block it), or set [smtp] enabled = "
     "false.",
     kSmtpTls},
    {"probe-smtp-outage", kStage, U, U, kNone, "", "",
     "Most MX hosts began to fail alike on port 25 at the same time, and no canary shows that the "
     "agent's own connection works, so the failures are not counted against the hosts.",
     "Check the agent's route, firewall and provider for outgoing port 25.", kSmtpTls},
    {"smtp-banner-4xx", kStage, U, U, kNone, "", "RFC 5321 §4.2.1",
     "The server defers the connection, which says nothing about its TLS.",
     "Allow the agent's address on the server, or wait; the last known result is kept.", kSmtpTalk},
    {"smtp-banner-5xx", kStage, U, U, kNone, "", "RFC 5321 §3.1",
     "The server rejects the connection, which says nothing about its TLS.",
     "Allow the agent's address on the server (reputation lists often block cloud addresses).",
     kSmtpTalk},
    {"smtp-greylisted", kStage, U, U, kNone, "", "RFC 6647",
     "The server greylists the agent, which says nothing about its TLS.",
     "Allow the agent's address on the server, or wait; the last known result is kept.", kSmtpTalk},
    {"smtp-rate-limited", kStage, U, U, kNone, "", "RFC 5321 §4.5.4.1",
     "The server limits the connections or sessions of the agent, which says nothing about its "
     "TLS.",
     "Exempt the agent's address from the server's limits, raise [check] smtp_interval, or check "
     "from another address; the last known result is kept.",
     kSmtpTalk},
    {"smtp-tarpit", kStage, U, U, kNone, "", "RFC 5321 §4.5.3.2",
     "The server sends its replies a few bytes at a time to slow the agent down, which says "
     "nothing "
     "about its TLS.",
     "Allow the agent's address on the server (a tarpit slows down clients on a block list), or "
     "check from another address; the last known result is kept.",
     kSmtpTalk},
    {"smtp-banner-slow", kStage, I, I, kNone, "", "RFC 5321 §4.5.3.2.1",
     "The greeting took more than 6 seconds.",
     "No action is needed if the delay is intended (postscreen); otherwise find out what the "
     "server waits for.",
     kSmtpTalk},
    {"smtp-tls-sni-required", kStage, W, W, kNone, kMismatch, "RFC 8461 §7.1",
     "Without SNI the TLS handshake fails or presents a certificate that does not verify; MTA-STS "
     "and DANE senders send SNI, but senders that verify by a local rule often do not.",
     "Make the certificate for the MX host's name the default one that the server presents without "
     "SNI.",
     kSmtpTlsWithoutSni},
    {"cert-multiple-algorithms", kStage, I, I, kNone, "", "RFC 8446 §4.4.2.2",
     "The MX host presents an RSA or an ECDSA certificate depending on what the client accepts.",
     "No action is needed, as long as both certificates are renewed and every TLSA record set "
     "covers "
     "both.",
     kSmtpTls},

    {"smtp-unchecked", kStage, U, U, kNone, "", "RFC 3207 §4",
     "No MX host could be probed, so nothing is known about STARTTLS.",
     "Follow the finding of stage mx that says why.", kDigMx},

    {"cert-expired", kCertificate, C, W, kNone, kExpired, "RFC 8461 §4.2",
     "The MX host's certificate has expired; in mode enforce senders do not deliver to it.",
     "Renew the certificate and reload the mail server.", kSmtpTls},
    {"cert-not-yet-valid", kCertificate, C, W, kNone, kExpired, "RFC 8461 §4.2",
     "The MX host's certificate is not valid yet.", "Install a certificate that is valid now.",
     kSmtpTls},
    {"cert-host-mismatch", kCertificate, C, W, kNone, kMismatch, "RFC 8461 §4.2",
     "The certificate has no subjectAltName DNS name for the MX host; in mode enforce senders do "
     "not deliver to it.",
     "Get a certificate whose subjectAltName lists the MX host's name.", kSmtpTls},
    {"cert-cn-only", kCertificate, C, W, kNone, kMismatch, "RFC 8461 §4.2",
     "The MX host's name appears only in the subject CN, which MTA-STS does not accept.",
     "Reissue the certificate with the name in subjectAltName.", kSmtpTls},
    {"cert-untrusted", kCertificate, C, W, kNone, kNotTrusted, "RFC 8461 §4.2",
     "The certificate chain does not lead to a root that senders trust.",
     "Use a certificate from a public CA on the mail server.", kSmtpTls},
    {"cert-self-signed", kCertificate, C, W, kNone, kNotTrusted, "RFC 8461 §4.2",
     "The MX host's certificate is self-signed.",
     "Use a certificate from a public CA on the mail server.", kSmtpTls},
    {"cert-incomplete-chain", kCertificate, C, W, kNone, kNotTrusted, "RFC 8461 §4.2",
     "The server does not send an intermediate certificate; senders do not fetch it.",
     "Configure the full chain (certificate and intermediates) on the mail server.", kSmtpTls},
    {"cert-name-constraint", kCertificate, C, W, kNone, kNotTrusted,
     "RFC 8461 §4.2, RFC 5280 §4.2.1.10",
     "A CA of the chain is limited to names that do not include one in the MX host's certificate; "
     "in mode enforce senders do not deliver to it.",
     "Get the certificate from a CA that may issue for this name, and list only such names.",
     kSmtpTls},
    {"cert-purpose", kCertificate, C, W, kNone, kNotTrusted, "RFC 8461 §4.2, RFC 5280 §4.2.1.12",
     "A certificate of the chain is not meant for TLS servers (its extended key usage lacks "
     "serverAuth); in mode enforce senders do not deliver to it.",
     "Get a certificate with the extended key usage serverAuth for the mail server.", kSmtpTls},
    {"cert-expiring", kCertificate, W, W, kNone, "", "RFC 8461 §4.2",
     "The MX host's certificate expires soon and has not been renewed.",
     "Renew the certificate now, reload the mail server, and find out why the automatic renewal "
     "did not run.",
     kSmtpTls},
    {"cert-weak-key", kCertificate, W, W, kNone, kNotTrusted, "RFC 8461 §4.2",
     "The certificate's key is weaker than RSA 2048, which modern senders reject.",
     "Reissue the certificate with an RSA key of 2048 bits or more, or an EC key.", kSmtpTls},
    {"cert-weak-signature", kCertificate, C, W, kNone, kNotTrusted, "RFC 8461 §4.2",
     "The chain is signed with SHA-1 or MD5; senders with Go or OpenSSL 3 reject it.",
     "Get a new certificate from a CA that signs with SHA-256, and serve it with the chain that "
     "the "
     "CA provides.",
     kSmtpTls},
    {"cert-differs-by-ip", kCertificate, W, W, kNone, "", "RFC 8461 §8.4",
     "Some addresses of the MX host present a good certificate and others do not: one server of "
     "the pool was probably missed.",
     "Install the good certificate on every address of the host.", kSmtpTls},
    {"cert-unchecked", kCertificate, U, U, kNone, "", "RFC 8461 §4.2",
     "The agent saw no certificate of an MX host, so nothing is known about it.",
     "Follow the finding of stage mx or smtp that says why.", kDigMx},
};

}  // namespace mtasts::verdict::rows::smtp
