#!/bin/sh
# Shows what happens in the simulated world of a seed, or tries many:
#
#   scripts/simulate.sh SEED          the story of one seed
#   scripts/simulate.sh FIRST LAST    all of these seeds, two at a time
#
# SCRATCH is where it is built, CONFIGURATION release unless told otherwise.
set -eu
cd "$(dirname "$0")/.."
configuration=${CONFIGURATION:-release}
swift build -c "$configuration" --product simulate --scratch-path "${SCRATCH:-.build}" >&2
program=${SCRATCH:-.build}/$configuration/simulate
[ $# -gt 1 ] || set -- "$1" --trace
exec "$program" "$@"
