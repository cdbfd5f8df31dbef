#!/bin/sh
# Tries seeds of the simulated world with the release build:
#
#   scripts/seeds.sh SCRATCH COUNT [FIRST]
#
# Before that, one seed must tell the same story in two processes: else no seed could be looked at again.
set -eu
cd "$(dirname "$0")/.."
first=${3:-1}
swift build -c release --product simulate --scratch-path "$1" >&2
program=$1/release/simulate
[ "$("$program" 4711)" = "$("$program" 4711)" ] || {
  echo "seed 4711 tells two stories" >&2
  exit 1
}
exec "$program" "$first" $((first + $2 - 1))
