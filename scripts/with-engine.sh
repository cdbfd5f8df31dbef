#!/bin/sh
# Runs a command with DOCKER_HOST set to a running engine:
#
#   scripts/with-engine.sh STATE COMMAND [ARGUMENT…]
#
# Takes the engine of DOCKER_HOST, else the machine's, else a private one below STATE, which needs root to
# start.
set -eu
state=$1
shift

answers() {
  case $1 in
  unix://*) curl -fsS -m 5 --unix-socket "${1#unix://}" http://docker/_ping >/dev/null 2>&1 ;;
  tcp://*) curl -fsS -m 5 "http://${1#tcp://}/_ping" >/dev/null 2>&1 ;;
  *) false ;;
  esac
}

if [ -n "${DOCKER_HOST:-}" ]; then
  answers "$DOCKER_HOST" || {
    echo "The Docker engine at $DOCKER_HOST does not answer: start it, or unset DOCKER_HOST." >&2
    exit 1
  }
elif answers unix:///var/run/docker.sock; then
  DOCKER_HOST=unix:///var/run/docker.sock
elif [ "$(id -u)" -eq 0 ]; then
  line=$("$(dirname "$0")/docker-engine.sh" start "$state/docker")
  DOCKER_HOST=${line#DOCKER_HOST=}
else
  echo "No Docker engine answers: start one, set DOCKER_HOST, or run this as root for a private one." >&2
  exit 1
fi
export DOCKER_HOST
exec "$@"
