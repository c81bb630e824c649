#!/usr/bin/env bash
# A subscriber and a front-end are stopped for ten seconds under load: everybody else is served as
# before, and both come back without a gap.
set -euo pipefail
. "$USHER_SOURCE/tests/end_to_end/usherd.inc"


start_usherd "$USHER_SOURCE/config/usher.toml"
"$usher_load" floor --for 24 --live --seed 3 "${endpoints[@]}" >"$WORK/floor.txt" 2>&1 &
floor=$!
others+=($floor)
until_true 20 grep -q 'answered [1-9]' "$WORK/floor.txt"
"$usher_load" check --for 17 "${endpoints[@]}" >"$WORK/subscriber.txt" 2>&1 &
subscriber=$!
"$usher_load" customers --for 17 --rate 5 --seed 4 --live "${endpoints[@]}" \
  >"$WORK/front.txt" 2>&1 &
front=$!
others+=($subscriber $front)
until_true 20 grep -q 'answered [1-9]' "$WORK/front.txt"

kill -STOP $subscriber $front
# Ten seconds of silence are the fact under test.
sleep 10
kill -CONT $subscriber $front

wait $subscriber || fail "the subscriber found a gap or a violation"
wait $front || fail "the front-end has a gap or lost a command"
wait $floor || fail "the floor was disturbed"
others=()
# Nobody else waited for the two, who were silent for four tenths of the time: half a second is far
# above what nine of ten acknowledgements take, however busy the machine is.
p90=$(awk '/command to acknowledgement/ { print $5 }' "$WORK/floor.txt")
[ "$p90" -lt 500000 ] || fail "acknowledgements of the others took $p90 microseconds"
stop_usherd
