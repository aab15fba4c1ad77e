#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
#
# Boost.Beast 1.81 (Debian 12): in http::ext_list, which takes fields such as Accept-Encoding apart, the
# last element of the list has the parameters of the element before it when it has none of its own and
# nothing follows it.
#
# Expected: "gzip;q=0.5, identity" has the elements gzip with q=0.5 and identity without parameters
# (RFC 9110 §12.5.3). Seen: identity has q=0.5, too. With a further comma at the end, which the list
# syntax allows (RFC 9110 §5.6.1), or with another element after it, the same element has none. So
# "gzip;q=0, br" reads as a refusal of both.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
version=1.81.0-5+deb12u1
apt-get download -q "libboost1.81-dev=$version" >/dev/null
dpkg -x ./*.deb root

cat > list.cpp <<'CPP'
#include <boost/beast/http/rfc7230.hpp>
#include <iostream>

int main() {
  for (const char* field : {"gzip;q=0.5, identity", "gzip;q=0.5, identity,", "gzip;q=0.5, identity, br"}) {
    std::cout << field << " =>";
    for (const auto& element : boost::beast::http::ext_list(field)) {
      std::cout << " (" << element.first;
      for (const auto& parameter : element.second) std::cout << " " << parameter.first << "=" << parameter.second;
      std::cout << ")";
    }
    std::cout << "\n";
  }
}
CPP
g++ -std=c++17 -isystem root/usr/include list.cpp -o list
echo "libboost1.81-dev $version"
./list | tee seen
cat > expected <<'TEXT'
gzip;q=0.5, identity => (gzip q=0.5) (identity q=0.5)
gzip;q=0.5, identity, => (gzip q=0.5) (identity)
gzip;q=0.5, identity, br => (gzip q=0.5) (identity) (br)
TEXT
if cmp -s seen expected; then
  echo "as described: the last element inherits the parameters"
else
  echo "the behaviour has changed; it was:" >&2
  cat expected >&2
  exit 1
fi
