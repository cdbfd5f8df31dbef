#!/bin/sh
# Runs every test, already built, in five parts one after the other. The tests of one part run concurrently;
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
killed='^EndToEndTests\.KillPointTests'
clocked='^(ControllerStateTests|ReconcilingTests|PlanningTests|PostgresTests)\.'
part --filter "$clocked"
part --skip "$whole" --skip "$heavy" --skip "$clocked"
part --filter "$heavy"
part --filter "$whole" --skip "$killed"
part --filter "$killed"
exit $status
