# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""Configuration of the real servers: NSD, Unbound, nginx and Postfix, each in its own directory.

Each function writes the files and returns the command that runs the server in the foreground.
"""

import json
from pathlib import Path

from certificates import run
from domains import MAIL_HOSTS, Smtp, Web
from zones import mail_address, policy_address, servfail_zones, stale_address

NSD = """\
server:
    ip-address: {address}
    username: "root"
    server-count: 1
    rrl-ratelimit: 0
    database: ""
    zonesdir: "{directory}"
    zonelistfile: "{directory}/zone.list"
    xfrdfile: "{directory}/xfrd.state"
    xfrdir: "{directory}"
    pidfile: "{directory}/nsd.pid"
remote-control:
    control-enable: yes
    control-interface: "{directory}/control"
"""

UNBOUND = """\
server:
    interface: 127.0.0.1@{port}
    access-control: 127.0.0.0/8 allow
    outgoing-interface: 127.0.0.1
    do-not-query-localhost: no
    do-ip6: no
    module-config: "iterator"
    local-zone: "test." nodefault
    num-threads: 1
    cache-max-ttl: 0
    cache-max-negative-ttl: 0
    qname-minimisation: no
    username: ""
    chroot: ""
    directory: "{directory}"
    pidfile: "{directory}/unbound.pid"
    use-syslog: no
    do-daemonize: no
remote-control:
    control-enable: yes
    control-interface: "{directory}/control"
    control-use-cert: no
forward-zone:
    name: "."
    forward-addr: 127.0.0.1@{upstream_port}
"""

NGINX = """\
daemon off;
user root;
worker_processes 1;
pid {directory}/nginx.pid;
error_log stderr notice;
events {{ worker_connections 512; }}
http {{
    access_log {directory}/access.log;
    client_body_temp_path {directory}/client_body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    server_names_hash_bucket_size 128;
    ssl_protocols TLSv1.2 TLSv1.3;
    types {{ }}
    default_type text/plain;
{servers}}}
"""

NGINX_SERVER = """\
    server {{
        {listen}
        server_name {host};
        ssl_certificate {leaf.chain_file};
        ssl_certificate_key {leaf.key_file};
        root {policies}/{domain};
        {answer}
    }}
"""

ANSWERS = {
    Web.policy: "",
    Web.html_type: "default_type text/html;",
    Web.not_found: "location / { return 404; }",
    Web.server_error: "location / { return 500; }",
    Web.redirect: "location / { return 301 https://www.$host$request_uri; }",
}

POSTFIX = """\
compatibility_level = 3.6
queue_directory = {directory}/queue
data_directory = {directory}/data
maillog_file = {directory}/mail.log
maillog_file_prefixes = {directory}
myhostname = mail.provider.test
mydestination =
mynetworks =
alias_maps =
alias_database =
local_recipient_maps =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtpd_peername_lookup = no
smtpd_relay_restrictions = reject
smtpd_recipient_restrictions = reject
smtpd_client_connection_count_limit = 0
smtpd_tls_security_level = may
smtpd_tls_loglevel = 1
"""

POSTFIX_SERVICES = """\
postlog unix-dgram n - n - 1 postlogd
anvil unix - - n - 1 anvil
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
proxymap unix - - n - - proxymap
"""

SMTPD_OPTIONS = {
    Smtp.starttls: {},
    Smtp.plain: {"smtpd_tls_security_level": "none"},
    Smtp.no_certificate: {},
    Smtp.old_tls: {"smtpd_tls_protocols": "TLSv1,TLSv1.1", "smtpd_tls_ciphers": "low",
                   "tls_low_cipherlist": "ALL:@SECLEVEL=0"},
    Smtp.refusing: {"smtpd_delay_reject": "no", "smtpd_client_restrictions": "reject"},
}


def nsd(directory, port, domains, zones):
    """The authoritative server for all zones."""
    text = NSD.format(directory=directory, address=f"127.0.0.1@{port}")
    for name in (*zones, *servfail_zones(domains)):
        text += f'zone:\n    name: "{name}."\n    zonefile: "{zone_file(directory, name)}"\n'
    for name, zone in zones.items():
        zone_file(directory, name).write_text(zone.text())
    file = directory / "nsd.conf"
    file.write_text(text)
    return ["nsd", "-d", "-c", file]


def zone_file(directory, zone_name):
    return Path(directory) / f"{zone_name or 'root'}.zone"


def unbound(directory, port, nsd_port):
    """The resolver that the agent uses."""
    file = directory / "unbound.conf"
    file.write_text(UNBOUND.format(directory=directory, port=port, upstream_port=nsd_port))
    return ["unbound", "-d", "-c", file]


def nginx(directory, port, domains, leaves):
    """The policy hosts; each has its own address, and a certificate under its own name in `leaves`."""
    servers = ""
    for domain in domains:
        sites = []
        if domain.web in ANSWERS:
            sites.append(([policy_address(domain)] + ["[::1]"] * domain.web_ipv6, ANSWERS[domain.web]))
        if domain.web_stale:
            sites.append(([stale_address(domain)], ANSWERS[Web.not_found]))
        for addresses, answer in sites:
            servers += NGINX_SERVER.format(
                listen=" ".join(f"listen {address}:{port} ssl;" for address in addresses), domain=domain.name,
                host=domain.policy_host, leaf=leaves[domain.policy_host], policies=directory / "policies",
                answer=answer)
    file = directory / "nginx.conf"
    file.write_text(NGINX.format(directory=directory, servers=servers))
    return ["nginx", "-e", "stderr", "-c", file, "-p", directory]


def policy_file(directory, domain_name):
    return Path(directory) / "policies" / domain_name / ".well-known" / "mta-sts.txt"


def postfix(directory, port, leaves):
    """The mail hosts: one smtpd each, on its own address."""
    configuration = directory / "etc"
    for folder in (configuration, directory / "queue"):
        folder.mkdir()
    services = POSTFIX_SERVICES
    for host in listening_hosts():
        options = {"myhostname": host.name, **SMTPD_OPTIONS[host.smtp]}
        if host.smtp not in (Smtp.plain, Smtp.no_certificate):
            options["smtpd_tls_chain_files"] = leaves[host.name].key_and_chain_file
        services += f"{mail_address(host)}:{port} inet n - n - - smtpd\n"
        services += "".join(f"    -o {name}={value}\n" for name, value in options.items())
    (configuration / "main.cf").write_text(POSTFIX.format(directory=directory))
    (configuration / "master.cf").write_text(services)
    run("postfix", "-c", configuration, "check")  # creates the queue directories
    # Not "postfix start-fg": its master would leave the process group for one of its own.
    master = run("postconf", "-c", configuration, "-h", "daemon_directory").strip() + "/master"
    return [master, "-c", configuration, "-s"]


def listening_hosts():
    return [host for host in MAIL_HOSTS if host.smtp is not Smtp.closed]


def prometheus(directory, port, targets):
    """A Prometheus that scrapes the given ports of 127.0.0.1 once a second."""
    jobs = [{"job_name": name, "static_configs": [{"targets": [f"127.0.0.1:{target}"]}]}
            for name, target in targets.items()]
    file = Path(directory) / "prometheus.json"  # JSON is YAML
    file.write_text(json.dumps({"global": {"scrape_interval": "1s", "scrape_timeout": "1s"}, "scrape_configs": jobs}))
    return ["prometheus", f"--config.file={file}", f"--storage.tsdb.path={directory}/tsdb",
            f"--web.listen-address=127.0.0.1:{port}"]
