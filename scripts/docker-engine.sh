#!/bin/sh
# Starts and stops a private Docker engine below one folder, isolated from other engines of the machine:
#
#   scripts/docker-engine.sh start|stop|status FOLDER
#
# `start` does nothing if the engine already runs, and prints the line
# `DOCKER_HOST=unix://FOLDER/docker.sock`. `stop` stops the engine and its containers and removes its network
# bridge; images and volumes stay in FOLDER. `status` prints the same line as `start`; exit code 1 if the
# engine does not run.
#
# With RENDERTRUST_LIFELINE=1, standard input of `start` is a pipe, and the engine ends when the pipe does,
# also while it starts (scripts/lifeline.sh). `start` and `stop` wait for each other.
#
# Needs root, dockerd, ip and curl (Debian: docker.io iproute2 curl). The engine gets its own bridge and does
# not change the firewall (--iptables=false): its proxy publishes ports, and containers reach each other and
# the machine, but no other network. Several engines can run side by side.
set -eu

usage() {
  echo "usage: $0 start|stop|status FOLDER" >&2
  exit 2
}
[ $# -eq 2 ] || usage
command=$1
mkdir -p "$2"
folder=$(cd "$2" && pwd -P)
socket=$folder/docker.sock
pidfile=$folder/dockerd.pid
log=$folder/dockerd.log
# An interface name has at most 15 characters; it is derived from the folder, so that `stop` needs no record.
mark=$(printf %s "$folder" | sha256sum | cut -c1-8)
bridge=rt-$mark

fail() {
  echo "docker-engine: $*" >&2
  exit 1
}

# Sets `pid`. The engine's own record may be absent: before it is written, or after the folder was removed.
running() {
  for file in $(grep -lzxF "$folder/data" /proc/[0-9]*/cmdline 2>/dev/null); do
    case $({ tr "\\0" "\\n" <"$file" | head -n 1; } 2>/dev/null) in
    dockerd | */dockerd)
      pid=${file#/proc/}
      pid=${pid%/cmdline}
      return 0
      ;;
    esac
  done
  return 1
}

locked() {
  exec 9>"$folder/lock"
  flock -w 90 9 || fail "another process has been starting or stopping this engine for 90 s"
}

answers() { curl -fsS -m 5 --unix-socket "$socket" http://docker/_ping >/dev/null 2>&1; }

# Removes what a killed engine leaves behind: containerd with its shims, and mounts that keep the folder busy.
clear_rest() {
  for process in /proc/[0-9]*; do
    if { tr "\\0" "\\n" <"$process/cmdline" | grep -qF "$folder/exec"; } 2>/dev/null; then
      kill -9 "${process#/proc/}" 2>/dev/null || true
    fi
  done
  awk -v root="$folder/" 'index($2, root) == 1 { print $2 }' /proc/self/mounts | sort -r | while read -r mount; do
    umount -l "$mount" 2>/dev/null || true
  done
  # dockerd treats the pid in this file as a running containerd.
  rm -rf --one-file-system "$folder/exec"
}

# One /20 of 10.192.0.0/11 for each engine, chosen by its mark; the next one if it is in use.
make_bridge() {
  ip link show "$bridge" >/dev/null 2>&1 && return
  number=$(($(printf %d "0x$(printf %s "$mark" | cut -c1-6)") % 512))
  tries=0
  while [ $tries -lt 512 ]; do
    address=10.$((192 + number / 16)).$((number % 16 * 16)).1
    if ! ip -4 -o address | grep -qF " $address/"; then
      ip link add "$bridge" type bridge
      ip address add "$address/20" dev "$bridge"
      ip link set "$bridge" up
      return
    fi
    number=$(((number + 1) % 512))
    tries=$((tries + 1))
  done
  fail "no free network between 10.192.0.0 and 10.223.255.255"
}

start() {
  [ "$(id -u)" -eq 0 ] || fail "an engine needs root: run this as root, or set DOCKER_HOST to a running engine"
  for tool in dockerd ip curl; do
    command -v $tool >/dev/null || fail "$tool is missing: install docker.io, iproute2 and curl"
  done
  [ ${#socket} -lt 108 ] || fail "$folder is too long a path for a Unix socket"
  starter=
  if ! running; then
    rm -f "$pidfile" "$socket"
    clear_rest
    make_bridge
    # A session of its own: the end of a terminal does not stop it.
    # shellcheck disable=SC2086 # nothing, or one word
    setsid $lifeline dockerd --data-root "$folder/data" --exec-root "$folder/exec" --pidfile "$pidfile" \
      --host "unix://$socket" --bridge "$bridge" --iptables=false --ip6tables=false --ip-masq=false \
      --ip-forward=false --log-level warn >>"$log" 2>&1 <&8 8<&- 9>&- &
    starter=$!
  fi
  waited=0
  until answers; do
    if [ -n "$starter" ] && ! kill -0 "$starter" 2>/dev/null; then
      tail -n 5 "$log" >&2
      clear_rest
      ip link delete "$bridge" 2>/dev/null || true
      fail "dockerd exited at once, see $log"
    fi
    [ $waited -lt 300 ] || fail "dockerd did not answer within 30 s, see $log"
    sleep 0.1
    waited=$((waited + 1))
  done
  echo "DOCKER_HOST=unix://$socket"
}

stop() {
  if running; then
    pid=$(cat "$pidfile")
    kill "$pid"
    waited=0
    while running; do
      if [ $waited -eq 300 ]; then
        kill -9 "$pid" 2>/dev/null || true
        break
      fi
      sleep 0.1
      waited=$((waited + 1))
    done
  fi
  clear_rest
  ip link delete "$bridge" 2>/dev/null || true
  rm -f "$pidfile" "$socket"
}

lifeline=
if [ -n "${RENDERTRUST_LIFELINE:-}" ]; then
  lifeline=$(cd "$(dirname "$0")" && pwd -P)/lifeline.sh
  exec 8<&0
else
  exec 8</dev/null
fi

case $command in
start)
  locked
  start
  ;;
stop)
  locked
  stop
  ;;
status)
  if ! { running && answers; }; then
    echo "stopped"
    exit 1
  fi
  echo "DOCKER_HOST=unix://$socket"
  ;;
*) usage ;;
esac
