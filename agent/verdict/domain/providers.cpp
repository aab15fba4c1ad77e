// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "verdict/domain/providers.h"

#include <algorithm>

#include "base/ascii.h"

namespace mtasts::verdict {
namespace {

// Its hosts are all one label deeper: <customer>.<letter>-v1.mx.microsoft.
constexpr std::string_view kMicrosoftWithDnssec = ".mx.microsoft";

// Taken from live MX records. A wildcard is used only where it covers exactly one label. A longer
// suffix stands before a shorter one that it ends with.
constexpr Provider kProviders[] = {
    {".mail.protection.outlook.com", "Microsoft 365", true},
    {".mail.protection.office365.us", "Microsoft 365", true},
    {".mail.protection.partner.outlook.cn", "Microsoft 365", true},
    {".olc.protection.outlook.com", "Outlook.com", true},
    {kMicrosoftWithDnssec, "Microsoft 365"},
    {".aspmx.l.google.com", "Google Workspace", true},
    {".l.google.com", "Google Workspace"},
    {".smtp.google.com", "Google Workspace"},
    {".googlemail.com", "Google Workspace", true},
    {".mail.protonmail.ch", "Proton"},
    {".mailsec.protonmail.ch", "Proton"},
    {".messagingengine.com", "Fastmail"},
    {".zoho.com", "Zoho"},
    {".zoho.eu", "Zoho"},
    {".zoho.in", "Zoho"},
    {".zoho.com.au", "Zoho"},
    {".zoho.jp", "Zoho"},
    {".zohomail.com", "Zoho"},
    {".mail.ovh.net", "OVHcloud", true},
    {".mx.cloudflare.net", "Cloudflare", true},
    {".gslb.pphosted.com", "Proofpoint", true},
    {".pphosted.com", "Proofpoint", true},
    {".ppe-hosted.com", "Proofpoint Essentials"},
    {".mimecast.com", "Mimecast", true},
    {".mimecast.co.za", "Mimecast", true},
    {".ess.barracudanetworks.com", "Barracuda", true},
    {".ess.uk.barracudanetworks.com", "Barracuda"},
    {".ess.de.barracudanetworks.com", "Barracuda"},
    {".ess.ca.barracudanetworks.com", "Barracuda"},
    {".ess.au.barracudanetworks.com", "Barracuda"},
    {".ess.in.barracudanetworks.com", "Barracuda"},
    {".iphmx.com", "Cisco Secure Email", true},
    {".messagelabs.com", "Symantec Email Security", true},
    {".in.tmes.trendmicro.com", "Trend Micro", true},
    {".in.tmes.trendmicro.eu", "Trend Micro", true},
    {".in.hes.trendmicro.com", "Trend Micro", true},
    {".in.hes.trendmicro.eu", "Trend Micro", true},
    {".prod.hydra.sophos.com", "Sophos"},
    {".mailcontrol.com", "Forcepoint"},
    {".antispameurope.com", "Hornetsecurity"},
    {".hornetsecurity.com", "Hornetsecurity"},
    {".mail.am0.yahoodns.net", "Yahoo", true},
    {".mail.gm0.yahoodns.net", "Yahoo", true},
    {".am0.yahoodns.net", "Yahoo", true},
    {".mail.icloud.com", "iCloud"},
    {".mx.yandex.net", "Yandex"},
    {".mx.yandex.ru", "Yandex"},
    {".mail.ru", "Mail.ru"},
    {".gmx.net", "GMX"},
    {".ionos.com", "IONOS", false, "mx00"},
    {".ionos.com", "IONOS", false, "mx01"},
    {".ionos.de", "IONOS", false, "mx00"},
    {".ionos.de", "IONOS", false, "mx01"},
    {".ionos.fr", "IONOS", false, "mx00"},
    {".ionos.fr", "IONOS", false, "mx01"},
    {".ionos.es", "IONOS", false, "mx00"},
    {".ionos.es", "IONOS", false, "mx01"},
    {".ionos.co.uk", "IONOS", false, "mx00"},
    {".ionos.co.uk", "IONOS", false, "mx01"},
    {".kundenserver.de", "IONOS", false, "mx00"},
    {".kundenserver.de", "IONOS", false, "mx01"},
    {".mail.gandi.net", "Gandi"},
    {".infomaniak.ch", "Infomaniak", false, "mta-gw"},
    {".mailgun.org", "Mailgun", false, "mxa"},
    {".mailgun.org", "Mailgun", false, "mxb"},
    {".amazonaws.com", "Amazon SES", false, "inbound-smtp"},
    {".sendgrid.net", "SendGrid", false, "mx"},
    {".inbound.postmarkapp.com", "Postmark"},
    {".emailsrvr.com", "Rackspace"},
    {".secureserver.net", "GoDaddy", false, "smtp"},
    {".secureserver.net", "GoDaddy", false, "mailstore1"},
    {".mailbox.org", "mailbox.org", false, "mxext1"},
    {".mailbox.org", "mailbox.org", false, "mxext2"},
    {".mailbox.org", "mailbox.org", false, "mxext3"},
    {".forwardemail.net", "Forward Email", false, "mx1"},
    {".forwardemail.net", "Forward Email", false, "mx2"},
    {".improvmx.com", "ImprovMX"},
    {".migadu.com", "Migadu"},
};

struct Hint {
  std::string_view provider;
  std::string_view text;
};

constexpr Hint kHints[] = {
    {"Microsoft 365",
     "Microsoft runs these MX hosts and their certificates; the policy must list "
     "*.mail.protection.outlook.com, or *.<x>-v1.mx.microsoft after a move to DNSSEC."},
    {"Google Workspace",
     "Google runs these MX hosts; *.google.com does not cover aspmx.l.google.com, because a "
     "wildcard matches exactly one label."},
    {"Cloudflare",
     "Cloudflare Email Routing runs these MX hosts; the policy must list *.mx.cloudflare.net."},
    {"OVHcloud", "OVHcloud runs these MX hosts; *.mail.ovh.net covers them."},
    {"Proton", "Proton runs these MX hosts; list mail.protonmail.ch and mailsec.protonmail.ch."},
    {"Fastmail",
     "Fastmail runs these MX hosts; list in1-smtp.messagingengine.com and "
     "in2-smtp.messagingengine.com."},
    {"Zoho", "Zoho runs these MX hosts; list each of them by name."},
    {"Proofpoint", "Proofpoint runs these MX hosts and their certificates."},
    {"Mimecast", "Mimecast runs these MX hosts and their certificates."},
    {"Barracuda", "Barracuda runs these MX hosts and their certificates."},
    {"Cisco Secure Email",
     "Cisco runs these MX hosts, and each customer has a domain of its own below iphmx.com; list "
     "the hosts by name."},
    {"Trend Micro", "Trend Micro runs these MX hosts and their certificates."},
    {"iCloud", "Apple runs these MX hosts; list mx01.mail.icloud.com and mx02.mail.icloud.com."},
    {"Yahoo", "Yahoo, which also runs AOL, runs these MX hosts and their certificates."},
    {"Yandex", "Yandex runs this MX host; list it by name."},
    {"IONOS", "IONOS runs these MX hosts; list each of them by name."},
    {"Gandi", "Gandi runs these MX hosts; list spool.mail.gandi.net and fb.mail.gandi.net."},
    {"Infomaniak", "Infomaniak runs this MX host; list it by name."},
    {"Mailgun", "Mailgun runs these MX hosts; list each of them by name."},
    {"Amazon SES",
     "Amazon runs this MX host; list it by name, because it belongs to one region of Amazon SES."},
};

}  // namespace

const Provider* find_provider(std::string_view mx_host) {
  std::string host = "." + ascii_lower(mx_host);
  for (const Provider& provider : kProviders) {
    if (!host.ends_with(provider.suffix)) continue;
    std::string_view label = std::string_view(host).substr(1);
    label = label.substr(0, label.find('.'));
    bool whole = host.size() == provider.suffix.size();
    if (provider.first_label.empty() || (!whole && label == provider.first_label)) return &provider;
  }
  return nullptr;
}

std::string customary_pattern(std::string_view host, const Provider& provider) {
  if (provider.suffix == kMicrosoftWithDnssec) {
    std::string_view parent = host.substr(std::min(host.find('.'), host.size()));
    // A wildcard below the suffix itself would cover every customer of every kind.
    return parent.size() > provider.suffix.size() ? "*" + std::string(parent) : std::string();
  }
  return provider.wildcard ? "*" + std::string(provider.suffix) : std::string();
}

std::string_view provider_of(std::string_view mx_host) {
  const Provider* provider = find_provider(mx_host);
  return provider == nullptr ? std::string_view() : provider->name;
}

std::string_view provider_with_hosts_below(std::string_view base) {
  std::string_view name;
  for (const Provider& provider : kProviders) {
    std::string_view suffix = provider.suffix.substr(1);
    // A customary pattern, or hosts directly below.
    if (suffix == base) return {};
    if (provider.wildcard && suffix.size() > base.size() && suffix.ends_with(base) &&
        suffix[suffix.size() - base.size() - 1] == '.')
      name = provider.name;
  }
  return name;
}

std::string_view provider_hint(std::string_view provider) {
  for (const Hint& hint : kHints)
    if (hint.provider == provider) return hint.text;
  return {};
}

}  // namespace mtasts::verdict
