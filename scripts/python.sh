#!/bin/sh
# Makes or completes a Python environment with packages from PyPI, and prints the path of its python:
#
#   scripts/python.sh FOLDER PACKAGE==VERSION …
#
# May be repeated, also by several at once: what is there is not fetched again, and then no network is needed.
set -eu

usage() {
  echo "usage: scripts/python.sh FOLDER PACKAGE==VERSION ..." >&2
  exit 2
}
[ $# -ge 2 ] || usage
folder=$1
shift
for word; do
  case $word in
  ?*==?*) ;;
  *) usage ;;
  esac
done
python=$folder/bin/python

# Exit code 0 when every package is there in the version that is wanted.
complete() {
  [ -x "$python" ] && "$python" -c '
import sys
from importlib.metadata import PackageNotFoundError, version
try:
    wanted = [word.split("==") for word in sys.argv[1:]]
    sys.exit(any(version(name) != number for name, number in wanted))
except PackageNotFoundError:
    sys.exit(1)
' "$@"
}

mkdir -p "$folder"
exec 9>"$folder/.lock"
flock 9
if ! complete "$@"; then
  # One that is half made, or whose python went away, is made over.
  "$python" -m pip --version >/dev/null 2>&1 || python3 -m venv "$folder" >&2
  "$python" -m pip install --quiet --disable-pip-version-check --only-binary :all: "$@" >&2
  complete "$@" || {
    echo "python: $folder does not have what was asked for: $*" >&2
    exit 1
  }
fi
(cd "$folder" && echo "$(pwd -P)/bin/python")
