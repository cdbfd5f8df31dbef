#!/bin/bash
# Measures the control loop with very many resources:
#
#   Benchmarks/scale.sh RENDERTRUST [RESOURCES] [LARGEST]
#
# 1. A full resync of RESOURCES (10,000) unchanged ones under a running `up`: processor time and memory of its
#    process. PostgreSQL's own work is not counted.
# 2. A change of one among them: from renaming its manifest into place until another connection reads the new
#    row.
# 3. `apply` of such a change as a whole process, with the start and stop of its PostgreSQL.
# 4. `plan` of 1,000, 5,000, RESOURCES and LARGEST (50,000) unchanged ones: processor time for each resource.
set -euo pipefail
rendertrust=$(realpath "$1")
count=${2:-10000}
largest=${3:-50000}
cd "$(dirname "$0")"
. ./common.sh
work=$(mktemp -d "${TMPDIR:-/tmp}/rt-scale.XXXXXX")
chmod 755 "$work"
controller=
finish() {
  [ -z "$controller" ] || { kill -INT "$controller" 2>/dev/null && wait "$controller" || true; }
  rm -rf "$work"
}
trap finish EXIT

# begin FOLDER STATE RESYNC: an `up` in the background, ready, as $controller.
begin() {
  "$rendertrust" up "$1" --state "$2" --resync "$3" >"$work/up.log" 2>&1 &
  controller=$!
  until grep -q 'resources of .* are ready' "$work/up.log"; do
    kill -0 "$controller" || { tail -n 20 "$work/up.log" >&2; exit 1; }
    sleep 0.2
  done
}
end() {
  kill -INT "$controller"
  wait "$controller" || true
  controller=
}

apply() { # apply RESOURCES: manifests, and a state where they are applied
  price_folder "$1" "$work/$1"
  seconds "$rendertrust" apply "$work/$1" --state "$work/state-$1" >/dev/null
}

# Until another connection sees the row. Waits inside the server and checks every millisecond.
await_credits() { # await_credits CREDITS: prints when price_a00000 gives so many, in nanoseconds since 1970
  psql -h "$socket" -U postgres -d platform -Atq <<SQL
\\echo waiting
DO \$\$ BEGIN
  FOR i IN 1..20000 LOOP
    PERFORM 1 FROM price_map_entries
      WHERE price_id = 'price_a00000' AND superseded_at IS NULL AND credits_micro = $1::bigint * 1000000;
    EXIT WHEN FOUND;
    PERFORM pg_sleep(0.001);
  END LOOP;
END \$\$;
SELECT (extract(epoch FROM clock_timestamp()) * 1e9)::bigint;
SQL
}

change() { # change CREDITS: milliseconds from the rename until the row is there
  price_file 0 100 "$1" >"$work/next.yaml"
  : >"$work/seen"
  await_credits "$1" >"$work/seen" &
  local waiter=$! begun ended
  until grep -q waiting "$work/seen"; do sleep 0.01; done
  sleep 0.3
  begun=$(date +%s%N)
  mv "$work/next.yaml" "$work/$count/prices-0000.yaml"
  wait "$waiter"
  ended=$(tail -n 1 "$work/seen")
  awk -v ns=$((ended - begun)) 'BEGIN { printf "%.0f\n", ns / 1e6 }'
}

apply "$count"

resyncs=5
begin "$work/$count" "$work/state-$count" 6s
sleep 7
echo 5 >"/proc/$controller/clear_refs"
before=$(seconds_of_cpu "$controller")
sleep $((resyncs * 6))
after=$(seconds_of_cpu "$controller")
peak=$(awk '/VmHWM/ { printf "%.0f", $2 / 1000 }' "/proc/$controller/status")
end
each=$(awk -v a="$before" -v b="$after" -v n=$resyncs 'BEGIN { printf "%.3f", (b - a) / n }')
compare "full resync of $count unchanged, processor time" "$each" s 1
compare "full resync of $count unchanged, memory" "$peak" MB 200

begin "$work/$count" "$work/state-$count" 30s
socket=$(dirname "$(find "$work/state-$count" -name .s.PGSQL.5432)")
sleep 3
for round in 1 2 3 4 5 6 7 8 9; do
  change $((200 + round))
  sleep 2
done >"$work/changes"
end
echo "change of one among $count under up, each: $(tr '\n' ' ' <"$work/changes")ms"
compare "change of one among $count under up, middle of 9" "$(median <"$work/changes")" ms 150

for round in 1 2 3; do
  price_file 0 100 $((300 + round)) >"$work/$count/prices-0000.yaml"
  seconds "$rendertrust" apply "$work/$count" --state "$work/state-$count"
  echo
done >"$work/changes"
echo "apply of one change among $count, whole process, middle of 3: $(median <"$work/changes") s"

for size in ${SIZES:-1000 5000 "$count" "$largest"}; do
  [ "$size" = "$count" ] || apply "$size"
  # Another process keeps PostgreSQL running, so that a plan does not start and stop it.
  begin "$work/$size" "$work/state-$size" 1h
  for round in 1 2 3 4 5; do
    cpu_of "$rendertrust" plan "$work/$size" --state "$work/state-$size" --detailed-exitcode
  done | median | awk -v n="$size" '{ printf "%d %.1f\n", n, $1 / n * 1e6 }'
  end
done >"$work/costs"
awk '{ printf "plan of %d unchanged: %s µs of processor time for each\n", $1, $2 }' "$work/costs"
growth=$(awk '{ cost[NR] = $2 } END { least = cost[1]; for (i in cost) if (cost[i] < least) least = cost[i]; printf "%.2f", cost[NR] / least }' "$work/costs")
compare "cost for each of $largest against the cheapest of the smaller numbers" "$growth" times 1.2
