#!/bin/sh
# Fuzzes the way from manifest text to resources and back:
#
#   scripts/fuzz.sh [SECONDS] [SCRATCH]
#
# Runs what is in Tests/Fuzz/Corpus first, then changes of it for SECONDS (60). Ends with 1 at the first finding, whose
# input is left in SCRATCH/findings with the command that repeats it. What reaches new code is kept below SCRATCH
# (.build/fuzz), so that the next run goes on from there.
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
# An empty folder: manifests may name files beside them.
mkdir -p "$scratch/reached" "$scratch/findings" "$scratch/empty"
cd "$scratch/empty"
touch .begun
# The child says what it found; a stack printed by another program would only delay it.
SWIFT_BACKTRACE=enable=no "$scratch/release/fuzz-manifests" "$scratch/reached" "$root/Tests/Fuzz/Corpus" \
  -dict="$root/Tests/Fuzz/keys.dict" -max_total_time="$seconds" -max_len=4096 -timeout=60 -rss_limit_mb=1024 \
  -artifact_prefix="$scratch/findings/" -print_final_stats=1 </dev/null >"$scratch/log" 2>&1 || {
  grep -a -E -A 20 '^fuzz: |ERROR: libFuzzer|Fatal error' "$scratch/log" | head -n 60 >&2
  finding=$(find "$scratch/findings" -type f -newer "$scratch/empty/.begun" | head -n 1)
  echo "fuzz: repeat it with: cd $scratch/empty && $scratch/release/fuzz-manifests $finding" >&2
  exit 1
}
echo "fuzz: $(sed -n 's/^Done \(.*\)$/\1/p' "$scratch/log"), nothing found"
