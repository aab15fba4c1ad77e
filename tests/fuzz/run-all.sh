#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
#
# Runs every fuzzer for some seconds from its corpus, and prints a table at the end; exits with 1 if
# one found something: run-all.sh BUILD_DIRECTORY SECONDS
#
#   FUZZ_JOBS    fuzzers at a time (1)
#   FUZZ_ONLY    names of fuzzers, by blanks; empty: all
#   FUZZ_CORPUS  directory that keeps what adds coverage, from one run to the next; empty: none does
set -eu
build=$1
seconds=$2
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

# run NAME: its output is in $work/NAME.log, what it found in $build/NAME-….
run() {
  name=$1
  found=${FUZZ_CORPUS:-$work}/$name
  mkdir -p "$found"
  set -- -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 -verbosity=1 \
    -artifact_prefix="$build/$name-"
  [ ! -f "$here/dict/$name.dict" ] || set -- "$@" -dict="$here/dict/$name.dict"
  result=0
  "$build/tests/${name}_fuzz" "$@" "$found" "$here/../corpus/$name" >"$work/$name.log" 2>&1 || result=$?
  echo "$result" >"$work/$name.result"
  find "$found" -type f | wc -l >"$work/$name.found"
  if [ "$result" -eq 0 ]; then echo "$name: done"; else
    echo "$name: FINDING"
    tail -n 40 "$work/$name.log"
  fi
}

names=${FUZZ_ONLY:-}
[ -n "$names" ] || names=$(for fuzzer in "$build"/tests/*_fuzz; do basename "$fuzzer" _fuzz; done)
running=0
for name in $names; do
  if [ ! -x "$build/tests/${name}_fuzz" ]; then
    echo "$name: there is no such fuzzer in $build/tests" >&2
    exit 2
  fi
  run "$name" &
  running=$((running + 1))
  if [ "$running" -ge "${FUZZ_JOBS:-1}" ]; then
    wait
    running=0
  fi
done
wait

statistic() { sed -n "s/^stat::$1: *//p" "$work/$2.log" | tail -n 1; }
total=0
findings=0
echo
printf '%-22s %14s %12s %8s %9s\n' fuzzer executions "per second" corpus findings
for name in $names; do
  executions=$(statistic number_of_executed_units "$name")
  rate=$(statistic average_exec_per_sec "$name")
  finding=0
  [ "$(cat "$work/$name.result")" -eq 0 ] || finding=1
  printf '%-22s %14s %12s %8s %9s\n' "$name" "${executions:-?}" "${rate:-?}" "$(cat "$work/$name.found")" $finding
  total=$((total + ${executions:-0}))
  findings=$((findings + finding))
done
printf '%-22s %14s %12s %8s %9s\n' "all" "$total" "" "" "$findings"
[ "$findings" -eq 0 ]
