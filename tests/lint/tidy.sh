#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
#
# clang-tidy over the agent's sources: tidy.sh BUILD_DIRECTORY [JOBS]
# clang 14 refuses the zeroing of variables that the release asks of gcc.
set -eu
build=$1
jobs=${2:-$(nproc)}
cd "$(dirname "$0")/../.."
find agent -name '*.cpp' -print0 |
  xargs -0 -n 4 -P "$jobs" clang-tidy-14 --quiet --warnings-as-errors='*' -p "$build" \
    --extra-arg=-DBOOST_ASIO_HAS_CO_AWAIT=1 --extra-arg=-DBOOST_ASIO_HAS_STD_COROUTINE=1 \
    --extra-arg=-Wno-unknown-warning-option --extra-arg=-ftrivial-auto-var-init=uninitialized
echo "clang-tidy: no findings"
