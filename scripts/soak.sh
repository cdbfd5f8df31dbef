#!/bin/sh
# Tries the properties of planning and reconciling on many more generated worlds than a test run does:
#
#   scripts/soak.sh SCRATCH [SEEDS]
#
# A failing seed is named in the failure; RENDERTRUST_SEEDS above it runs it again.
set -eu
cd "$(dirname "$0")/.."
RENDERTRUST_SEEDS=${2:-20000} exec swift test --scratch-path "$1" --filter 'ConvergencePropertyTests|PlannerPropertyTests'
