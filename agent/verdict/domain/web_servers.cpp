// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "verdict/domain/web_servers.h"

#include "base/ascii.h"

namespace mtasts::verdict {
namespace {

using protocol::HttpsAttempt;

constexpr size_t kSearched_bytes = 4096;  // of a body

// The first row that matches decides: services before the software that they run.
struct Mark {
  WebServer server;
  std::string_view field;  // empty: the body
  std::string_view text;   // in any case; empty: the field alone is enough
};
constexpr Mark kMarks[] = {
    {WebServer::github_pages, "X-GitHub-Request-Id", ""},
    {WebServer::github_pages, "Server", "github.com"},
    {WebServer::netlify, "X-NF-Request-ID", ""},
    {WebServer::netlify, "Server", "netlify"},
    {WebServer::vercel, "X-Vercel-Id", ""},
    {WebServer::vercel, "Server", "vercel"},
    {WebServer::cloudflare, "Server", "cloudflare"},
    {WebServer::cloudflare, "CF-RAY", ""},
    {WebServer::azure, "X-Azure-Ref", ""},
    {WebServer::azure, "Server", "windows-azure"},
    {WebServer::cloudfront, "Server", "cloudfront"},
    {WebServer::cloudfront, "X-Amz-Cf-Id", ""},
    {WebServer::s3, "Server", "amazons3"},
    {WebServer::google_storage, "Server", "uploadserver"},
    {WebServer::google_storage, "X-GUploader-UploadID", ""},
    {WebServer::nginx, "Server", "nginx"},
    {WebServer::nginx, "Server", "openresty"},
    {WebServer::apache, "Server", "apache"},
    {WebServer::caddy, "Server", "caddy"},
    {WebServer::caddy, "Via", "caddy"},
    {WebServer::lighttpd, "Server", "lighttpd"},
    {WebServer::iis, "Server", "microsoft-iis"},
    {WebServer::iis, "Server", "microsoft-httpapi"},
    {WebServer::litespeed, "Server", "litespeed"},
    {WebServer::varnish, "Server", "varnish"},
    {WebServer::varnish, "X-Varnish", ""},
    {WebServer::haproxy, "Server", "haproxy"},
    // Its error pages come without a Server field.
    {WebServer::haproxy, "", "no server is available to handle this request"},
    {WebServer::haproxy, "", "the server returned an invalid or incomplete response"},
    {WebServer::haproxy, "", "the server didn't respond in time"},
};

struct Fix {
  HttpTrouble trouble;
  WebServer server;
  std::string_view text;  // {host}: the policy host
};
constexpr Fix kFixes[] = {
    {HttpTrouble::coded, WebServer::unknown,
     "Serve the policy uncompressed unless the request has a matching Accept-Encoding "
     "header."},
    {HttpTrouble::coded, WebServer::apache,
     "Serve the file mta-sts.txt itself instead of a compressed copy, and leave compression "
     "to mod_deflate, which looks at Accept-Encoding."},
    {HttpTrouble::coded, WebServer::google_storage,
     "Upload the object uncompressed and without the metadata Content-Encoding."},
    {HttpTrouble::coded, WebServer::nginx,
     "Set \"gzip_static on;\" instead of \"always\", or remove the add_header that sets "
     "Content-Encoding."},
    {HttpTrouble::coded, WebServer::s3,
     "Upload the object uncompressed and without the metadata Content-Encoding."},

    {HttpTrouble::dead_back_end, WebServer::unknown,
     "Start the application or server behind the web server, or serve the policy as a static "
     "file instead of through it."},
    {HttpTrouble::dead_back_end, WebServer::apache,
     "Start the back end that ProxyPass names, or serve the policy as a file: \"ProxyPass "
     "/.well-known/mta-sts.txt !\" before the other ProxyPass lines."},
    {HttpTrouble::dead_back_end, WebServer::caddy,
     "Start the back end that reverse_proxy names, or serve the policy in Caddy itself: "
     "handle /.well-known/mta-sts.txt with root and file_server."},
    {HttpTrouble::dead_back_end, WebServer::cloudflare,
     "Start the web server behind Cloudflare and let it take Cloudflare's connections, or "
     "serve the policy from a Worker or Pages project."},
    {HttpTrouble::dead_back_end, WebServer::cloudfront,
     "Correct the origin of the CloudFront distribution: it does not respond."},
    {HttpTrouble::dead_back_end, WebServer::haproxy,
     "Start the server behind haproxy or correct its health check, or answer in haproxy: "
     "\"http-request return status 200 content-type text/plain file <file> if { path "
     "/.well-known/mta-sts.txt }\"."},
    {HttpTrouble::dead_back_end, WebServer::iis,
     "Start the application pool of the site, or the server that Application Request Routing "
     "forwards to."},
    {HttpTrouble::dead_back_end, WebServer::lighttpd,
     "Start the back end that proxy.server or fastcgi.server names, or exempt "
     "/.well-known/mta-sts.txt from it."},
    {HttpTrouble::dead_back_end, WebServer::nginx,
     "Start the back end that proxy_pass or fastcgi_pass names, or serve the policy as a "
     "file: \"location = /.well-known/mta-sts.txt { root /srv/mta-sts; }\"."},
    {HttpTrouble::dead_back_end, WebServer::varnish,
     "Start the back end of Varnish (\"varnishadm backend.list\")."},

    {HttpTrouble::empty_body, WebServer::unknown,
     "Put the policy into the file that the web server serves at /.well-known/mta-sts.txt."},
    {HttpTrouble::empty_body, WebServer::caddy,
     "Add a handler for the path to the site {host}: Caddy answers 200 with an empty body "
     "where none takes it, as with a missing file_server or a root that is in another site "
     "block."},

    {HttpTrouble::forbidden, WebServer::unknown,
     "Let everybody GET /.well-known/mta-sts.txt: look for a rule that denies names "
     "beginning with a dot, for the permissions of file and folders, and for a filter in "
     "front of the server."},
    {HttpTrouble::forbidden, WebServer::apache,
     "Exempt the path from the rule that denies names beginning with a dot (\"Require all "
     "granted\" in a <Location \"/.well-known/\"> block), and let the user of Apache read "
     "the file and enter its folders."},
    {HttpTrouble::forbidden, WebServer::caddy,
     "Let the user of Caddy read the file and enter its folders, and look for a respond or "
     "hide directive that matches the path."},
    {HttpTrouble::forbidden, WebServer::cloudflare,
     "Add a WAF custom rule with the action Skip for the path /.well-known/mta-sts.txt of "
     "{host}; if Cloudflare's security events show nothing, correct the web server behind "
     "it."},
    {HttpTrouble::forbidden, WebServer::cloudfront,
     "Upload .well-known/mta-sts.txt to the origin and let CloudFront read it: S3 answers "
     "403 for an object that does not exist or is not readable."},
    {HttpTrouble::forbidden, WebServer::iis,
     "Give the identity of the application pool read permission on the file, and look for a "
     "Request Filtering or IP restriction that matches the path."},
    {HttpTrouble::forbidden, WebServer::lighttpd,
     "Exempt the path from url.access-deny, and let the user of lighttpd read the file and "
     "enter its folders."},
    {HttpTrouble::forbidden, WebServer::litespeed,
     "Exempt the path from the rule that denies names beginning with a dot and from "
     "ModSecurity rules, and let the user of LiteSpeed read the file."},
    {HttpTrouble::forbidden, WebServer::nginx,
     "Add \"location = /.well-known/mta-sts.txt { allow all; }\", which takes precedence "
     "over a rule such as \"location ~ /\\. { deny all; }\", and let the user of nginx read "
     "the file and enter its folders."},
    {HttpTrouble::forbidden, WebServer::s3,
     "Upload the object .well-known/mta-sts.txt and allow s3:GetObject for it: S3 answers "
     "403 for an object that does not exist or is not readable."},

    {HttpTrouble::http2_only, WebServer::unknown,
     "Offer http/1.1 beside h2 in ALPN, and answer requests over HTTP/1.1."},

    {HttpTrouble::misdirected, WebServer::unknown,
     "Give {host} a site of its own on the web server, so that SNI and the Host header "
     "select the same one."},
    {HttpTrouble::misdirected, WebServer::apache,
     "Give {host} a <VirtualHost *:443> with ServerName {host} and its own "
     "SSLCertificateFile, so that SNI and the Host header select the same one."},
    {HttpTrouble::misdirected, WebServer::caddy,
     "Add {host} to the site block in the Caddyfile, so that SNI and the Host header select "
     "the same site."},

    {HttpTrouble::no_response, WebServer::unknown,
     "Start the web server behind the one that ends TLS (hitch, stunnel, haproxy or a load "
     "balancer), or correct the address and port to which it forwards."},

    {HttpTrouble::not_found, WebServer::unknown,
     "Put the file at .well-known/mta-sts.txt of the site that the web server selects for "
     "{host}."},
    {HttpTrouble::not_found, WebServer::apache,
     "Give {host} a <VirtualHost *:443> with ServerName {host} whose DocumentRoot has "
     ".well-known/mta-sts.txt, and look for an Alias or rewrite rule that takes "
     "/.well-known/."},
    {HttpTrouble::not_found, WebServer::azure,
     "Deploy .well-known/mta-sts.txt with the site and attach {host} as a custom domain."},
    {HttpTrouble::not_found, WebServer::caddy,
     "Put the file at .well-known/mta-sts.txt below the root of the site {host} in the "
     "Caddyfile."},
    {HttpTrouble::not_found, WebServer::cloudflare,
     "Put the file at .well-known/mta-sts.txt of the Pages project or web server behind "
     "Cloudflare, or give the Worker the route {host}/*."},
    {HttpTrouble::not_found, WebServer::github_pages,
     "Set {host} as the custom domain of the repository that has .well-known/mta-sts.txt, "
     "and add an empty file .nojekyll: Jekyll leaves out names that begin with a dot."},
    {HttpTrouble::not_found, WebServer::haproxy,
     "Let the frontend send {host} to the back end that has .well-known/mta-sts.txt."},
    {HttpTrouble::not_found, WebServer::iis,
     "Bind {host} to the site that has .well-known\\mta-sts.txt, and see that .txt has a "
     "MIME type and Request Filtering does not hide the folder."},
    {HttpTrouble::not_found, WebServer::lighttpd,
     "Set server.document-root for {host} to the folder that has .well-known/mta-sts.txt."},
    {HttpTrouble::not_found, WebServer::netlify,
     "Put the file at .well-known/mta-sts.txt of the publish directory and add {host} to the "
     "site as a domain alias."},
    {HttpTrouble::not_found, WebServer::nginx,
     "Give {host} a server block with server_name {host} whose root has "
     ".well-known/mta-sts.txt, and look for another location that takes /.well-known/."},
    {HttpTrouble::not_found, WebServer::s3,
     "Upload the object .well-known/mta-sts.txt to the bucket."},
    {HttpTrouble::not_found, WebServer::vercel,
     "Put the file at public/.well-known/mta-sts.txt and add {host} to the project's "
     "domains."},

    {HttpTrouble::origin_tls, WebServer::unknown,
     "Give the web server behind the CDN a certificate that the CDN accepts."},
    {HttpTrouble::origin_tls, WebServer::cloudflare,
     "Give the web server behind Cloudflare a valid certificate for {host}, or select the "
     "SSL/TLS mode that fits the one it has."},

    {HttpTrouble::password, WebServer::unknown,
     "Exempt /.well-known/mta-sts.txt from the password protection."},
    {HttpTrouble::password, WebServer::apache,
     "Exempt the path from the password protection (\"Require all granted\" in a <Location "
     "\"/.well-known/\"> block)."},
    {HttpTrouble::password, WebServer::nginx,
     "Exempt the path from the password protection: \"location = /.well-known/mta-sts.txt { "
     "auth_basic off; }\"."},

    {HttpTrouble::rate_limited, WebServer::unknown,
     "Exempt /.well-known/mta-sts.txt from the rate limit, or check less often."},
    {HttpTrouble::rate_limited, WebServer::cloudflare,
     "Exempt /.well-known/mta-sts.txt from the rate limiting rules in Cloudflare, or check "
     "less often."},
    {HttpTrouble::rate_limited, WebServer::nginx,
     "Serve /.well-known/mta-sts.txt in a location without limit_req, or check less often."},

    {HttpTrouble::server_error, WebServer::unknown,
     "Look in the error log of the web server, and serve the policy as a static file."},
    {HttpTrouble::server_error, WebServer::apache,
     "Look in Apache's error log: a .htaccess file with a directive that is not allowed "
     "there is the usual cause."},
    {HttpTrouble::server_error, WebServer::nginx,
     "Look in nginx's error log: a rewrite or try_files that loops is the usual cause for a "
     "static file."},

    {HttpTrouble::wrong_type, WebServer::unknown, "Send the header Content-Type: text/plain."},
    {HttpTrouble::wrong_type, WebServer::apache,
     "Send the header Content-Type: text/plain (\"ForceType text/plain\" in a <Location "
     "\"/.well-known/mta-sts.txt\"> block)."},
    {HttpTrouble::wrong_type, WebServer::caddy,
     "Send the header Content-Type: text/plain (\"header /.well-known/mta-sts.txt "
     "Content-Type text/plain\")."},
    {HttpTrouble::wrong_type, WebServer::lighttpd,
     "Send the header Content-Type: text/plain (\".txt\" => \"text/plain\" in "
     "mimetype.assign)."},
    {HttpTrouble::wrong_type, WebServer::nginx,
     "Send the header Content-Type: text/plain (\"types { } default_type text/plain;\" in "
     "location = /.well-known/mta-sts.txt)."},
    {HttpTrouble::wrong_type, WebServer::s3,
     "Set the metadata Content-Type of the object to text/plain."},
};

bool contains(std::string_view text, std::string_view wanted) {
  return ascii_lower(text).find(wanted) != std::string::npos;
}

std::string_view text_of(HttpTrouble trouble, WebServer server) {
  for (const Fix& fix : kFixes)
    if (fix.trouble == trouble && fix.server == server) return fix.text;
  return server == WebServer::unknown ? std::string_view() : text_of(trouble, WebServer::unknown);
}

}  // namespace

WebServer web_server_of(const HttpsAttempt& attempt) {
  const std::string body = ascii_lower(std::string_view(attempt.body).substr(0, kSearched_bytes));
  for (const Mark& mark : kMarks) {
    if (mark.field.empty()) {
      if (attempt.http_status >= 500 && body.find(mark.text) != std::string::npos)
        return mark.server;
      continue;
    }
    const std::string* value = protocol::field_of(attempt, mark.field);
    if (value != nullptr && contains(*value, mark.text)) return mark.server;
  }
  return WebServer::unknown;
}

std::string_view name_of(WebServer server) {
  switch (server) {
    case WebServer::unknown:
      return "";
    case WebServer::apache:
      return "Apache";
    case WebServer::azure:
      return "Azure";
    case WebServer::caddy:
      return "Caddy";
    case WebServer::cloudflare:
      return "Cloudflare";
    case WebServer::cloudfront:
      return "CloudFront";
    case WebServer::github_pages:
      return "GitHub Pages";
    case WebServer::google_storage:
      return "Google Cloud Storage";
    case WebServer::haproxy:
      return "haproxy";
    case WebServer::iis:
      return "IIS";
    case WebServer::lighttpd:
      return "lighttpd";
    case WebServer::litespeed:
      return "LiteSpeed";
    case WebServer::netlify:
      return "Netlify";
    case WebServer::nginx:
      return "nginx";
    case WebServer::s3:
      return "Amazon S3";
    case WebServer::varnish:
      return "Varnish";
    case WebServer::vercel:
      return "Vercel";
  }
  return "";
}

std::string http_fix(HttpTrouble trouble, WebServer server, const std::string& policy_host) {
  static constexpr std::string_view kPlaceholder = "{host}";
  std::string text(text_of(trouble, server));
  for (size_t at = 0; (at = text.find(kPlaceholder, at)) != std::string::npos;
       at += policy_host.size())
    text.replace(at, kPlaceholder.size(), policy_host);
  return text;
}

}  // namespace mtasts::verdict
