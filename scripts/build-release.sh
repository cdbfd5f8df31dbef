#!/bin/sh
# Builds one product for release. Every release build goes through this script: products that are built with
# the same options share their modules. Without debug information, which is most of a binary's size; the
# symbols that backtraces and profilers need stay.
#
#   scripts/build-release.sh PRODUCT [SCRATCH] [OPTION...]
set -eu
cd "$(dirname "$0")/.."
product=$1
scratch=${2:-.build}
shift
[ $# -eq 0 ] || shift
# An import that Package.swift does not declare fails the build.
exec swift build -c release --product "$product" --scratch-path "$scratch" -debug-info-format none \
  --explicit-target-dependency-import-check error "$@"
