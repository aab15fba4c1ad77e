#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
#
# What `make test` runs once the packages are there: the format check first (it is quick), then the release
# and the sanitizer build with all C++ tests under both. The rules of tests/lint, the alerts, the chart and the
# tests against real servers run once, with one of the two builds: tests/CMakeLists.txt says with which.
# Ends with ctest's own closing lines.
set -eu
jobs=${1:-$(nproc)}
cd "$(dirname "$0")/../.."

step() { printf '\n== %s\n' "$*"; }

step "format"
git ls-files '*.cpp' '*.h' | xargs clang-format-14 --dry-run --Werror

step "release build"
cmake --preset release -DMTASTS_TESTS=ON -DMTASTS_WERROR=ON >/dev/null
cmake --build build/release -j "$jobs"

step "sanitizer build"
cmake --preset asan -DMTASTS_TESTS=ON -DMTASTS_WERROR=ON >/dev/null
cmake --build build/asan -j "$jobs"

step "clang-tidy"
sh tests/lint/tidy.sh build/release "$jobs"

step "tests, sanitizer build"
ctest --test-dir build/asan --output-on-failure -j "$jobs"

step "tests, release build"
ctest --test-dir build/release --output-on-failure -j "$jobs"
