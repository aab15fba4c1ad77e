// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "verdict/host/mx_software.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/ascii.h"

namespace mtasts::verdict {
namespace {

using protocol::SmtpAttempt;

constexpr MxSoftware kTable[] = {
    // Providers first: their banners may name the software as well.
    {.name = "Google", .needle = "mx.google.com esmtp", .hosted = true},
    {.name = "Exchange Online", .needle = ".protection.outlook.com", .hosted = true},
    {.name = "Exchange Online", .needle = ".mx.microsoft", .hosted = true},
    {.name = "Mimecast", .needle = ".mimecast.com", .hosted = true},
    {.name = "Proofpoint", .needle = ".pphosted.com", .hosted = true},

    {.name = "Postfix",
     .needle = "postfix",
     .certificate = "smtpd_tls_chain_files (before Postfix 3.4: smtpd_tls_cert_file and "
                    "smtpd_tls_key_file) in main.cf",
     .starttls_missing =
         "Set smtpd_tls_security_level = may and smtpd_tls_chain_files in main.cf, check that no "
         "-o option in master.cf and no *_discard_ehlo_keywords setting undoes it, and reload "
         "Postfix.",
     .starttls_refused =
         "Postfix offers STARTTLS even when it cannot load its certificate: check "
         "smtpd_tls_chain_files (or smtpd_tls_cert_file and smtpd_tls_key_file) in main.cf, and "
         "search its log for \"disabling TLS support\" and \"TLS won't be enabled\".",
     .incomplete_chain =
         "Append the intermediate certificates to the server's certificate in the file that "
         "smtpd_tls_chain_files or smtpd_tls_cert_file names, and reload Postfix."},
    {.name = "Exim",
     .needle = " exim ",
     .certificate = "tls_certificate (Debian: MAIN_TLS_CERTIFICATE)",
     .starttls_missing =
         "Set tls_advertise_hosts = * and tls_certificate and tls_privatekey in Exim's "
         "configuration (Debian: MAIN_TLS_ENABLE = true and MAIN_TLS_CERTKEY), and restart Exim.",
     .starttls_refused =
         "Check that the user that Exim runs as can read the files of tls_certificate and "
         "tls_privatekey, and search its main log for \"TLS error\".",
     .incomplete_chain =
         "Append the intermediate certificates to the server's certificate in the file that "
         "tls_certificate names."},
    {.name = "Sendmail",
     .needle = "sendmail",
     .certificate = "confSERVER_CERT in sendmail.mc",
     .starttls_missing =
         "If sendmail has a certificate, see its log for \"STARTTLS=server, error\": it drops "
         "STARTTLS without a word when it cannot load confSERVER_CERT or confSERVER_KEY, for "
         "instance because others may read the key file; if it has none, set both in "
         "sendmail.mc.",
     .starttls_refused =
         "See sendmail's log for \"STARTTLS=server, error\", and check confSERVER_CERT and "
         "confSERVER_KEY in sendmail.mc and the permissions of their files.",
     .incomplete_chain =
         "Put the intermediate certificates into the file of confCACERT in sendmail.mc: sendmail "
         "sends none from the file of confSERVER_CERT."},
    {.name = "OpenSMTPD",
     .needle = "opensmtpd",
     .certificate = "pki <name> cert in smtpd.conf",
     .starttls_missing =
         "Define pki <name> cert and pki <name> key in smtpd.conf and add tls pki <name> to the "
         "listen on line.",
     .incomplete_chain =
         "Append the intermediate certificates to the server's certificate in the file that pki "
         "<name> cert in smtpd.conf names, and restart smtpd."},
    {.name = "Courier",
     .needle = "courier",
     .keyword = "xverp=courier",
     .certificate = "TLS_CERTFILE in /etc/courier/esmtpd",
     .starttls_missing =
         "If Courier has a certificate, see its log: it drops STARTTLS without a word when the "
         "user that it runs as cannot read the file of TLS_CERTFILE; otherwise set "
         "ESMTPDSTARTTLS=YES and TLS_CERTFILE in /etc/courier/esmtpd.",
     .incomplete_chain =
         "Append the intermediate certificates to the server's certificate in the file that "
         "TLS_CERTFILE in /etc/courier/esmtpd names."},
    {.name = "Haraka",
     .needle = "haraka",
     .certificate = "config/tls_cert.pem or cert in config/tls.ini",
     .starttls_missing =
         "If Haraka has a certificate, see its log: it drops STARTTLS without a word when it "
         "cannot read key or certificate in config/tls.ini; otherwise enable the plugin tls in "
         "config/plugins and provide both.",
     .incomplete_chain =
         "Append the intermediate certificates to config/tls_cert.pem, or to the file that cert "
         "in config/tls.ini names."},
    {.name = "Microsoft Exchange",
     .needle = "microsoft esmtp",
     .certificate = "Set-ReceiveConnector -TlsCertificateName",
     .starttls_missing =
         "Give Exchange a certificate with Enable-ExchangeCertificate -Services SMTP, and check "
         "that AuthMechanism of the receive connector (Get-ReceiveConnector) contains Tls.",
     .starttls_refused =
         "Check TlsCertificateName of the receive connector (Get-ReceiveConnector) and that the "
         "certificate has its private key and the service SMTP (Get-ExchangeCertificate).",
     .incomplete_chain =
         "Import the intermediate certificates into the store Intermediate Certification "
         "Authorities of the computer account, and restart the Exchange transport service."},
    {.name = "qmail",
     .needle = "qmail",
     .certificate = "control/servercert.pem",
     .starttls_missing =
         "Put key, certificate and intermediates into control/servercert.pem and let the user "
         "that qmail-smtpd runs as read it; without the TLS patch qmail has no STARTTLS.",
     .incomplete_chain =
         "Append the intermediate certificates to the certificate in control/servercert.pem."},
    {.name = "Stalwart", .needle = "stalwart", .certificate = "its settings under TLS"},
    {.name = "maddy",
     .needle = "maddy",
     .certificate = "the tls directive of maddy.conf",
     .starttls_missing = "Set tls file <certificate> <key> in maddy.conf and restart maddy."},
    {.name = "mox",
     .needle = " mox",
     .certificate = "TLS of the listener in mox.conf",
     .starttls_missing = "Configure TLS (ACME or KeyCerts) for the listener in mox.conf."},
    {.name = "Halon", .needle = "halon", .certificate = "pki of the server in smtpd.yaml"},
    {.name = "PowerMTA",
     .needle = "powermta",
     .certificate = "smtp-server-tls-certificate",
     .starttls_missing = "Set smtp-server-tls-certificate in PowerMTA's configuration and allow "
                         "STARTTLS for the source (allow-starttls yes)."},
    {.name = "hMailServer",
     .needle = "hmailserver",
     .certificate = "the TCP/IP port 25 in its settings",
     .starttls_missing = "In hMailServer's settings, add the certificate under SSL certificates "
                         "and set the connection security of TCP/IP port 25 to STARTTLS."},
    {.name = "MDaemon",
     .needle = "mdaemon",
     .certificate = "Security Manager, SSL & TLS",
     .starttls_missing =
         "Enable SSL, STARTTLS and select a certificate in MDaemon's Security Manager, SSL & TLS."},
    {.name = "Kerio Connect", .needle = "kerio", .certificate = "Configuration, SSL Certificates"},
    {.name = "HCL Domino",
     .needle = "domino",
     .certificate = "the TLS credentials in certstore.nsf (older: the key ring file)",
     .starttls_missing =
         "Give the server TLS credentials and enable SMTP inbound negotiated TLS over TCP/IP in "
         "its configuration document."},
    {.name = "CommuniGate Pro", .needle = "communigate"},
    {.name = "Axigen", .needle = "axigen"},
    {.name = "IceWarp", .needle = "icewarp"},
    {.name = "MailEnable", .needle = "mailenable"},
    {.name = "Apache James", .needle = "james smtp"},
};

bool concerns_certificate(std::string_view code) {
  return code.starts_with("cert-") && code != "cert-incomplete-chain";
}

// The fix that replaces the one in the table of findings; empty: none.
std::string_view exact_fix(const MxSoftware& software, std::string_view code) {
  if (code == "smtp-starttls-missing" || code == "smtp-starttls-selective")
    return software.starttls_missing;
  if (code == "smtp-starttls-refused") return software.starttls_refused;
  if (code == "cert-incomplete-chain") return software.incomplete_chain;
  return {};
}

bool concerns(std::string_view code) {
  return concerns_certificate(code) || code == "cert-incomplete-chain" ||
         code == "smtp-starttls-missing" || code == "smtp-starttls-selective" ||
         code == "smtp-starttls-refused";
}

std::string without_dot(std::string text) {
  if (text.ends_with('.')) text.pop_back();
  return text;
}

void make_exact(const MxSoftware& software, UngradedFinding& finding) {
  std::string_view code = finding.row->code.text();
  if (!concerns(code)) return;
  if (software.hosted) {
    finding.fix = fmt::format(
        "The server's banner says {}: report this to the provider, or point the MX "
        "record to a server that works.",
        software.name);
    return;
  }
  std::string_view exact = exact_fix(software, code);
  bool own_words = finding.fix != finding.row->fix;  // a rule knows more than the table
  if (!exact.empty() && !own_words) {
    finding.fix = exact;
  } else if (!exact.empty()) {
    finding.fix = fmt::format("{}. {}", without_dot(finding.fix), exact);
  } else if (concerns_certificate(code) && !software.certificate.empty()) {
    finding.fix = fmt::format("{}; {}, as the banner says, takes its certificate from {}.",
                              without_dot(finding.fix), software.name, software.certificate);
  }
}

// The server that all addresses agree on, or the one of `address`.
const MxSoftware* software_for(const MxHostEvidence& host, std::string_view subject) {
  const MxSoftware* found = nullptr;
  for (const SmtpAttempt& attempt : host.attempts) {
    const MxSoftware* software = software_of(attempt);
    if (subject.ends_with("[" + attempt.address.text() + "]")) return software;
    if (software == nullptr) continue;
    if (found != nullptr && found->name != software->name) return nullptr;
    found = software;
  }
  return found;
}

}  // namespace

const MxSoftware* software_of(const SmtpAttempt& attempt) {
  std::string banner = ascii_lower(attempt.banner) + " ";
  // The host name comes first and may contain anything; only providers are known by it.
  std::string_view product = std::string_view(banner).substr(banner.find(' '));
  std::string keywords = ascii_lower(attempt.ehlo_text);
  auto known = std::find_if(std::begin(kTable), std::end(kTable), [&](const MxSoftware& row) {
    std::string_view where = row.hosted ? std::string_view(banner) : product;
    return where.find(row.needle) != std::string_view::npos ||
           (!row.keyword.empty() && keywords.find(row.keyword) != std::string::npos);
  });
  return known == std::end(kTable) ? nullptr : known;
}

void name_settings(const MxHostEvidence& host, std::vector<UngradedFinding>& findings) {
  for (UngradedFinding& finding : findings)
    if (const MxSoftware* software = software_for(host, finding.subject))
      make_exact(*software, finding);
}

}  // namespace mtasts::verdict
