#!/usr/bin/env bash
# Two days of a real call centre's trace, twice: every call ends once, nothing is violated, the
# share that hangs up is within 1.5 points of the trace's, and both runs leave one state.
set -euo pipefail
. "$USHER_SOURCE/tests/end_to_end/usherd.inc"

# The trace is free to use and is not part of this repository.
data=$USHER_SOURCE/../shared/data
[ -r "$data/bank_calls.csv" ] || exit 77

# value NAME FILE: of a number or a text in the JSON.
value() { sed -E "s/.*\"$1\":\"?([^,\"}]*).*/\1/" "$2"; }

for run in 1 2; do
  start_usherd "$USHER_SOURCE/config/bank.toml" --clock client
  "$usher_load" trace --calls "$data/bank_calls.csv" --shifts "$data/bank_shifts.csv" \
    --patience "$data/bank_patience.csv" --days 2 --seed 7 --json "${endpoints[@]}" \
    >"$WORK/$run.txt"
  stop_usherd
done
for name in digest chain events ended; do
  [ "$(value $name "$WORK/1.txt")" = "$(value $name "$WORK/2.txt")" ] ||
    fail "$name differs: $(value $name "$WORK/1.txt"), $(value $name "$WORK/2.txt")"
done
[ "$(value calls "$WORK/1.txt")" = "$(value ended "$WORK/1.txt")" ] || fail "a call did not end"
difference=$(value difference_points "$WORK/1.txt")
awk -v d="$difference" 'BEGIN { exit !(d > -1.5 && d < 1.5) }' ||
  fail "the share that hung up is $difference points away from the trace's"
