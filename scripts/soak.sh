#!/bin/sh
# Runs many more cases than `make test`: 100,000 seeds and refactorings of the simulation, 20,000 generated
# plans, 40 changes of modules and nodes while jobs run, 500 refactorings on real systems, every kill point of
# every step, and 50 kills of PostgreSQL under a server with load:
#
#   scripts/soak.sh SCRATCH [SEEDS]
#
# A failing seed is printed with the command that reproduces it.
set -eu
cd "$(dirname "$0")/.."
scripts/seeds.sh "$1" "${2:-100000}"
scripts/seeds.sh "$1" --refactorings "${2:-100000}"
RENDERTRUST_SEEDS=20000 swift test --scratch-path "$1" --filter 'PlannerPropertyTests|LeaseTableTests|RangeAssignmentTests'
RENDERTRUST_SEEDS=40 swift test --scratch-path "$1" --filter 'EndToEndTests.*RunningJobs.*steadyRate'
RENDERTRUST_REFACTORINGS=500 swift test --scratch-path "$1" --filter 'EndToEndTests.*Refactorings'
RENDERTRUST_KILL_POINTS=all swift test --scratch-path "$1" --filter 'EndToEndTests.*KillPointTests'
RENDERTRUST_KILLS=50 exec swift test --scratch-path "$1" --filter 'SupervisorTests|EndToEnd/Supervision'
