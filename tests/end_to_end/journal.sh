#!/usr/bin/env bash
# usherctl journal, on the state of a usherd that is stopped and on a copy of it: what it says is
# what was published, and damage is found.
set -euo pipefail
. "$USHER_SOURCE/tests/end_to_end/usherd.inc"

sed 's/^snapshot_every = .*/snapshot_every = "1s"/' "$USHER_SOURCE/config/usher.toml" \
  >"$WORK/often.toml"
start_usherd "$WORK/often.toml"
timeout 60 "$usher_load" blast --for 3 --under-way 50 --agents 20 --no-baseline \
  "${endpoints[@]}" >"$WORK/blast.txt" 2>&1 || fail "usher-load found something"
"$USHER_BUILD/usherctl" journal --state "$WORK/state" stats >"$WORK/said.txt" 2>&1 &&
  fail "it looks into the journal of a usherd that runs"
grep -qF "in use by another usherd" "$WORK/said.txt" || fail "it does not say that usherd runs"
stop_usherd

journal() { "$USHER_BUILD/usherctl" journal --state "$WORK/copy" "$@"; }
cp -r "$WORK/state" "$WORK/copy"

journal stats >"$WORK/stats.txt"
grep -q '^pool main, .* stopped in good order$' "$WORK/stats.txt" || fail "stats: whose is it?"
[ "$(grep -c '^state of record' "$WORK/stats.txt")" -ge 2 ] || fail "stats: where are the states?"
journal verify >"$WORK/verify.txt" || fail "verify: $(cat "$WORK/verify.txt")"
grep -q 'is what follows from the records before$' "$WORK/verify.txt" || fail "verify: no state"

conversations=$(sed -n 's/^routed \([0-9]*\) conversations.*/\1/p' "$WORK/blast.txt")
journal export >"$WORK/events.jsonl"
opened=$(grep -c '"kind":"opened"' "$WORK/events.jsonl")
[ "$opened" = "$conversations" ] || fail "export: $opened opened, $conversations were routed"
events=$(wc -l <"$WORK/events.jsonl")
[ "$(tail -n 1 "$WORK/events.jsonl" | sed 's/^{"sequence":\([0-9]*\),.*/\1/')" = "$events" ] ||
  fail "export: there is a gap"

one=$(sed -n '/"kind":"assigned"/{s/.*"conversation":"\([^"]*\)".*/\1/p;q}' "$WORK/events.jsonl")
journal dump --conversation "$one" >"$WORK/dump.txt"
for said in "usher-load #[0-9]*: open $one: chat, " "event [0-9]*: assigned $one: blast-" \
  "usher-load #[0-9]*: close $one"; do
  grep -q "$said" "$WORK/dump.txt" || fail "dump does not tell: $said"
done

# Damage in the middle of the records, where a start would not look.
largest=$(find "$WORK/copy/journal" -name '*.sst' -o -name '*.log' | xargs ls -S | sed -n 1p)
printf '\377\377\377\377' | dd of="$largest" bs=1 seek=$(($(stat -c %s "$largest") / 2)) \
  conv=notrunc status=none
code=0
journal verify >"$WORK/verify.txt" 2>&1 || code=$?
[[ $code = 2 || $code = 3 ]] || fail "verify finds no damage: $(cat "$WORK/verify.txt")"
code=0
journal quarantine 99999999 2>"$WORK/said.txt" || code=$?
[ $code != 0 ] || fail "a record that is not there is in quarantine"
