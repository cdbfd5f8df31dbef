# Functions that the benchmarks share; sourced by bash.

# seconds_of_cpu PID: processor time of the process so far, in seconds.
seconds_of_cpu() {
  awk -v ticks="$(getconf CLK_TCK)" '{ sub(/.*\) /, ""); print ($12 + $13) / ticks }' "/proc/$1/stat"
}

# cpu_of COMMAND…: user and system seconds of the command, without processes that outlive it.
# Output and errors go to $work/log.
cpu_of() {
  local TIMEFORMAT='%U %S'
  { time "$@" >>"$work/log" 2>&1; } 2>&1 | awk '{ print $1 + $2 }'
}

# seconds COMMAND…: wall time in seconds with milliseconds; output and errors go to $work/log.
seconds() {
  local begun ended
  begun=$(date +%s%N)
  "$@" >>"$work/log" 2>&1 || {
    tail -n 20 "$work/log" >&2
    exit 1
  }
  ended=$(date +%s%N)
  awk -v ns=$((ended - begun)) 'BEGIN { printf "%.3f", ns / 1e9 }'
}

# median: of the numbers on standard input.
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

# compare WHAT MEASURED UNIT TARGET: one line with whether the target was met or by how much it was missed.
compare() {
  awk -v what="$1" -v measured="$2" -v unit="$3" -v target="$4" 'BEGIN {
    printf "%s: %s %s (target: at most %s %s): ", what, measured, unit, target, unit
    if (measured <= target) print "met"; else printf "missed by %.0f %%\n", (measured / target - 1) * 100
  }'
}

# compare_at_least WHAT MEASURED UNIT TARGET: the same where more is better.
compare_at_least() {
  awk -v what="$1" -v measured="$2" -v unit="$3" -v target="$4" 'BEGIN {
    printf "%s: %s %s (target: at least %s %s): ", what, measured, unit, target, unit
    if (measured >= target) print "met"; else printf "missed by %.0f %%\n", (1 - measured / target) * 100
  }'
}

# price_file FIRST COUNT CREDITS: documents of COUNT price maps; the first one's price gives CREDITS.
price_file() {
  awk -v first="$1" -v count="$2" -v credits="$3" 'BEGIN {
    for (i = first; i < first + count; i++)
      printf "---\napiVersion: rendertrust.com/v1\nkind: PriceMap\nmetadata:\n  name: pack-%05d\nspec:\n  currency: usd\n  prices:\n    price_a%05d: {credits: %d, amount: 10.00}\n    price_b%05d: {credits: 550, amount: 50.00}\n", i, i, (i == first ? credits : 100), i
  }'
}

# price_folder COUNT FOLDER: COUNT resources, 100 price maps a file.
price_folder() {
  mkdir -p "$2"
  printf 'apiVersion: rendertrust.com/v1\nkind: Database\nmetadata: {name: platform}\nspec: {embedded: {}}\n' >"$2/database.yaml"
  awk -v count="$1" -v folder="$2" 'BEGIN {
    for (i = 0; i < count - 1; i++) {
      file = sprintf("%s/prices-%04d.yaml", folder, int(i / 100))
      if (i % 100 == 0 && i > 0) close(last)
      printf "---\napiVersion: rendertrust.com/v1\nkind: PriceMap\nmetadata:\n  name: pack-%05d\nspec:\n  currency: usd\n  prices:\n    price_a%05d: {credits: 100, amount: 10.00}\n    price_b%05d: {credits: 550, amount: 50.00}\n", i, i, i >file
      last = file
    }
  }'
}
