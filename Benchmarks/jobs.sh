#!/bin/bash
# Orders through a real server, as the load test of the seeds: every order holds credits and dispatches a job
# in one request.
#
#   Benchmarks/jobs.sh RENDERTRUST [SECONDS]
#
# A fleet of 1,000 nodes with 1,024 slots each, 100 creators, a price of 0.1 credits; wrk on the same machine.
# PostgreSQL has the durability of the embedded server. Measures 1,000 clients, 64 clients, heartbeats of
# 10,000 nodes every 30 s, and 1,000 clients beside 1,000,000 finished jobs.
set -euo pipefail
command -v wrk >/dev/null || {
  echo "skipped: wrk is missing (Debian: apt-get install wrk)"
  exit 0
}
rendertrust=$(realpath "$1")
seconds=${2:-60}
cd "$(dirname "$0")"
. ./common.sh
work=$(mktemp -d "${TMPDIR:-/tmp}/rt-jobs-bench.XXXXXX")
chmod 755 "$work"
state=$work/state
port=$((20000 + $$ % 20000))
finish() {
  status=$?
  [ -z "${beats:-}" ] || kill "$beats" 2>/dev/null || true
  [ -z "${server:-}" ] || { kill "$server" && wait "$server"; } 2>/dev/null || true
  [ $status -eq 0 ] || tail -n 20 "$work/log" >&2
  rm -rf --one-file-system "$work"
  exit $status
}
trap finish EXIT
trap 'exit 130' INT TERM

digest=$(printf 'a%.0s' $(seq 64))
mkdir -p "$work/manifests"
cat >"$work/manifests/platform.yaml" <<END
apiVersion: rendertrust.com/v1
kind: Database
metadata: {name: platform}
spec: {embedded: {}}
---
apiVersion: rendertrust.com/v1
kind: Ledger
metadata: {name: credits}
spec:
  credit: {usd: 0.10}
  payouts: {gpuMinute: 0.4, cpuMinute: 0.1}
  developerShare: [{until: {usd: 1000}, share: 100%}, {share: 85%}]
---
apiVersion: rendertrust.com/v1
kind: Scheduler
metadata: {name: global}
spec: {deadline: 1d, lease: 10m, offlineAfter: 1h}
---
apiVersion: rendertrust.com/v1
kind: Module
metadata: {name: echo}
spec:
  jobType: echo
  image: "example.com/echo:1.0@sha256:$digest"
  serves: {stdio: {}}
  developer: account/dev
  price: {credits: 0.1, per: job}
  placement: {replicas: 0}
END
awk 'BEGIN { for (i = 1; i <= 1000; i++)
  printf "---\napiVersion: rendertrust.com/v1\nkind: Node\nmetadata: {name: n%d}\nspec: {owner: account/owner, engine: {relay: {}}, cores: 64, memory: 64Gi, slots: 1024}\n", i }' \
  >"$work/manifests/nodes.yaml"

"$rendertrust" server "$work/manifests" --state "$state" --listen unix://"$work/metrics.sock" --api-listen "127.0.0.1:$port" \
  --api-rate unlimited --access-log off --resync 1h --log-level warning >"$work/log" 2>&1 &
server=$!
sql() { psql -h "$state/postgres/socket" -U postgres -d platform -qAt "$@"; }
for _ in $(seq 300); do
  [ "$(sql -c 'SELECT count(*) FROM scheduler_nodes' 2>/dev/null || true)" = 1000 ] && break
  kill -0 $server
  sleep 0.2
done
for i in $(seq 100); do names="${names:-}${names:+,}c$i"; done
sql <<END
INSERT INTO accounts (name, kind) SELECT unnest(string_to_array('$names', ',')), 'creator';
INSERT INTO scheduler_heartbeats (node, heard_at, images) SELECT id, now(), ARRAY['$digest'] FROM scheduler_nodes;
END
# More credits than the run can spend, each grant an entry of its own.
for i in $(seq 100); do
  "$rendertrust" credits grant "c$i" 10000000 --key "bench-$i" --state "$state" >/dev/null
done
token=$("$rendertrust" token create bench --role operator --state "$state" 2>/dev/null | grep -o 'rt_[a-z2-7]*' | head -n 1)
cat >"$work/order.lua" <<END
local number = 0
request = function()
  number = number + 1
  local body = '{"creator":"c' .. (number % 100 + 1) .. '","module":"echo","input":{"text":"hi"}}'
  return wrk.format("POST", "/api/v1/jobs", {["Authorization"] = "Bearer $token", ["Content-Type"] = "application/json"}, body)
end
done = function(summary, latency)
  local bad = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  io.write(string.format("%d %.2f %.2f %.2f %d %.1f\n", summary.requests, latency:percentile(50) / 1000,
    latency:percentile(95) / 1000, latency:percentile(99) / 1000, bad, summary.duration / 1e6))
end
END

# measure CLIENTS SECONDS: jobs a second, p50, p95, p99 in ms, errors in percent, dispatched jobs a second.
measure() {
  local before after
  before=$(sql -c "SELECT count(*) FROM job_attempts")
  read -r requests p50 p95 p99 bad took < <(wrk -t 2 -c "$1" -d "$2s" -s "$work/order.lua" "http://127.0.0.1:$port" | tail -n 1)
  after=$(sql -c "SELECT count(*) FROM job_attempts")
  rate=$(awk -v n=$((after - before)) -v t="$took" 'BEGIN { printf "%.0f", n / t }')
  errors=$(awk -v bad="$bad" -v all="$requests" 'BEGIN { printf "%.2f", all ? bad * 100 / all : 100 }')
  echo "$1 clients for $2 s: $requests orders, p50 $p50 ms, p95 $p95 ms, p99 $p99 ms, $errors % errors, $rate dispatched jobs/s"
}
measure 64 5 >/dev/null
measure 1000 "$seconds"
compare "p95 with 1,000 clients" "$p95" ms 300
compare "errors with 1,000 clients" "$errors" % 1
compare_at_least "dispatched with 1,000 clients" "$rate" jobs/s 5000
bare=$rate
measure 64 "$((seconds / 3))"
compare "p95 with 64 clients" "$p95" ms 10

# Heartbeats: processor time of server and PostgreSQL with heartbeats, less the time without.
sql -c "INSERT INTO scheduler_nodes (name, owner, cores, slots, memory) SELECT 'h' || i, 'owner', 4000, 4, 8::bigint << 30 FROM generate_series(1, 9000) i"
# Ten of the nodes send the heartbeats of all.
tokens=
for i in $(seq 10); do
  tokens="$tokens\"$("$rendertrust" token create "beat-$i" --role node --subject "h$i" --state "$state" 2>/dev/null | grep -o 'rt_[a-z2-7]*' | head -n 1)\","
done
cat >"$work/beat.lua" <<END
local number, tokens = 0, {$tokens}
request = function()
  number = number % 10 + 1
  return wrk.format("POST", "/api/v1/nodes/h" .. number .. "/heartbeat",
    {["Authorization"] = "Bearer " .. tokens[number], ["Content-Type"] = "application/json"}, '{"images":["$digest"],"roundTripMicroseconds":800}')
end
-- Ten connections, a heartbeat each 30 ms: 333 in a second, as 10,000 nodes send that have 30 s for one.
delay = function() return 30 end
done = function(summary) io.write(string.format("%d %d\n", summary.requests, summary.errors.status)) end
END
processor() {
  local pid total=0
  for pid in "$server" $(pgrep -P "$(head -n 1 "$state/postgres/data/postmaster.pid")"); do
    total=$(awk -v a="$total" -v b="$(seconds_of_cpu "$pid" 2>/dev/null || echo 0)" 'BEGIN { print a + b }')
  done
  echo "$total"
}
sleep 5
before=$(processor); sleep 20; idle=$(awk -v a="$before" -v b="$(processor)" 'BEGIN { print b - a }')
before=$(processor)
read -r beats_sent beats_bad < <(wrk -t 1 -c 10 -d 20s -s "$work/beat.lua" "http://127.0.0.1:$port" | tail -n 1)
busy=$(awk -v a="$before" -v b="$(processor)" 'BEGIN { print b - a }')
share=$(awk -v busy="$busy" -v idle="$idle" 'BEGIN { printf "%.1f", (busy - idle) / 20 * 100 }')
echo "heartbeats: $beats_sent in 20 s, $beats_bad refused; processor time of server and PostgreSQL $busy s, without $idle s"
compare "heartbeats of 10,000 nodes every 30 s" "$share" "% of a core" 5

# Finished jobs, with their attempts, holds and calls.
sql <<END
INSERT INTO holds (id, account, amount_micro, captured_micro, state, job, rules, opened_at, expires_at, closed_at)
SELECT nextval('hold_ids'), a.id, 100000, 100000, 'captured', 'old' || i, 1, now(), now() + interval '1 day', now()
FROM generate_series(1, 1000000) i JOIN accounts a ON a.name = 'c' || (i % 100 + 1);
INSERT INTO ledger_calls (account, key, digest, outcome, hold, recorded_at)
SELECT a.id, sha256(convert_to('old' || i, 'UTF8')), sha256('x'), 'done', i, now()
FROM generate_series(1, 1000000) i JOIN accounts a ON a.name = 'c' || (i % 100 + 1);
INSERT INTO jobs (id, account, request, module, image, developer, input, units, unit_price_micro, hold, held_micro, priority,
  state, attempts, submitted_at, deadline_at, finished_at, output, cost_micro)
SELECT '0' || lpad(to_hex(i), 15, '0'), a.id, '', 'echo', repeat('a', 64), 'dev', '{"text":"hi"}', 1, 100000, i, 100000, 5,
  'succeeded', 1, now() - interval '1 day', now(), now(), '{"text":"hi"}', 100000
FROM generate_series(1, 1000000) i JOIN accounts a ON a.name = 'c' || (i % 100 + 1);
INSERT INTO job_attempts (job, number, node, gpu_memory, cores, state, dispatched_at, started_at, ended_at, lease_until, stop_at)
SELECT '0' || lpad(to_hex(i), 15, '0'), 1, 1 + i % 1000, 0, 0, 'succeeded', now(), now(), now(), now(), now()
FROM generate_series(1, 1000000) i;
VACUUM ANALYZE;
CHECKPOINT;
END
measure 1000 "$((seconds / 2))"
compare_at_least "the same beside 1,000,000 jobs that are over" "$(awk -v a="$rate" -v b="$bare" 'BEGIN { printf "%.2f", a / b }')" "of the rate without" 0.9
