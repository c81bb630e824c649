#!/usr/bin/env bash
# A real usherd on a state that another version left: of a format it does not know, it refuses and
# changes nothing; of another core, it goes on from a sealed state, and otherwise says what to run.
set -euo pipefail
. "$USHER_SOURCE/tests/end_to_end/usherd.inc"

# The value `state` of the family `meta` (docs/formats.md), as 0x and hexadecimal digits.
meta() { ldb --db="$WORK/state/journal" --column_family=meta --value_hex get state; }
set_meta() {
  ldb --db="$WORK/state/journal" --column_family=meta --value_hex put state "$1" >/dev/null
}
# as_written_by FIRST DIGITS: the state with these digits from byte FIRST on, which is 0 for the
# format and 13 for the version of the core.
as_written_by() {
  local value
  value=$(meta)
  set_meta "${value:0:2 + 2 * $1}$2${value:2 + 2 * $1 + ${#2}}"
}
of_another_core() { as_written_by 13 0000000000000abc; }
# refuses TEXT: usherd ends with 2 and says so.
refuses() {
  : >"$WORK/usherd.log"
  try_usherd
  [ $ended = 2 ] || fail "it ends with $ended and not with 2: $(cat "$WORK/usherd.log")"
  grep -qF -- "$1" "$WORK/usherd.log" ||
    fail "expected \"$1\", found: $(cat "$WORK/usherd.log")"
}
goes_on() {
  run_usherd
  local one
  for one in "$@"; do
    "$usherctl" conversation "$one" >/dev/null || fail "conversation $one is gone"
  done
}
open_one() { "$usherctl" open "$1" --channel chat --category account >/dev/null; }

start_usherd "$USHER_SOURCE/config/usher.toml"
open_one first
stop_usherd
mine=$(meta)
as_written_by 0 0900
refuses "has format 9, which a newer usherd wrote; this one reads formats up to"
[ "$(meta)" = "${mine:0:2}0900${mine:6}" ] || fail "a state of a newer format was changed"
set_meta "$mine"
goes_on first
stop_usherd

of_another_core
goes_on first
open_one second
kill_usherd

mine=$(meta)
of_another_core
other=$(meta)
refuses "once with --seal"
[ "$(meta)" = "$other" ] || fail "what another core left unsealed was changed"
set_meta "$mine"
STATE_DIRECTORY=$WORK/state "$USHER_BUILD/usherd" --config "$WORK/usher.toml" --seal \
  >"$WORK/seal.log" 2>&1 || fail "the previous version does not seal: $(cat "$WORK/seal.log")"
of_another_core
goes_on first second
stop_usherd
