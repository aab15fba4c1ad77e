#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
#
# goccy/go-yaml 1.19.2 (Go): a text in quotes that goes over two lines, in a file with CRLF.
#
# Expected: the line break in a quoted scalar is folded into one blank, an empty line into one LF, whichever line
# break the file has (YAML 1.2.2 §5.4, §6.5, §7.3.1). Seen: with LF it does so. With CRLF the break becomes LF, and
# an empty line becomes three, in double and in single quotes; a plain scalar and an escaped break are right.
# gopkg.in/yaml.v3 reads both files alike. (1.18.0 read block scalars of such a file wrongly, too; that is fixed.)
# It matters to DNS as code: a TXT value such as "v=TLSRPTv1;" and, on the next line, "rua=mailto:…", saved on
# Windows or checked out by git with autocrlf, gets an LF in the middle, and no sender reads the record.
#
# Needs go.
set -eu
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work"
export GOPATH="$work/go" GOFLAGS=-mod=mod GOTOOLCHAIN=local
cat > go.mod <<'MOD'
module fold
go 1.21
require (
	github.com/goccy/go-yaml v1.19.2
	gopkg.in/yaml.v3 v3.0.1
)
MOD
cat > main.go <<'GO'
package main

import (
	"fmt"
	"strings"

	goccy "github.com/goccy/go-yaml"
	v3 "gopkg.in/yaml.v3"
)

func main() {
	for _, input := range []string{
		"t: \"v=TLSRPTv1;\n  rua=mailto:a@b.example\"\n",
		"t: 'v=TLSRPTv1;\n  rua=mailto:a@b.example'\n",
		"t: \"a\n\n  b\"\n",
		"t: a\n  b\n",
		"t: \"a\\\n  b\"\n",
		"t: |\n  a\n  b\n",
	} {
		for _, text := range []string{input, strings.ReplaceAll(input, "\n", "\r\n")} {
			var first, second map[string]string
			if err := goccy.Unmarshal([]byte(text), &first); err != nil {
				panic(err)
			}
			if err := v3.Unmarshal([]byte(text), &second); err != nil {
				panic(err)
			}
			fmt.Printf("%q goccy %q yaml.v3 %q\n", text, first["t"], second["t"])
		}
	}
}
GO
go run . > seen 2> errors || { cat errors >&2; exit 1; }
echo "goccy/go-yaml 1.19.2, gopkg.in/yaml.v3 3.0.1"
cat seen
cat > expected <<'TEXT'
"t: \"v=TLSRPTv1;\n  rua=mailto:a@b.example\"\n" goccy "v=TLSRPTv1; rua=mailto:a@b.example" yaml.v3 "v=TLSRPTv1; rua=mailto:a@b.example"
"t: \"v=TLSRPTv1;\r\n  rua=mailto:a@b.example\"\r\n" goccy "v=TLSRPTv1;\nrua=mailto:a@b.example" yaml.v3 "v=TLSRPTv1; rua=mailto:a@b.example"
"t: 'v=TLSRPTv1;\n  rua=mailto:a@b.example'\n" goccy "v=TLSRPTv1; rua=mailto:a@b.example" yaml.v3 "v=TLSRPTv1; rua=mailto:a@b.example"
"t: 'v=TLSRPTv1;\r\n  rua=mailto:a@b.example'\r\n" goccy "v=TLSRPTv1;\nrua=mailto:a@b.example" yaml.v3 "v=TLSRPTv1; rua=mailto:a@b.example"
"t: \"a\n\n  b\"\n" goccy "a\nb" yaml.v3 "a\nb"
"t: \"a\r\n\r\n  b\"\r\n" goccy "a\n\n\nb" yaml.v3 "a\nb"
"t: a\n  b\n" goccy "a b" yaml.v3 "a b"
"t: a\r\n  b\r\n" goccy "a b" yaml.v3 "a b"
"t: \"a\\\n  b\"\n" goccy "ab" yaml.v3 "ab"
"t: \"a\\\r\n  b\"\r\n" goccy "ab" yaml.v3 "ab"
"t: |\n  a\n  b\n" goccy "a\nb\n" yaml.v3 "a\nb\n"
"t: |\r\n  a\r\n  b\r\n" goccy "a\nb\n" yaml.v3 "a\nb\n"
TEXT
if cmp -s seen expected; then
  echo "as described: with CRLF a break inside quotes becomes LF"
else
  echo "the behaviour has changed; it was:" >&2
  cat expected >&2
  exit 1
fi
