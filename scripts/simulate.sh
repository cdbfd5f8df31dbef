#!/bin/sh
# Prints the trace of one seed of the simulation, or runs many seeds:
#
#   scripts/simulate.sh SEED          the trace of one seed
#   scripts/simulate.sh FIRST LAST    all of these seeds, two at a time
#   scripts/simulate.sh --refactorings SEED | FIRST LAST
#
# Environment: SCRATCH is the build folder (.build), CONFIGURATION the build configuration (release).
set -eu
cd "$(dirname "$0")/.."
configuration=${CONFIGURATION:-release}
case $configuration in
release) scripts/build-release.sh simulate "${SCRATCH:-.build}" >&2 ;;
*) swift build -c "$configuration" --product simulate --scratch-path "${SCRATCH:-.build}" >&2 ;;
esac
program=${SCRATCH:-.build}/$configuration/simulate
case "$# ${1-}" in
1\ * | 2\ --refactorings) set -- "$@" --trace ;;
esac
exec "$program" "$@"
