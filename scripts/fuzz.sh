#!/bin/sh
# Fuzzes the conversion from manifest text to resources and back:
#
#   scripts/fuzz.sh [SECONDS] [SCRATCH]
#
# Runs the inputs of Tests/Fuzz/Corpus first, then mutations of them for SECONDS (60). Exits with 1 at the
# first finding, whose input stays in SCRATCH/findings; the command that reproduces it is printed. Inputs that
# reach new code are kept below SCRATCH (.build/fuzz), and the next run continues from them.
set -eu
cd "$(dirname "$0")/.."
seconds=${1:-60}
scratch=${2:-.build/fuzz}
mkdir -p "$scratch"
swift build -c release --sanitize fuzzer --product fuzz-manifests --scratch-path "$scratch" >"$scratch/log" 2>&1 || {
  cat "$scratch/log" >&2
  exit 1
}
scratch=$(cd "$scratch" && pwd -P)
root=$(pwd -P)
# An empty folder, because manifests may name files beside them.
mkdir -p "$scratch/reached" "$scratch/findings" "$scratch/empty"
cd "$scratch/empty"
touch .begun
# The fuzzer prints the finding itself; a backtrace would only delay it.
SWIFT_BACKTRACE=enable=no "$scratch/release/fuzz-manifests" "$scratch/reached" "$root/Tests/Fuzz/Corpus" \
  -dict="$root/Tests/Fuzz/keys.dict" -max_total_time="$seconds" -max_len=4096 -timeout=60 -rss_limit_mb=1024 \
  -artifact_prefix="$scratch/findings/" -print_final_stats=1 </dev/null >"$scratch/log" 2>&1 || {
  grep -a -E -A 20 '^fuzz: |ERROR: libFuzzer|Fatal error' "$scratch/log" | head -n 60 >&2
  finding=$(find "$scratch/findings" -type f -newer "$scratch/empty/.begun" | head -n 1)
  echo "fuzz: reproduce it with: cd $scratch/empty && $scratch/release/fuzz-manifests $finding" >&2
  exit 1
}
echo "fuzz: $(sed -n 's/^Done \(.*\)$/\1/p' "$scratch/log"), nothing found"
