#!/bin/bash
# Plans and applies price maps, compared with terraform in one run:
#
#   Benchmarks/prices.sh RENDERTRUST [PLANNED] [APPLIED]
#
# 1. `rendertrust plan` of PLANNED (10,000) PriceMaps that PostgreSQL has already, against `terraform plan` of
#    as many terraform_data that its state has already. Neither finds a change.
# 2. `rendertrust apply` of APPLIED (2,000) new PriceMaps, against `terraform apply` of as many new
#    terraform_data.
#
# Each program is timed as a whole process with its own start and stop; ours includes its PostgreSQL server.
# Plans change nothing, so each is run three times and the middle one counts; an apply is run once.
set -eu
rendertrust=$(realpath "$1")
planned=${2:-10000}
applied=${3:-2000}
. "$(dirname "$0")/common.sh"
work=$(mktemp -d "${TMPDIR:-/tmp}/rendertrust-bench.XXXXXX")
chmod 755 "$work"
trap 'rm -rf "$work"' EXIT

manifests() { # manifests COUNT FOLDER
  mkdir -p "$2"
  awk -v count="$1" 'BEGIN {
    print "apiVersion: rendertrust.com/v1\nkind: Database\nmetadata: {name: platform}\nspec: {embedded: {}}"
    for (i = 0; i < count; i++)
      printf "---\napiVersion: rendertrust.com/v1\nkind: PriceMap\nmetadata:\n  name: pack-%05d\nspec:\n  currency: usd\n  prices:\n    price_a%05d: {credits: 100, amount: 10.00}\n    price_b%05d: {credits: 550, amount: 50.00}\n", i, i, i
  }' >"$2/prices.yaml"
}

terraform_files() { # terraform_files COUNT FOLDER
  mkdir -p "$2"
  awk -v count="$1" 'BEGIN {
    for (i = 0; i < count; i++)
      printf "resource \"terraform_data\" \"pack_%05d\" {\n  input = { currency = \"usd\", price_a = \"100\", price_b = \"550\" }\n}\n", i
  }' >"$2/main.tf"
}

# Writes the state file that an apply would write, because an apply of this size takes an hour.
terraform_state() { # terraform_state COUNT FOLDER
  awk -v count="$1" 'BEGIN {
    value = "{\"value\":{\"currency\":\"usd\",\"price_a\":\"100\",\"price_b\":\"550\"},\"type\":[\"object\",{\"currency\":\"string\",\"price_a\":\"string\",\"price_b\":\"string\"}]}"
    printf "{\"version\":4,\"terraform_version\":\"1.11.0\",\"serial\":1,\"lineage\":\"00000000-0000-4000-8000-000000000000\",\"outputs\":{},\"resources\":["
    for (i = 0; i < count; i++)
      printf "%s{\"mode\":\"managed\",\"type\":\"terraform_data\",\"name\":\"pack_%05d\",\"provider\":\"provider[\\\"terraform.io/builtin/terraform\\\"]\",\"instances\":[{\"schema_version\":0,\"attributes\":{\"id\":\"%08d-0000-4000-8000-000000000000\",\"input\":%s,\"output\":%s,\"triggers_replace\":null},\"sensitive_attributes\":[]}]}", (i ? "," : ""), i, i, value, value
    print "],\"check_results\":null}"
  }' >"$2/terraform.tfstate"
}

median_of() { # median_of COMMAND…: the middle of three runs
  for run in 1 2 3; do seconds "$@" && echo; done | sort -n | sed -n 2p
}

ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.1f", a / b }'; }

manifests "$planned" "$work/ours/planned"
manifests "$applied" "$work/ours/applied"
"$rendertrust" apply "$work/ours/planned" --state "$work/ours/state-planned" >"$work/log" 2>&1 || {
  tail -n 5 "$work/log" >&2
  exit 1
}
# The state is set up first, without price maps: only the apply is compared.
manifests 0 "$work/ours/empty"
"$rendertrust" apply "$work/ours/empty" --state "$work/ours/state-applied" >"$work/log" 2>&1

our_plan=$(median_of "$rendertrust" plan "$work/ours/planned" --state "$work/ours/state-planned" --detailed-exitcode)
our_apply=$(seconds "$rendertrust" apply "$work/ours/applied" --state "$work/ours/state-applied")
echo "rendertrust plan of $planned unchanged: $our_plan s"
echo "rendertrust apply of $applied new:      $our_apply s"

if command -v terraform >/dev/null; then
  unset TF_CLI_CONFIG_FILE
  terraform_files "$planned" "$work/theirs/planned"
  terraform_state "$planned" "$work/theirs/planned"
  terraform_files "$applied" "$work/theirs/applied"
  for folder in planned applied; do
    terraform -chdir="$work/theirs/$folder" init -input=false >"$work/log" 2>&1
  done
  their_plan=$(median_of terraform -chdir="$work/theirs/planned" plan -input=false -no-color -detailed-exitcode)
  their_apply=$(seconds terraform -chdir="$work/theirs/applied" apply -input=false -no-color -auto-approve)
  echo "terraform plan of $planned unchanged:   $their_plan s"
  echo "terraform apply of $applied new:        $their_apply s"
  compare_at_least "plan of $planned unchanged" "$(ratio "$their_plan" "$our_plan")" "times as fast" 30
  compare_at_least "apply of $applied new" "$(ratio "$their_apply" "$our_apply")" "times as fast" 50
else
  echo "terraform is not installed: nothing to compare with"
fi
