#!/bin/sh
# Creates or completes a Python virtual environment with these packages, and prints the path of its
# interpreter:
#
#   scripts/python.sh FOLDER PACKAGE==VERSION…
#
# May be repeated and run concurrently; if every package is installed, no index is contacted. All output but
# the path goes to standard error. Needs python3-venv (Debian's name).
set -eu

[ $# -ge 2 ] || {
  echo "usage: $0 FOLDER PACKAGE==VERSION..." >&2
  exit 2
}
folder=$1
shift

for package; do
  case $package in
  ?*==?*) ;;
  *)
    echo "python: write $package as PACKAGE==VERSION" >&2
    exit 2
    ;;
  esac
done

mkdir -p "$folder"
folder=$(cd "$folder" && pwd -P)
python=$folder/bin/python

# One process at a time for each folder.
exec 9>"$folder/.lock"
flock 9

complete() {
  "$python" - "$@" <<'EOT'
import importlib.metadata
import sys

for wanted in sys.argv[1:]:
    name, version = wanted.split("==")
    try:
        found = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        sys.exit(1)
    if found != version:
        sys.exit(1)
EOT
}

if ! complete "$@" 2>/dev/null; then
  # An interpreter that does not start belongs to a Python that was removed.
  if ! "$python" -m pip --version >/dev/null 2>&1; then
    python3 -m venv --clear "$folder" >&2 || {
      echo "python: no virtual environment in $folder: install python3-venv" >&2
      exit 1
    }
  fi
  "$python" -m pip install --quiet --disable-pip-version-check --no-input "$@" >&2 || {
    echo "python: $* cannot be installed: check the package index that pip is set up with" >&2
    exit 1
  }
fi
echo "$python"
