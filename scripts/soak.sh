#!/bin/sh
# Tries far more than a test run does, 100,000 seeds of the simulated world and 20,000 generated plans:
#
#   scripts/soak.sh SCRATCH [SEEDS]
#
# A bad seed is named with the line that shows it again.
set -eu
cd "$(dirname "$0")/.."
scripts/seeds.sh "$1" "${2:-100000}"
RENDERTRUST_SEEDS=20000 exec swift test --scratch-path "$1" --filter 'PlannerPropertyTests|LeaseTableTests|RangeAssignmentTests'
