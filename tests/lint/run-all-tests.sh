#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
#
# Run by `make test` once the packages are installed: the format check first, because it is quick, then the
# release and the sanitizer build with all C++ tests under both. The lint rules, the alerts, the chart and
# the tests against real servers run once, in the build that tests/CMakeLists.txt selects. Ends with the
# summary of ctest.
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
