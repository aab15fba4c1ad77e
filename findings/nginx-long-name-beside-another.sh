#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
#
# nginx 1.22.1 (Debian 12): a server_name of 47 octets or more, far below the 253 that a host name may have.
#
# Expected: it works or it does not, whatever other servers there are. Seen: alone on its port it works at any length,
# and `nginx -t` is content. Once any second server is on that port, with however short a name, nginx refuses the
# whole configuration: "could not build server_names_hash". The table of exact names, which is made for two names or
# more, has buckets of 64 octets by default. A regular expression of the same name is in no table and works.
# It matters to policy hosts: "mta-sts." takes 8 octets, so a domain of 39 is enough. A test on a machine of its own
# passes; on the server with other sites a restart ends all of them, and a reload goes on with the old configuration.
#
# Needs apt-get, and nginx's libraries: apt-get install nginx-light brings them.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
cd "$work"
version=1.22.1-9+deb12u11
apt-get download -q "nginx=$version" >/dev/null
dpkg -x nginx_*.deb root

# $1: octets of the name, $2: a further server, $3: before and after the name
try() {
  name="mta-sts.$(printf '%*s' "$(($1 - 16))" '' | tr ' ' a).example"
  [ "$3" = exact ] || name="~^$(printf %s "$name" | sed 's/\./\\./g')$"
  cat > nginx.conf <<CONF
pid $work/nginx.pid;
events { }
http {
    access_log off;
    client_body_temp_path $work/body; proxy_temp_path $work/proxy; fastcgi_temp_path $work/fastcgi;
    uwsgi_temp_path $work/uwsgi; scgi_temp_path $work/scgi;
    server { listen 127.0.0.1:28443; server_name $name; }
    $2
}
CONF
  if root/usr/sbin/nginx -e stderr -t -p "$work" -c "$work/nginx.conf" > said 2>&1; then
    echo successful
  else
    grep -o 'could not build server_names_hash' said || cat said
  fi
}
other='server { listen 127.0.0.1:28443; server_name a.example; }'
{
  echo "46 octets, alone: $(try 46 '' exact)"
  echo "46 octets, beside another server: $(try 46 "$other" exact)"
  echo "47 octets, alone: $(try 47 '' exact)"
  echo "47 octets, beside another server: $(try 47 "$other" exact)"
  echo "71 octets, alone: $(try 71 '' exact)"
  echo "71 octets, beside another server: $(try 71 "$other" exact)"
  echo "71 octets as a regular expression, beside another server: $(try 71 "$other" regex)"
} > seen
root/usr/sbin/nginx -v 2>&1
cat seen
cat > expected <<'TEXT'
46 octets, alone: successful
46 octets, beside another server: successful
47 octets, alone: successful
47 octets, beside another server: could not build server_names_hash
71 octets, alone: successful
71 octets, beside another server: could not build server_names_hash
71 octets as a regular expression, beside another server: successful
TEXT
if cmp -s seen expected; then
  echo "as described: the name fails beside another server alone"
else
  echo "the behaviour has changed; it was:" >&2
  cat expected >&2
  exit 1
fi
