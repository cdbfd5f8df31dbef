#!/bin/sh
# Runs seeds of the simulation with the release build:
#
#   scripts/seeds.sh SCRATCH COUNT [FIRST]
#   scripts/seeds.sh SCRATCH --refactorings COUNT [FIRST]
#
# First, seeds must give the same traces in two processes, whose sets and dictionaries have different orders:
# otherwise no seed could be reproduced.
set -eu
cd "$(dirname "$0")/.."
scripts/build-release.sh simulate "$1" >&2
program=$1/release/simulate
shift
option=
[ "$1" != --refactorings ] || {
  option=$1
  shift
}
first=${2:-1}
digest() { "$program" $option 4711 4810 | tail -n 1; }
[ "$(digest)" = "$(digest)" ] || {
  echo "the seeds 4711 to 4810 $option give different traces in two processes" >&2
  exit 1
}
exec "$program" $option "$first" $((first + $1 - 1))
