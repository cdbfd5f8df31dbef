#!/bin/sh
# Runs seeds of the simulation with the release build:
#
#   scripts/seeds.sh SCRATCH COUNT [FIRST]
#
# First, seeds must give the same traces in two processes, whose sets and dictionaries have different orders:
# otherwise no seed could be reproduced.
set -eu
cd "$(dirname "$0")/.."
first=${3:-1}
scripts/build-release.sh simulate "$1" >&2
program=$1/release/simulate
digest() { "$program" 4711 4810 | tail -n 1; }
[ "$(digest)" = "$(digest)" ] || {
  echo "the seeds 4711 to 4810 give different traces in two processes" >&2
  exit 1
}
exec "$program" "$first" $((first + $2 - 1))
