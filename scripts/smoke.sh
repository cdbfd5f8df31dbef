#!/bin/sh
# Converges the development environment with the release build, as `make up` does, and destroys it, because
# the optimised program is the one that people run.
#
#   scripts/smoke.sh RENDERTRUST
#
# State, Docker engine, registry and ports are private to the run. Skipped with a message where no engine can
# be started.
set -eu
rendertrust=$(realpath "$1")
cd "$(dirname "$0")/.."
if [ "$(id -u)" -ne 0 ]; then
  echo "smoke: skipped, a private Docker engine needs root"
  exit 0
fi
work=$(mktemp -d "${TMPDIR:-/tmp}/rt-smoke.XXXXXX")
chmod 755 "$work"
export RENDERTRUST_REGISTRY_STATE="$work/registry" RENDERTRUST_IMAGES_FILE="$work/manifests/dev/images.yaml"
RENDERTRUST_REGISTRY_PORT=$((20000 + $$ % 20000))
export RENDERTRUST_REGISTRY_PORT
state=$work/state

finish() {
  status=$?
  "$rendertrust" destroy --yes --state "$state" >/dev/null 2>&1 || true
  scripts/docker-engine.sh stop "$work/engine" || true
  scripts/images.sh stop >/dev/null || true
  [ $status -eq 0 ] || cat "$work/log" >&2
  rm -rf --one-file-system "$work"
  exit $status
}
trap finish EXIT
trap 'exit 130' INT TERM

mkdir -p "$work/manifests"
cp -R manifests/base manifests/dev "$work/manifests/"
# Another `make up` may use the declared ports.
sed -i "s/127.0.0.1:9120/127.0.0.1:$((RENDERTRUST_REGISTRY_PORT + 1))/; s/127.0.0.1:9121/127.0.0.1:$((RENDERTRUST_REGISTRY_PORT + 2))/" \
  "$work/manifests/dev/services.yaml"
{
  line=$(scripts/docker-engine.sh start "$work/engine")
  export "$line"
  scripts/images.sh
  "$rendertrust" up "$work/manifests/dev" --state "$state" --until-ready --within 3m
  "$rendertrust" plan "$work/manifests/dev" --state "$state" --detailed-exitcode
} >"$work/log" 2>&1
grep -E 'All [0-9]+ resources' "$work/log"
"$rendertrust" destroy --yes --state "$state" >>"$work/log" 2>&1
echo "smoke: up, ready, no changes, destroyed, with the release build"
