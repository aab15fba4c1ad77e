#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
#
# Runs every fuzzer for some seconds from its corpus: run-all.sh BUILD_DIRECTORY SECONDS
set -eu
build=$1
seconds=$2
here=$(dirname "$0")
for fuzzer in "$build"/tests/*_fuzz; do
  name=$(basename "$fuzzer" _fuzz)
  found=$(mktemp -d)
  echo "== $name"
  "$fuzzer" -max_total_time="$seconds" -timeout=5 -print_final_stats=1 \
    -artifact_prefix="$build/$name-" "$found" "$here/../corpus/$name"
  rm -rf "$found"
done
