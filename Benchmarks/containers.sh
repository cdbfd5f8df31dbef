#!/bin/bash
# Creates 100 containers, compared in one run with the bare engine and with docker-compose:
#
#   Benchmarks/containers.sh RENDERTRUST BENCH_CONTAINERS [CONTAINERS]
#
# 1. The bare Engine API: create and start for each container, at 1, 2, 4, 8, 16 and 32 at once; the best
#    counts.
# 2. `rendertrust apply` of as many services, as a whole process with the start and stop of its PostgreSQL.
#    Each has an HTTP health check that must pass.
# 3. `docker-compose up -d` of the same services, without health checks.
#
# docker-compose sometimes hangs with every container started: a round of 120 s is left out.
#
# Everything runs on a private engine and registry. Removing containers between the runs is not timed. Of
# three runs of rendertrust and of docker-compose the best counts, as of the bare calls.
set -euo pipefail
rendertrust=$(realpath "$1")
bare=$(realpath "$2")
count=${3:-100}
cd "$(dirname "$0")/.."
. Benchmarks/common.sh
if [ "$(id -u)" -ne 0 ]; then
  echo "containers: skipped, a private Docker engine needs root"
  exit 0
fi
if ! command -v docker-compose >/dev/null; then
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends docker-compose >/dev/null 2>&1 ||
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends docker-compose >/dev/null; }
fi
work=$(mktemp -d "${TMPDIR:-/tmp}/rt-boxes.XXXXXX")
chmod 755 "$work"
export RENDERTRUST_REGISTRY_STATE=$work/registry RENDERTRUST_IMAGES_FILE=$work/images.yaml
export RENDERTRUST_REGISTRY_PORT=$((20000 + $$ % 20000))
finish() {
  status=$?
  [ $status -eq 0 ] || tail -n 20 "$work/log" >&2 || true
  scripts/docker-engine.sh stop "$work/engine" || true
  scripts/images.sh stop >/dev/null || true
  rm -rf --one-file-system "$work"
  exit $status
}
trap finish EXIT
line=$(scripts/docker-engine.sh start "$work/engine")
export "${line?}"
scripts/images.sh >"$work/log"
image=$(sed -n 's/^webImage: "\(.*\)"$/\1/p' "$RENDERTRUST_IMAGES_FILE")

mkdir -p "$work/none" "$work/services" "$work/compose"
printf 'apiVersion: rendertrust.com/v1\nkind: Database\nmetadata: {name: platform}\nspec: {embedded: {}}\n' |
  tee "$work/none/database.yaml" >"$work/services/database.yaml"
for i in $(seq "$count"); do
  cat <<DOCUMENT
---
apiVersion: rendertrust.com/v1
kind: Service
metadata: {name: box-$i}
spec:
  image: "$image"
  limits: {memory: 64Mi, cores: 0.25, pids: 32}
  health: {http: {port: 8080, path: /health}}
DOCUMENT
done >"$work/services/services.yaml"
{
  printf 'version: "2.4"\nservices:\n'
  for i in $(seq "$count"); do
    cat <<SERVICE
  box-$i:
    image: "$image"
    user: "65532:65532"
    read_only: true
    init: true
    restart: unless-stopped
    network_mode: bridge
    mem_limit: 64m
    cpus: 0.25
    pids_limit: 32
    cap_drop: [ALL]
    security_opt: ["no-new-privileges:true"]
    tmpfs: ["/tmp:rw,noexec,nosuid,nodev,size=64m,mode=1777,uid=65532,gid=65532"]
SERVICE
  done
} >"$work/compose/docker-compose.yml"

"$bare" "$image" "$count" | tee "$work/bare" | sed -u '/^best/d'
best=$(awk '/^best/ { print $2 }' "$work/bare")

# The state is set up first: only the containers are compared.
seconds "$rendertrust" apply "$work/none" --state "$work/state" >/dev/null
for round in 1 2 3; do
  seconds "$rendertrust" apply "$work/services" --state "$work/state" && echo
  seconds "$rendertrust" apply "$work/none" --state "$work/state" --allow-prune >/dev/null
done >"$work/ours"
ours=$(sort -n "$work/ours" | head -n 1)

for round in 1 2 3; do
  (seconds timeout 120 docker-compose -p boxes -f "$work/compose/docker-compose.yml" up -d) && echo || true
  seconds docker-compose -p boxes -f "$work/compose/docker-compose.yml" kill >/dev/null
  seconds docker-compose -p boxes -f "$work/compose/docker-compose.yml" rm -f >/dev/null
done >"$work/theirs"
theirs=$(sort -n "$work/theirs" | head -n 1)

echo "bare API at its best: $best s; rendertrust apply: $ours s; docker-compose up -d: $theirs s"
compare "$count containers from nothing against the bare API at its best" \
  "$(awk -v a="$ours" -v b="$best" 'BEGIN { printf "%.2f", a / b }')" times 1.15
compare "$count containers from nothing against docker-compose up -d" \
  "$(awk -v a="$ours" -v b="$theirs" 'BEGIN { printf "%.2f", a / b }')" times 1
