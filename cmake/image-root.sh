#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
#
# Creates the root of the container image: image-root.sh BUILD_DIRECTORY VERSION ROOT
#
# Copies the agent without its debug symbols, the shared libraries that ldd lists and the other files it reads (CA
# certificates, OpenSSL configuration). For vulnerability scanners and licence compliance it adds the packages of
# these files (/var/lib/dpkg/status.d), their copyright files, and an SBOM (SPDX 2.3), which also lists the
# header-only libraries that were compiled in.
#
# With the same packages and sources, and SOURCE_DATE_EPOCH (seconds), two runs create the same files with the same times.
set -eu
build=$1
version=$2
root=$3
docs=$root/usr/share/doc
binary=$build/mtasts-exporter

die() {
  echo "image-root.sh: $*" >&2
  exit 1
}

said=$("$binary" --version)
[ "$said" = "mtasts-exporter $version" ] || die "the agent says \"$said\", the image's version is \"$version\""

[ ! -e "$root" ] || die "$root is there already"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$root/usr/bin" "$root/usr/lib" "$root/usr/lib64" "$root/etc/mtasts-exporter" "$root/var/lib/dpkg/status.d" \
  "$root/dev" "$root/proc" "$root/sys" "$docs/mtasts-exporter"
ln -s usr/lib "$root/lib"
ln -s usr/lib64 "$root/lib64"

# package_of PATH: the package that installed the file. Some packages list the path from before /usr was merged.
package_of() {
  found=$(dpkg-query -S "$1" 2>/dev/null || dpkg-query -S "${1#/usr}" 2>/dev/null) || die "$1 is of no package"
  echo "${found%%: *}"
}

# take PATH: copies a file, or a symlink and its target, to the same path below /usr or /etc.
take() {
  path=$(realpath "$(dirname "$1")")/$(basename "$1")
  mkdir -p "$root$(dirname "$path")"
  cp -dp "$path" "$root$path"
  if [ -L "$path" ]; then
    take "$(realpath "$path")"
  else
    package_of "$path" >>"$work/packages"
  fi
}

strip -o "$root/usr/bin/mtasts-exporter" "$binary"
ldd "$binary" >"$work/ldd"
! grep "not found" "$work/ldd" || die "a library is missing"
# "name => path (address)", and the loader as "path (address)"; the kernel's vdso has no path.
sed -n 's|.*=> \(/[^ ]*\) .*|\1|p; s|^[[:space:]]*\(/[^ ]*\) .*|\1|p' "$work/ldd" >"$work/libraries"
[ -s "$work/libraries" ] || die "ldd names no library"
while read -r library; do
  take "$library"
done <"$work/libraries"
take /etc/ssl/openssl.cnf
mkdir -p "$root/usr/lib/ssl"
ln -s /etc/ssl/openssl.cnf "$root/usr/lib/ssl/openssl.cnf"
mkdir -p "$root/etc/ssl/certs"
# Generated when the package is installed, so dpkg does not list the file.
cp -p /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
echo ca-certificates >>"$work/packages"
take /usr/lib/os-release
ln -s ../usr/lib/os-release "$root/etc/os-release"
cp LICENSE "$docs/mtasts-exporter/"
cat >"$root/etc/mtasts-exporter/config.toml" <<'END'
# Nothing is set here. Mount a file of your own over this one, or set MTASTS_DOMAINS.
END

# Check that nothing is missing: the copy runs with only the copied files.
[ "$(chroot "$root" /usr/bin/mtasts-exporter --version)" = "$said" ] || die "the copy does not run"

sort -u "$work/packages" >"$work/shipped"
while read -r package; do
  dpkg-query -s "$package" >"$root/var/lib/dpkg/status.d/${package%%:*}"
done <"$work/shipped"

# Compiled in: header packages without a shared library here. The kernel's headers contain only constants.
row='${Package}\t${Version}\t${Architecture}\t${source:Package}\t${source:Version}\n'
xargs dpkg-query -W -f "$row" <"$work/shipped" >"$work/shipped.tsv"
ninja -C "$build" -t deps | sed -n 's|^    \(/usr/.*\)|\1|p' | sort -u | xargs realpath | sort -u >"$work/headers"
[ -s "$work/headers" ] || die "the build's headers are not known"
xargs dpkg-query -S <"$work/headers" | sed 's|: /.*||' | sort -u | grep -v '^linux-libc-dev' >"$work/header-packages"
xargs dpkg-query -W -f "$row" <"$work/header-packages" >"$work/headers.tsv"
awk -F '\t' 'NR == FNR { there[$4] = 1; next } !($4 in there)' "$work/shipped.tsv" "$work/headers.tsv" \
  >"$work/compiled.tsv"
# Boost's licence does not require a notice in a binary, and the file is large.
cut -f 1 "$work/shipped.tsv" "$work/compiled.tsv" | grep -v '^libboost' | while read -r name; do
  mkdir -p "$docs/$name"
  cp -L "/usr/share/doc/$name/copyright" "$docs/$name/"
done

. /etc/os-release
digest=$(sha256sum "$root/usr/bin/mtasts-exporter" | cut -d ' ' -f 1)
created=$(date -u -d "@${SOURCE_DATE_EPOCH:-$(date +%s)}" +%Y-%m-%dT%H:%M:%SZ)
{ sed 's/$/\tCONTAINS/' "$work/shipped.tsv"; sed 's/$/\tSTATIC_LINK/' "$work/compiled.tsv"; } |
  awk -F '\t' -v version="$version" -v digest="$digest" -v created="$created" \
    -v vendor="$ID" -v distro="$ID-$VERSION_ID" '
  function encoded(text) { gsub(/%/, "%25", text); gsub(/\+/, "%2B", text); gsub(/:/, "%3A", text); return text }
  function package(id, name, version, license, more) {
    return sprintf("    {\"SPDXID\": \"%s\", \"name\": \"%s\", \"versionInfo\": \"%s\",\n" \
                   "     \"downloadLocation\": \"NOASSERTION\", \"filesAnalyzed\": false,\n" \
                   "     \"licenseConcluded\": \"%s\", \"licenseDeclared\": \"%s\",\n" \
                   "     \"copyrightText\": \"NOASSERTION\"%s}", id, name, version, license, license, more)
  }
  function relation(from, type, to) {
    return sprintf("    {\"spdxElementId\": \"%s\", \"relationshipType\": \"%s\", \"relatedSpdxElement\": \"%s\"}",
                   from, type, to)
  }
  BEGIN {
    agent = "SPDXRef-mtasts-exporter"
    packages = package(agent, "mtasts-exporter", version, "Apache-2.0", ",\n     \"checksums\": [{\"algorithm\": " \
                       "\"SHA256\", \"checksumValue\": \"" digest "\"}]")
    relations = relation("SPDXRef-DOCUMENT", "DESCRIBES", agent)
  }
  {
    id = $1; gsub(/[^A-Za-z0-9.-]/, "-", id); id = "SPDXRef-Package-" id
    purl = "pkg:deb/" vendor "/" encoded($1) "@" encoded($2) "?arch=" $3 "&distro=" distro
    packages = packages ",\n" package(id, $1, $2, "NOASSERTION", \
      ",\n     \"sourceInfo\": \"built from " $4 " " $5 "\",\n     \"externalRefs\": [{\"referenceCategory\": " \
      "\"PACKAGE-MANAGER\", \"referenceType\": \"purl\",\n      \"referenceLocator\": \"" purl "\"}]")
    relations = relations ",\n" relation(agent, $6, id)
  }
  END {
    printf "{\n  \"spdxVersion\": \"SPDX-2.3\", \"dataLicense\": \"CC0-1.0\", \"SPDXID\": \"SPDXRef-DOCUMENT\",\n"
    printf "  \"name\": \"mtasts-exporter-%s\",\n", version
    printf "  \"documentNamespace\": \"https://github.com/mtasts-exporter/mtasts-exporter/sbom/%s/%s\",\n", \
      version, digest
    printf "  \"creationInfo\": {\"created\": \"%s\", \"creators\": [\"Tool: image-root.sh\"]},\n", created
    printf "  \"packages\": [\n%s\n  ],\n  \"relationships\": [\n%s\n  ]\n}\n", packages, relations
  }' >"$docs/mtasts-exporter/sbom.spdx.json"
# Files copied into an image keep their mode and time.
chmod -R u=rwX,go=rX "$root"
[ -z "${SOURCE_DATE_EPOCH:-}" ] || find "$root" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
