#!/bin/sh
# Runs every benchmark on the release build and prints the numbers with the machine they come from.
set -eu
cd "$(dirname "$0")/.."
scratch=${1:-.build}
echo "machine: $(nproc) cores, $(awk '/MemTotal/ { printf "%.0f GiB", $2 / 1048576 }' /proc/meminfo), $(awk -F': ' '/model name/ { print $2; exit }' /proc/cpuinfo), $(. /etc/os-release && echo "$PRETTY_NAME")"
echo "toolchain: $(swift --version 2>/dev/null | head -n 1)"
for product in bench-manifests bench-containers bench-ledger bench-selection; do
  scripts/build-release.sh $product "$scratch" >/dev/null
done
echo
echo "== Manifests: 100,000 documents"
"$scratch/release/bench-manifests"
echo
echo "== Plan and apply of price maps"
Benchmarks/prices.sh "$scratch/release/rendertrust"
echo
echo "== The loop with very many resources"
Benchmarks/scale.sh "$scratch/release/rendertrust"
echo
echo "== Containers"
Benchmarks/containers.sh "$scratch/release/rendertrust" "$scratch/release/bench-containers"
echo
echo "== The ledger"
"$scratch/release/bench-ledger" 10 5000000
"$scratch/release/bench-ledger" export 5000000
echo
echo "== Selection"
"$scratch/release/bench-selection" 30000
echo
echo "== Orders through a server"
Benchmarks/jobs.sh "$scratch/release/rendertrust" 60
