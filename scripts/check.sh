#!/bin/sh
# What can be said of the sources without building them. Prints every finding; exit code 1 when there is one.
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
  report 'Not formatted (make fmt mends most of it):'

find Sources Tests Benchmarks -name '*.swift' -exec wc -l {} + | awk '$2 != "total" && $1 > 400 { print $2 ": " $1 " lines" }' |
  report 'Longer than 400 lines:'

# Arrows point down the layers; within one layer only those that are named here.
find Sources -name '*.swift' | sort | awk '
  BEGIN {
    beside["DockerEngine HTTP"] = beside["PgBackRest Postgres"] = beside["StripeAPI HTTP"] = 1
    beside["ObjectStorage HTTP"] = beside["Billing Ledger"] = beside["Scheduling Ledger"] = 1
  }
  function module(path, parts, count) {
    count = split(path, parts, "/")
    if (parts[2] == "Drivers" || parts[2] == "Components" || parts[2] == "System") return parts[3]
    return parts[2]
  }
  function layer(path, parts) {
    split(path, parts, "/")
    if (parts[2] == "System") return 0
    if (parts[2] == "Model") return 1
    if (parts[2] == "Components") return 3
    if (parts[2] == "Gateway") return 4
    if (parts[2] ~ /^rendertrust/) return 5
    return 2
  }
  { files[++count] = $0; layers[module($0)] = layer($0) }
  END {
    layers["CLibYAML"] = layers["CLibPQ"] = layers["CLibCurl"] = layers["COpenSSL"] = layers["CLibZstd"] = 0
    for (i = 1; i <= count; i++) {
      own = module(files[i])
      while ((getline line < files[i]) > 0) {
        if (line !~ /^(package |internal |private |public )?import [A-Za-z]+$/) continue
        n = split(line, words, " "); other = words[n]
        if (!(other in layers) || other == own) continue
        if (layers[other] < layers[own]) continue
        if (layers[other] == 3 && layers[own] == 3 && (other == "Component" || other == "Workloads")) continue
        if ((own " " other) in beside) continue
        print files[i] ": " own " must not import " other
      }
      close(files[i])
    }
  }' | report 'Arrows that the design does not have:'

grep -n -E 'Date\(\)|(^|[^A-Za-z])\.now\b|Clock(\(\))?\.now\b|UUID\(\)|\bawait\b|SystemRandomNumberGenerator|\.random\(' \
  $(find Sources -name '*Planner.swift') $(find Sources/Planning -name '*.swift') 2>/dev/null | grep -v '///' |
  report 'Planners are pure (no clock, randomness or await):'

# Paths that the documents name in backquotes exist.
for document in README.md ARCHITECTURE.md CONTRIBUTING.md; do
  grep -o -E '`(Sources|Tests|Benchmarks|scripts|docs|manifests|blueprints|runbooks)/[A-Za-z0-9_./+-]*`' "$document" 2>/dev/null |
    tr -d '`' | sort -u | while read -r path; do
    [ -e "$path" ] || echo "$document names $path"
  done
done | report 'Paths that do not exist:'

# The service is one that systemd takes, and is shut in well (its own measure, 0 to 100, small is good).
if command -v systemd-analyze >/dev/null; then
  unit=$(mktemp -d)
  sed 's#/usr/bin/rendertrust#/bin/true#' packaging/rendertrust.service >"$unit/rendertrust.service"
  systemd-analyze verify "$unit/rendertrust.service" 2>&1 | grep -F "$unit" |
    report 'packaging/rendertrust.service is not in order:'
  systemd-analyze security --offline=true --threshold=20 --no-pager packaging/rendertrust.service >"$unit/security" 2>&1 ||
    tail -n 1 "$unit/security" | report 'packaging/rendertrust.service lets the server do more than it needs:'
  rm -r "$unit"
fi

git ls-files 2>/dev/null | grep -E '(^|/)\.build|Package\.resolved$' | report 'Must not be committed:'

[ ! -s "$findings" ] || exit 1
echo "check: format, lengths, arrows, planners and paths are in order"
