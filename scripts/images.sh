#!/bin/sh
# Builds the module images for development and tests from busybox alone, in a private registry:
#
#   scripts/images.sh [start]     start the registry, build and push the images, write the manifest variables
#   scripts/images.sh stop        stop the registry
#   scripts/images.sh status      print the registry's address; exit code 1 if it does not run
#
# Every command may be repeated. Images that the registry has are not pushed again, and the same busybox
# always gives the same digests. Needs no engine and no internet. Builds versions 1.0 and 1.1 of
#   echo        answers with its input (stdin: `/module/run`, HTTP: port 8080)
#   storyboard  pretends to draw frames (HTTP: port 8188)
#   voice       pretends to speak (HTTP: port 8189)
#   web         static pages (HTTP: port 8080)
# HTTP is GET /health → 200 and, but for web, POST /run with a JSON body. They run as 65532:65532 with a
# read-only root and without capabilities; /data belongs to that user, for volumes.
#
# With RENDERTRUST_LIFELINE=1, standard input of `start` is a pipe, and the registry ends when the pipe does
# (scripts/lifeline.sh).
#
# Needs busybox-static, docker-registry, curl, tar, gzip (Debian's names). Settings, as environment variables:
#   RENDERTRUST_REGISTRY_STATE  folder of the registry         (.rendertrust/registry)
#   RENDERTRUST_REGISTRY_PORT   port on 127.0.0.1              (5055)
#   RENDERTRUST_IMAGES_FILE     where the variables are written (manifests/dev/images.yaml)
set -eu

cd "$(dirname "$0")/.."
mkdir -p "${RENDERTRUST_REGISTRY_STATE:=.rendertrust/registry}"
state=$(cd "$RENDERTRUST_REGISTRY_STATE" && pwd -P)
registry=127.0.0.1:${RENDERTRUST_REGISTRY_PORT:-5055}
output=${RENDERTRUST_IMAGES_FILE:-manifests/dev/images.yaml}
pidfile=$state/registry.pid
log=$state/registry.log

say() { echo "images: $*"; }
fail() {
  echo "images: $*" >&2
  exit 1
}

# --- the registry ---

running() {
  [ -s "$pidfile" ] || return 1
  pid=$(cat "$pidfile")
  # Another process may have the same pid by now.
  { tr '\0' '\n' <"/proc/$pid/cmdline" | grep -qxF "$state/config.yml"; } 2>/dev/null
}

# The address of the running registry.
address() { sed -n 's/^http: {addr: "\(.*\)"}$/\1/p' "$state/config.yml"; }

start_registry() {
  if running && [ "$(address)" = "$registry" ]; then
    say "registry runs at $registry"
    return
  fi
  stop_quietly
  for tool in docker-registry busybox curl gzip; do
    command -v $tool >/dev/null || fail "$tool is missing: install docker-registry, busybox-static, curl and gzip"
  done
  cat >"$state/config.yml" <<EOF
version: 0.1
log: {level: warn, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: "$state/data"}, delete: {enabled: true}}
http: {addr: "$registry"}
EOF
  lifeline=
  if [ -n "${RENDERTRUST_LIFELINE:-}" ]; then
    lifeline=scripts/lifeline.sh
    exec 8<&0
  else
    exec 8</dev/null
  fi
  # shellcheck disable=SC2086 # nothing, or one word
  OTEL_TRACES_EXPORTER=none setsid $lifeline docker-registry serve "$state/config.yml" >>"$log" 2>&1 <&8 8<&- &
  child=$!
  echo $child >"$pidfile"
  waited=0
  until curl -fsS -m 2 "http://$registry/v2/" >/dev/null 2>&1; do
    # On a busy machine the child may not have executed the registry yet, so that `running` does not recognise
    # it.
    case $(sed 's/.*) //' "/proc/$child/stat" 2>/dev/null) in
    '' | Z*) fail "docker-registry exited at once: $(tail -n 1 "$log")" ;;
    esac
    [ $waited -lt 100 ] || fail "docker-registry did not answer within 10 s, see $log"
    sleep 0.1
    waited=$((waited + 1))
  done
  # A foreign registry may have answered while this one could not bind.
  running || fail "port of $registry is taken: free it or set RENDERTRUST_REGISTRY_PORT"
  say "registry started at $registry"
}

stop_quietly() {
  if running; then
    kill "$pid"
    while running; do sleep 0.1; done
  fi
  rm -f "$pidfile"
}

stop() {
  if running; then
    stop_quietly
    say "registry stopped"
  else
    say "registry does not run"
  fi
}

# --- building: files in a folder become layers, a configuration and a manifest ---

sum() { sha256sum "$1" | cut -d' ' -f1; }
size() { wc -c <"$1" | tr -d ' '; }

# layer FOLDER NAME: NAME.tar and NAME.gz in $work, the same bytes for the same files.
# /data belongs to user 65532; every user may write to /tmp.
layer() {
  same="--directory $1 --sort=name --mtime=@0 --format=ustar --numeric-owner"
  # shellcheck disable=SC2086 # a list of options, and $work has no spaces
  tar --create --file "$work/$2.tar" $same --owner=0 --group=0 --mode=go-w --exclude ./data --exclude ./tmp .
  if [ -d "$1/data" ]; then
    # shellcheck disable=SC2086
    tar --append --file "$work/$2.tar" $same --owner=65532 --group=65532 ./data
    # shellcheck disable=SC2086
    tar --append --file "$work/$2.tar" $same --owner=0 --group=0 --mode=1777 ./tmp
  fi
  gzip -9 -n -c "$work/$2.tar" >"$work/$2.gz"
}

base() {
  mkdir -p "$work/base/bin" "$work/base/etc" "$work/base/tmp" "$work/base/data" "$work/base/proc" \
    "$work/base/dev" "$work/base/sys"
  chmod 755 "$work/base" "$work/base"/*
  cp "$(command -v busybox)" "$work/base/bin/busybox"
  chmod 755 "$work/base/bin/busybox"
  for applet in $(busybox --list); do
    [ "$applet" = busybox ] || ln -s busybox "$work/base/bin/$applet"
  done
  printf 'root:x:0:0::/:/bin/sh\nmodule:x:65532:65532::/data:/bin/sh\n' >"$work/base/etc/passwd"
  printf 'root:x:0:\nmodule:x:65532:\n' >"$work/base/etc/group"
  chmod 644 "$work/base/etc/passwd" "$work/base/etc/group"
  layer "$work/base" base
}

# module NAME VERSION: the files of the image.
module() {
  root=$work/$1-$2
  mkdir -p "$root/module" "$root/www"
  if [ "$1" = web ]; then
    printf '<!doctype html>\n<title>web %s</title>\n<p>web %s</p>\n' "$2" "$2" >"$root/www/index.html"
    printf 'ok\n' >"$root/www/health"
  else
    cp scripts/images/handle.sh "$root/module/handle"
    cp "scripts/images/$1.sh" "$root/module/run"
    chmod 755 "$root/module/handle" "$root/module/run"
  fi
  printf '%s\n' "$2" >"$root/module/version"
  find "$root" -type d -exec chmod 755 {} +
  find "$root" -type f ! -path "$root/module/handle" ! -path "$root/module/run" -exec chmod 644 {} +
  layer "$root" "$1-$2"
}

architecture() {
  case $(uname -m) in
  x86_64) echo amd64 ;;
  aarch64) echo arm64 ;;
  *) uname -m ;;
  esac
}

# describe NAME VERSION PORT COMMAND: configuration and manifest of the image, in
# $work/NAME-VERSION.{config,manifest}.
describe() {
  image=$1-$2
  cat >"$work/$image.config" <<EOF
{"architecture":"$(architecture)","os":"linux","created":"1970-01-01T00:00:00Z","config":{"User":"65532:65532",\
"Env":["PATH=/bin","HOME=/data"],"Cmd":$4,"WorkingDir":"/","ExposedPorts":{"$3/tcp":{}},\
"Labels":{"org.opencontainers.image.title":"$1","org.opencontainers.image.version":"$2"}},\
"rootfs":{"type":"layers","diff_ids":["sha256:$(sum "$work/base.tar")","sha256:$(sum "$work/$image.tar")"]},\
"history":[{"created":"1970-01-01T00:00:00Z","created_by":"busybox"},\
{"created":"1970-01-01T00:00:00Z","created_by":"$1 $2"}]}
EOF
  type=application/vnd.docker
  cat >"$work/$image.manifest" <<EOF
{"schemaVersion":2,"mediaType":"$type.distribution.manifest.v2+json",\
"config":{"mediaType":"$type.container.image.v1+json","size":$(size "$work/$image.config"),\
"digest":"sha256:$(sum "$work/$image.config")"},"layers":[\
{"mediaType":"$type.image.rootfs.diff.tar.gzip","size":$(size "$work/base.gz"),\
"digest":"sha256:$(sum "$work/base.gz")"},\
{"mediaType":"$type.image.rootfs.diff.tar.gzip","size":$(size "$work/$image.gz"),\
"digest":"sha256:$(sum "$work/$image.gz")"}]}
EOF
}

# --- pushing, by the registry's HTTP API, version 2 ---

# blob REPOSITORY FILE: uploads unless it is there.
blob() {
  digest=sha256:$(sum "$2")
  curl -fsS -o /dev/null --head "http://$registry/v2/$1/blobs/$digest" 2>/dev/null && return
  place=$(curl -fsS -X POST -o /dev/null -D - "http://$registry/v2/$1/blobs/uploads/" |
    tr -d '\r' | sed -n 's/^[Ll]ocation: //p')
  case $place in
  /*) place=http://$registry$place ;;
  esac
  case $place in
  *\?*) place="$place&digest=$digest" ;;
  *) place="$place?digest=$digest" ;;
  esac
  curl -fsS -X PUT -H 'Content-Type: application/octet-stream' --data-binary "@$2" -o /dev/null "$place"
}

# publish NAME VERSION PORT COMMAND: builds and pushes; the reference is in $reference.
publish() {
  repository=rendertrust/$1
  module "$1" "$2"
  describe "$1" "$2" "$3" "$4"
  manifest=$work/$1-$2.manifest
  reference="$registry/$repository:$2@sha256:$(sum "$manifest")"
  accept="Accept: application/vnd.docker.distribution.manifest.v2+json"
  if curl -fsS -o /dev/null --head -H "$accept" \
    "http://$registry/v2/$repository/manifests/sha256:$(sum "$manifest")" 2>/dev/null; then
    say "$repository:$2 is there"
    return
  fi
  blob "$repository" "$work/base.gz"
  blob "$repository" "$work/$1-$2.gz"
  blob "$repository" "$work/$1-$2.config"
  curl -fsS -X PUT -H "Content-Type: application/vnd.docker.distribution.manifest.v2+json" \
    --data-binary "@$manifest" -o /dev/null "http://$registry/v2/$repository/manifests/$2"
  say "$repository:$2 pushed"
}

build() {
  start_registry
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  base
  echo "# Written by scripts/images.sh: the module images of this machine's registry." >"$work/images.yaml"
  for name in echo storyboard voice web; do
    case $name in
    echo) port=8080 ;;
    storyboard) port=8188 ;;
    voice) port=8189 ;;
    web) port=8080 ;;
    esac
    command='["nc","-ll","-p","'$port'","-e","/module/handle"]'
    [ $name != web ] || command='["httpd","-f","-p","'$port'","-h","/www"]'
    publish $name 1.0 $port "$command"
    echo "${name}Image: \"$reference\"" >>"$work/images.yaml"
    publish $name 1.1 $port "$command"
    echo "${name}ImageNext: \"$reference\"" >>"$work/images.yaml"
  done
  if cmp -s "$work/images.yaml" "$output"; then
    say "$output is up to date"
  else
    mkdir -p "$(dirname "$output")"
    cp "$work/images.yaml" "$output"
    say "$output written"
  fi
}

case ${1:-start} in
start) build ;;
stop) stop ;;
status)
  if ! running; then
    echo "stopped"
    exit 1
  fi
  address
  ;;
*)
  echo "usage: $0 [start|stop|status]" >&2
  exit 2
  ;;
esac
