#!/bin/sh
# Checks the sources without building them. Prints every finding; exit code 1 if there is one.
set -u
cd "$(dirname "$0")/.."
findings=$(mktemp)
trap 'rm -f "$findings"' EXIT
report() { # report TITLE; the findings on standard input
  lines=$(cat)
  [ -n "$lines" ] || return 0
  printf '%s\n%s\n' "$1" "$lines" | tee -a "$findings" >&2
}

swift format lint --strict --recursive Package.swift Sources Tests Benchmarks 2>&1 |
  report 'Not formatted (make fmt fixes most of it):'

find Sources Tests Benchmarks -name '*.swift' -exec wc -l {} + | awk '$2 != "total" && $1 > 400 { print $2 ": " $1 " lines" }' |
  report 'Longer than 400 lines:'

{ scripts/source-metrics.py --check || echo "source-metrics.py ended with code $?"; } |
  report 'Language, widths and SQL:'

{ scripts/check-imports.py || echo "check-imports.py ended with code $?"; } |
  report 'Imports that the layers of ARCHITECTURE.md do not allow:'

grep -n -E 'Date\(\)|(^|[^A-Za-z])\.now\b|Clock(\(\))?\.now\b|UUID\(\)|\bawait\b|SystemRandomNumberGenerator|\.random\(' \
  $(find Sources -name '*Planner.swift') $(find Sources/Planning -name '*.swift') 2>/dev/null | grep -v '///' |
  report 'Planners are pure (no clock, randomness or await):'

# Every path that a document names in backquotes exists.
for document in README.md ARCHITECTURE.md CONTRIBUTING.md; do
  grep -o -E '`(Sources|Tests|Benchmarks|scripts|docs|manifests|blueprints|runbooks)/[A-Za-z0-9_./+-]*`' "$document" 2>/dev/null |
    tr -d '`' | sort -u | while read -r path; do
    [ -e "$path" ] || echo "$document names $path"
  done
done | report 'Paths that do not exist:'

# systemd accepts the unit, and its own exposure score (0 to 100, lower is better) stays low.
if command -v systemd-analyze >/dev/null; then
  unit=$(mktemp -d)
  sed 's#/usr/bin/rendertrust#/bin/true#' packaging/rendertrust.service >"$unit/rendertrust.service"
  systemd-analyze verify "$unit/rendertrust.service" 2>&1 | grep -F "$unit" |
    report 'packaging/rendertrust.service is invalid:'
  systemd-analyze security --offline=true --threshold=20 --no-pager packaging/rendertrust.service >"$unit/security" 2>&1 ||
    tail -n 1 "$unit/security" | report 'packaging/rendertrust.service grants more than the server needs:'
  rm -r "$unit"
fi

git ls-files 2>/dev/null | grep -E '(^|/)\.build|Package\.resolved$' | report 'Must not be committed:'

[ ! -s "$findings" ] || exit 1
echo "check: format, file lengths, language, SQL, imports, planners and paths are correct"
