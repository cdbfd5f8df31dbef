#!/bin/sh
# Runs many more cases than `make test`: 100,000 seeds of the simulation and 20,000 generated plans:
#
#   scripts/soak.sh SCRATCH [SEEDS]
#
# A failing seed is printed with the command that reproduces it.
set -eu
cd "$(dirname "$0")/.."
scripts/seeds.sh "$1" "${2:-100000}"
RENDERTRUST_SEEDS=20000 exec swift test --scratch-path "$1" --filter 'PlannerPropertyTests|LeaseTableTests|RangeAssignmentTests'
