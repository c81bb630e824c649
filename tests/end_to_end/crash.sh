#!/usr/bin/env bash
# usherd is killed again and again under load, while its state is kept every second, and every time
# goes on where its journal ends: nothing acknowledged is lost, nothing is applied twice, and the
# stream has no gap, as an independent reader of it finds who was there all the time.
set -euo pipefail
. "$USHER_SOURCE/tests/end_to_end/usherd.inc"

rounds=${USHER_CRASHES:-40}

sed 's/^snapshot_every = .*/snapshot_every = "1s"/' "$USHER_SOURCE/config/usher.toml" \
  >"$WORK/often.toml"
start_usherd "$WORK/often.toml"
"$usher_load" blast --for $((rounds * 2 + 60)) --under-way 200 --agents 200 --no-baseline \
  "${endpoints[@]}" >"$WORK/blast.txt" 2>&1 &
load=$!
others+=($load)

# The pool's last event, as usherd says; nothing while it does not answer.
last_event() {
  timeout 5 "$USHER_BUILD/usherctl" status --json 2>/dev/null |
    sed -n 's/.*"sequence":\([0-9]*\).*/\1/p'
}

states_kept() { grep -c 'is kept: ' "$WORK/usherd.log" || true; }

# Each round ends after other much work, so that the kill falls anywhere in a group; every eighth
# begins when a state was kept, and may end while the next one is.
RANDOM=7
for ((round = 1; round <= rounds; ++round)); do
  if ((round % 8 == 4)); then
    kept=$(states_kept)
    deadline=$((SECONDS + 30))
    until [ "$(states_kept)" -gt "$kept" ]; do
      [ $SECONDS -lt $deadline ] || fail "no state is kept in round $round"
    done
  fi
  begin=$(last_event)
  [ -n "$begin" ] || fail "usherd does not answer in round $round"
  wanted=$((begin + 500 + RANDOM % 8000))
  deadline=$((SECONDS + 30))
  while [ "$(last_event)" -lt $wanted ]; do
    [ $SECONDS -lt $deadline ] || fail "no work is done in round $round"
  done
  kill_usherd
  run_usherd
done

kill -INT $load
wait $load || fail "usher-load found that something was lost, doubled or missing"
others=()
recovered=$(grep -c 'recovered [0-9]* records in' "$WORK/usherd.log")
[ "$recovered" = "$rounds" ] || fail "$recovered of $rounds starts told what they recovered"
grep -q 'recovered .* from the state of record' "$WORK/usherd.log" || fail "no state was kept"
last=$(tail -n 1 "$WORK/blast.txt")
[[ $last =~ ' 0 lost, 0 doubled, 0 over capacity'$ ]] || fail "the last line was \"$last\""
stop_usherd
"$USHER_BUILD/usherctl" journal --state "$WORK/state" verify >"$WORK/verify.txt" ||
  fail "the states are not what follows from the records: $(cat "$WORK/verify.txt")"

awk '
  match($0, /the pool was down for [0-9]+ ms/) {
    split(substr($0, RSTART, RLENGTH), words, " ")
    down += words[6] / 1000
  }
  / commands\/s, .* over / {
    for (i = 2; i <= NF; ++i) {
      if ($i == "commands/s,") rate = $(i - 1)
      if ($i == "over") seconds = $(i + 1)
    }
  }
  END {
    printf "%.0f commands/s in the %.1f of %.1f s in which usherd was there\n",
      rate * seconds / (seconds - down), seconds - down, seconds
  }' "$WORK/usherd.log" "$WORK/blast.txt"
