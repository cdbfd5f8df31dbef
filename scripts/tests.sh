#!/bin/sh
# Runs every test, already built, in three parts one after the other. The tests of one part run concurrently;
# tests that wait on wall clocks would time out if all parts ran at once.
#
#   scripts/tests.sh SCRATCH
set -u
cd "$(dirname "$0")/.."
status=0
part() { swift test --skip-build --scratch-path "$scratch" "$@" || status=1; }
scratch=$1
whole='^(EndToEndTests|RemoteTests)\.'
heavy='^(LedgerTests|JobStoreTests|AutoscalingTests|NodeRunnerTests|SchedulerKindTests|PlacementTests)\.'
part --skip "$whole" --skip "$heavy"
part --filter "$heavy"
part --filter "$whole"
exit $status
