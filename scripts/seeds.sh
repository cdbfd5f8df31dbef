#!/bin/sh
# Runs seeds of the simulation with the release build:
#
#   scripts/seeds.sh SCRATCH COUNT [FIRST]
#
# First, one seed must give the same trace in two processes: otherwise no seed could be reproduced.
set -eu
cd "$(dirname "$0")/.."
first=${3:-1}
scripts/build-release.sh simulate "$1" >&2
program=$1/release/simulate
[ "$("$program" 4711)" = "$("$program" 4711)" ] || {
  echo "seed 4711 gives two different traces" >&2
  exit 1
}
exec "$program" "$first" $((first + $2 - 1))
