#!/bin/sh
# Installs the missing packages that RenderTrust builds and runs with. May be repeated.
set -eu

# the name of a package, then a file or command that proves it is installed
wanted='
libyaml-dev          /usr/include/yaml.h
libpq-dev            /usr/include/postgresql/libpq-fe.h
libcurl4-openssl-dev /usr/lib/x86_64-linux-gnu/libcurl.so|/usr/lib/aarch64-linux-gnu/libcurl.so
libssl-dev           /usr/include/openssl/evp.h
libzstd-dev          /usr/include/zstd.h
python3-venv         /usr/lib/python3.11/ensurepip|/usr/lib/python3.12/ensurepip|/usr/lib/python3.13/ensurepip
pkg-config           pkg-config
postgresql-15        /usr/lib/postgresql/15/bin/postgres
pgbackrest           pgbackrest
docker.io            /usr/sbin/dockerd
docker-registry      docker-registry
busybox-static       /bin/busybox
iptables             /usr/sbin/iptables
iproute2             ip
curl                 curl
'

command -v swift >/dev/null || {
  echo "setup: the Swift toolchain (6.2 or newer) is missing: see https://swift.org/install" >&2
  exit 1
}

missing=
while read -r package proof; do
  [ -n "$package" ] || continue
  found=
  for candidate in $(echo "$proof" | tr '|' ' '); do
    case $candidate in
    /*) if [ -e "$candidate" ]; then found=yes; fi ;;
    *) if command -v "$candidate" >/dev/null; then found=yes; fi ;;
    esac
  done
  [ -n "$found" ] || missing="$missing $package"
done <<EOT
$wanted
EOT

if [ -z "$missing" ]; then
  echo "setup: everything is installed"
  exit 0
fi

echo "setup: installing$missing"
as_root=
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || {
    echo "setup: run this as root, or install these packages yourself:$missing" >&2
    exit 1
  }
  as_root=sudo
fi
# PostgreSQL runs below the state folder only: the package must not start a server.
if ! [ -e /etc/postgresql-common/createcluster.conf ]; then
  $as_root mkdir -p /etc/postgresql-common
  echo 'create_main_cluster = false' | $as_root tee /etc/postgresql-common/createcluster.conf >/dev/null
fi
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -qq
# shellcheck disable=SC2086
$as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null
echo "setup: done"
