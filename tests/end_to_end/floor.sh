#!/usr/bin/env bash
# A floor of people against a real usherd for ten seconds: nothing lost, doubled or over capacity.
set -euo pipefail
. "$USHER_SOURCE/tests/end_to_end/usherd.inc"

start_usherd "$USHER_SOURCE/config/usher.toml"
"$usher_load" floor --for 10 "${endpoints[@]}" >"$WORK/floor.txt"
last=$(tail -n 1 "$WORK/floor.txt")
clean='^routed [1-9][0-9]* conversations; 0 lost, 0 doubled, 0 over capacity$'
[[ $last =~ $clean ]] || fail "the last line was \"$last\""
stop_usherd
