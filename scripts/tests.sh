#!/bin/sh
# Runs every test that is built already, in three parts one after the other: all tests of a part run at the same time, and
# those that wait on wall clocks are not to wait for everybody else.
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
