#!/bin/sh
# Runs a program until it exits, this process gets SIGTERM, or standard input reaches its end:
#
#   scripts/lifeline.sh PROGRAM [ARGUMENT…] <PIPE
#
# The kernel closes the other end of the pipe with the last process that has it, however that process ends.
# The program gets SIGTERM then, and SIGKILL 30 s later. Exits with the program's code.
set -u

# The shell gives a background command /dev/null as standard input.
exec 3<&0 </dev/null
"$@" 3<&- &
program=$!
(
  read -r _ <&3
  kill "$program" 2>/dev/null || exit 0
  waited=0
  while kill -0 "$program" 2>/dev/null && [ $waited -lt 300 ]; do
    sleep 0.1
    waited=$((waited + 1))
  done
  kill -9 "$program" 2>/dev/null
) &
reader=$!
exec 3<&-

trap 'kill "$program" 2>/dev/null' TERM INT
# A signal interrupts the wait.
while :; do
  wait "$program"
  status=$?
  kill -0 "$program" 2>/dev/null || break
done
kill "$reader" 2>/dev/null
exit "$status"
