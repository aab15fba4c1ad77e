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
inline constexpr Channel kNone = Channel::none;
inline constexpr Channel kSmtp = Channel::smtp;

inline constexpr FindingRow kRows[] = {
    {"smtp-starttls-missing", kStage, C, W, kNone, kNotSupported, "RFC 8461 §4, RFC 3207 §4",
     "The server does not offer STARTTLS; in mode enforce senders do not deliver to it.",
     "Give the server a certificate and enable STARTTLS on port 25.", kSmtpTls},
    {"smtp-starttls-stripped", kStage, C, W, kNone, kNotSupported, "RFC 3207 §6",
     "Something between us and the server overwrites STARTTLS, as firewalls with SMTP inspection "
     "do.",
     "Switch SMTP inspection (\"fixup\", \"inspect esmtp\") off on the firewall.", kSmtpTalk},
    {"smtp-starttls-refused", kStage, C, W, kNone, kNotSupported, "RFC 3207 §4",
     "The server offers STARTTLS but refuses it when asked.",
     "See the server's log: most often it cannot read its key or certificate.", kSmtpTls},
    {"smtp-ehlo-failed", kStage, C, W, kNone, kNotSupported, "RFC 5321 §4.1.1.1",
     "The server refuses EHLO, so STARTTLS cannot be offered.",
     "Enable ESMTP on the server, or on the proxy in front of it.", kSmtpTalk},
    {"smtp-tls-handshake-failed", kStage, C, W, kNone, kValidation, "RFC 8461 §4",
     "STARTTLS begins, but no TLS session comes about.",
     "See the server's TLS settings and log: certificate, key, protocol versions, ciphers.",
     kSmtpTls},
    {"smtp-tls-closed", kStage, C, W, kNone, kValidation, "RFC 8461 §4",
     "The server closes the connection in the TLS handshake.",
     "See the server's TLS settings and log: certificate, key, protocol versions, ciphers.",
     kSmtpTls},
    {"smtp-tls-old-only", kStage, C, W, kNone, kValidation, "RFC 8461 §7.2, RFC 8996",
     "The server speaks only TLS versions older than 1.2, which senders refuse.",
     "Enable TLS 1.2 and 1.3 on the server.", kSmtpTls},
    {"smtp-tls-timeout", kStage, W, W, kSmtp, kValidation, "RFC 8461 §4",
     "The TLS handshake does not end in time.",
     "See whether the server is overloaded or a firewall drops large packets (MTU).", kSmtpTls},
    {"smtp-starttls-response-injection", kStage, W, W, kNone, kValidation, "RFC 3207 §4.2",
     "Clear text follows the answer to STARTTLS before TLS begins: an attack, or a broken server.",
     "Update the server or the proxy in front of it; it must not send before the handshake.",
     kSmtpTls},
    {"smtp-connect-refused", kStage, W, W, kSmtp, "", "RFC 5321 §5.1",
     "The MX host refuses connections to port 25.",
     "Start the mail server there, or open port 25 in the firewall.", kSmtpTls},
    {"smtp-connect-timeout", kStage, W, W, kSmtp, "", "RFC 5321 §5.1",
     "The MX host does not answer on port 25.",
     "Open port 25 in the firewall and check the address in DNS.", kSmtpTls},
    {"smtp-unreachable", kStage, W, W, kSmtp, "", "RFC 5321 §5.1",
     "There is no route to the MX host's address.",
     "Check the address in DNS and the routing to it.", kSmtpTls},
    {"smtp-timeout", kStage, W, W, kSmtp, "", "RFC 5321 §4.5.3.2",
     "The server connects, then falls silent before TLS.",
     "See whether the server is overloaded or waits for a lookup.", kSmtpTalk},
    {"smtp-protocol-error", kStage, W, W, kNone, "", "RFC 5321 §4.2",
     "The server's replies are no SMTP, too long or without end.",
     "See what listens on port 25 of this address.", kSmtpTalk},
    {"smtp-ipv6-fail", kStage, W, W, kSmtp, "", "RFC 5321 §5.1",
     "The MX host answers over IPv4 but not over IPv6.",
     "Make the mail server listen on IPv6, or remove the AAAA record.", kSmtpTls},
    {"smtp-ipv4-fail", kStage, W, W, kSmtp, "", "RFC 5321 §5.1",
     "The MX host answers over IPv6 but not over IPv4.",
     "Make the mail server listen on IPv4, or remove the A record.", kSmtpTls},
    {"probe-port25-egress-blocked", kStage, U, U, kNone, "", "",
     "Port 25 is closed to this agent: neither the MX hosts nor the canaries answer.",
     "Run the agent where outgoing port 25 is open (many clouds block it), or set [smtp] enabled = "
     "false.",
     kSmtpTls},
    {"smtp-banner-4xx", kStage, U, U, kNone, "", "RFC 5321 §4.2.1",
     "The server puts us off for now, which says nothing about its TLS.",
     "Allow the agent's address, or wait; the last known result stays.", kSmtpTalk},
    {"smtp-banner-5xx", kStage, U, U, kNone, "", "RFC 5321 §3.1",
     "The server turns the agent away, which says nothing about its TLS.",
     "Allow the agent's address on the server (reputation lists often refuse cloud addresses).",
     kSmtpTalk},
    {"smtp-greylisted", kStage, U, U, kNone, "", "RFC 6647",
     "The server greylists the agent, which says nothing about its TLS.",
     "Allow the agent's address, or wait; the last known result stays.", kSmtpTalk},
    {"smtp-banner-slow", kStage, I, I, kNone, "", "RFC 5321 §4.5.3.2.1",
     "The greeting took more than 6 seconds.",
     "Nothing, if the delay is meant (postscreen); else see what the server waits for.", kSmtpTalk},

    {"cert-expired", kCertificate, C, W, kNone, kExpired, "RFC 8461 §4.2",
     "The MX host's certificate has expired; in mode enforce senders do not deliver to it.",
     "Renew the certificate and reload the mail server.", kSmtpTls},
    {"cert-not-yet-valid", kCertificate, C, W, kNone, kExpired, "RFC 8461 §4.2",
     "The MX host's certificate is not valid yet.", "Install a certificate that is valid now.",
     kSmtpTls},
    {"cert-host-mismatch", kCertificate, C, W, kNone, kMismatch, "RFC 8461 §4.2",
     "The certificate has no SAN DNS name for the MX host; in mode enforce senders do not deliver.",
     "Get a certificate whose subjectAltName lists the MX host's name.", kSmtpTls},
    {"cert-cn-only", kCertificate, C, W, kNone, kMismatch, "RFC 8461 §4.2",
     "The MX host's name stands only in the subject CN, which is no identity for MTA-STS.",
     "Reissue the certificate with the name in subjectAltName.", kSmtpTls},
    {"cert-untrusted", kCertificate, C, W, kNone, kNotTrusted, "RFC 8461 §4.2",
     "The certificate chain does not end in a root that senders trust.",
     "Use a certificate of a public CA on the mail server.", kSmtpTls},
    {"cert-self-signed", kCertificate, C, W, kNone, kNotTrusted, "RFC 8461 §4.2",
     "The MX host's certificate is self-signed.",
     "Use a certificate of a public CA on the mail server.", kSmtpTls},
    {"cert-incomplete-chain", kCertificate, C, W, kNone, kNotTrusted, "RFC 8461 §4.2",
     "The intermediate certificate is missing; senders do not fetch it.",
     "Configure the full chain (certificate and intermediate) on the mail server.", kSmtpTls},
    {"cert-expiring", kCertificate, W, W, kNone, "", "RFC 8461 §4.2",
     "The MX host's certificate ends soon and has not been renewed.",
     "Renew the certificate now, reload the mail server, and see why the renewal did not run.",
     kSmtpTls},
    {"cert-weak-key", kCertificate, W, W, kNone, kNotTrusted, "RFC 8461 §4.2",
     "The certificate's key is weaker than RSA 2048, which modern senders refuse.",
     "Reissue the certificate with an RSA key of 2048 bits or more, or an EC key.", kSmtpTls},
    {"cert-weak-signature", kCertificate, W, W, kNone, kNotTrusted, "RFC 8461 §4.2",
     "The chain is signed with SHA-1 or MD5, which modern senders refuse.",
     "Reissue the certificate with a SHA-256 signature.", kSmtpTls},
    {"cert-differs-by-ip", kCertificate, W, W, kNone, "", "RFC 8461 §8.4",
     "The addresses of one MX host present certificates of different health: a pool member was "
     "forgotten.",
     "Install the good certificate on every address of the host.", kSmtpTls},
};

}  // namespace mtasts::verdict::rows::smtp
