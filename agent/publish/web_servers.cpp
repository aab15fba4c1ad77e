// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// nginx, Apache and Caddy: one file of configuration, and the policy as a file. Each serves the
// policy for its own host name alone, also where its server answers for every name.
#include <fmt/format.h>

#include "publish/hosting_targets.h"
#include "publish/hosting_text.h"

namespace mtasts::publish {
namespace {

// nginx keeps exact names in a hash table whose buckets have the size of a cache line, 64 octets,
// and does not start where a name has no room in one.
constexpr size_t kLongestExactName = 40;

constexpr std::string_view kNginx =
    R"(# MTA-STS policy of @domain@ (RFC 8461), for /etc/nginx/conf.d.

server {
    listen 443 ssl;
    listen [::]:443 ssl;
    server_name @server_name@;

    ssl_certificate /etc/letsencrypt/live/@host@/fullchain.pem;
    ssl_certificate_key /etc/letsencrypt/live/@host@/privkey.pem;
    ssl_protocols TLSv1.2 TLSv1.3;

@locations@}

# Senders never use port 80. This is for ACME clients that write their answers below the root; where
# yours does something else, remove it.
server {
    listen 80;
    listen [::]:80;
    server_name @server_name@;

    location ^~ /.well-known/acme-challenge/ {
        root /var/www/@host@;
    }
    location / {
        return 404;
    }
}
)";

constexpr std::string_view kNginxLocations =
    R"(    # The first server of a port answers for every name that no other server has.
    if ($host != "@host@") {
        return 404;
    }
    location = @path@ {
        @source@;
        types { }
        default_type text/plain;
        charset off;
        gzip off;
        add_header Cache-Control no-store;
    }
    location / {
        return 404;
    }
)";

constexpr std::string_view kApache =
    R"conf(# MTA-STS policy of @domain@ (RFC 8461), for /etc/apache2/sites-available.
# Needs the modules ssl and headers.

<VirtualHost *:443>
    ServerName @host@
    DocumentRoot /var/www/@host@

    SSLEngine on
    SSLProtocol -all +TLSv1.2 +TLSv1.3
    SSLCertificateFile /etc/letsencrypt/live/@host@/fullchain.pem
    SSLCertificateKeyFile /etc/letsencrypt/live/@host@/privkey.pem

    <Directory /var/www/@host@>
        Options None
        AllowOverride None
        Require all granted
    </Directory>

    RedirectMatch 404 "^(?!@path_regex@$)"
    # The first virtual host of a port answers for every name that no other one has.
    <If "%{SERVER_NAME} != '@host@'">
        Redirect 404 "/"
    </If>
    <Location "@path@">
        ForceType text/plain
        AddDefaultCharset Off
        SetEnv no-gzip 1
        SetEnv no-brotli 1
        Header set Cache-Control no-store
    </Location>
</VirtualHost>

# Senders never use port 80. This is for ACME clients that write their answers below the root; where
# yours does something else, remove it.
<VirtualHost *:80>
    ServerName @host@
    DocumentRoot /var/www/@host@
    <Directory /var/www/@host@>
        Options None
        AllowOverride None
        Require all granted
    </Directory>
    RedirectMatch 404 "^(?!/\.well-known/acme-challenge/.)"
</VirtualHost>
)conf";

constexpr std::string_view kCaddy = R"(# MTA-STS policy of @domain@ (RFC 8461), for /etc/caddy.

@host@ {
	# Caddy gets a certificate and renews it. To use one that you have, give its files:
	# tls /etc/letsencrypt/live/@host@/fullchain.pem /etc/letsencrypt/live/@host@/privkey.pem

	handle @path@ {
		root * /var/www/@host@
		header Content-Type text/plain
		header Cache-Control no-store
		file_server
	}
	handle {
		respond 404
	}
}
)";

std::string filled(std::string_view pattern, const HostedText& text) {
  const std::string host = policy_host_of(text.domain);
  const std::string regex = fmt::format("\"~^{}$\"", regex_of(host));
  const std::string source = fmt::format("root /var/www/{}", host);
  const std::string locations = nginx_locations(host, source);
  const std::string path_regex = regex_of(kPolicyPath);
  return fill(pattern, {{"domain", text.domain},
                        {"host", host},
                        {"server_name", host.size() <= kLongestExactName ? host : regex},
                        {"locations", locations},
                        {"path", kPolicyPath},
                        {"path_regex", path_regex}});
}

std::string address_step(const HostedText& text) {
  return fmt::format(
      "Publish A and AAAA records for {0} that name this server. A CNAME record works, too; the "
      "certificate is for {0} in any case.",
      policy_host_of(text.domain));
}

std::string certificate_step(const HostedText& text, std::string_view plugin,
                             std::string_view service) {
  return fmt::format(
      "Get a certificate, with the packages certbot and python3-certbot-{1}: `sudo certbot "
      "certonly "
      "--{1} -d {0} --deploy-hook \"systemctl reload {2}\"`. The hook makes {1} load each renewed "
      "certificate; without it the old one is served until it has expired.",
      policy_host_of(text.domain), plugin, service);
}

std::string policy_step(const HostedText& text) {
  return fmt::format("Install the policy: `sudo install -D -m 644 {1} /var/www/{0}/{1}`.",
                     policy_host_of(text.domain), kPolicyFile);
}

GeneratedFile policy_file(const HostedText& text) {
  return {std::string(kPolicyFile), text.policy};
}

}  // namespace

std::string nginx_locations(std::string_view host, std::string_view source) {
  return fill(kNginxLocations, {{"host", host}, {"path", kPolicyPath}, {"source", source}});
}

Hosting nginx_hosting(const HostedText& text) {
  const std::string name = file_name_of(text.domain) + ".conf";
  Hosting hosting;
  hosting.files = {{name, filled(kNginx, text)}, policy_file(text)};
  hosting.steps = {
      address_step(text), certificate_step(text, "nginx", "nginx"), policy_step(text),
      fmt::format("Install the server: `sudo install -m 644 {0} /etc/nginx/conf.d/{0}`, then "
                  "`sudo nginx -t && sudo systemctl reload nginx`.",
                  name),
      check_step(text)};
  return hosting;
}

Hosting apache_hosting(const HostedText& text) {
  const std::string site = file_name_of(text.domain);
  Hosting hosting;
  hosting.files = {{site + ".conf", filled(kApache, text)}, policy_file(text)};
  hosting.steps = {
      address_step(text), certificate_step(text, "apache", "apache2"), policy_step(text),
      fmt::format("Install the site: `sudo install -m 644 {0}.conf "
                  "/etc/apache2/sites-available/{0}.conf`, then `sudo a2enmod ssl headers && sudo "
                  "a2ensite {0} && sudo apachectl configtest && sudo systemctl reload apache2`. "
                  "Where there is no a2ensite, the file belongs into /etc/httpd/conf.d.",
                  site),
      check_step(text)};
  return hosting;
}

Hosting caddy_hosting(const HostedText& text) {
  const std::string name = file_name_of(text.domain) + ".caddy";
  Hosting hosting;
  hosting.files = {{name, filled(kCaddy, text)}, policy_file(text)};
  hosting.steps = {
      address_step(text) +
          " Caddy answers ACME challenges on ports 80 and 443, so both must be "
          "reachable.",
      policy_step(text),
      fmt::format("Install the site: `sudo install -m 644 {0} /etc/caddy/{0}`, add the line "
                  "`import {0}` to /etc/caddy/Caddyfile, and run `sudo systemctl reload caddy`.",
                  name),
      check_step(text)};
  return hosting;
}

}  // namespace mtasts::publish
