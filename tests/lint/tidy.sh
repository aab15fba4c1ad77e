#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
#
# clang-tidy over the agent's sources: tidy.sh BUILD_DIRECTORY [JOBS]
# It reads the translation units of the build, that is, the sources of a folder at once, and each shared header once.
# clang 14 refuses the zeroing of variables that the release asks of gcc, and takes the same name in two files of a
# folder for a shadow; gcc has looked for those.
set -eu
build=$(cd "$1" && pwd)
jobs=${2:-$(nproc)}
cd "$(dirname "$0")/../.."
/usr/bin/python3 -c '
import json, sys
files = {entry["file"] for entry in json.load(open(sys.argv[1] + "/compile_commands.json"))}
files = sorted(name for name in files if name.startswith((sys.argv[1] + "/agent/", sys.argv[2] + "/agent/")))
assert files, "no sources of the agent in " + sys.argv[1]
print("\0".join(files), end="")
' "$build" "$PWD" |
  xargs -0 -n 2 -P "$jobs" clang-tidy-14 --quiet --warnings-as-errors='*' --checks=-bugprone-suspicious-include \
    -p "$build" --extra-arg=-DBOOST_ASIO_HAS_CO_AWAIT=1 --extra-arg=-DBOOST_ASIO_HAS_STD_COROUTINE=1 \
    --extra-arg=-Wno-unknown-warning-option --extra-arg=-Wno-shadow \
    --extra-arg=-ftrivial-auto-var-init=uninitialized
echo "clang-tidy: no findings"
