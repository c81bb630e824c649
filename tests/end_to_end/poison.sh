#!/usr/bin/env bash
# A command at which usherd crashes does so once: the next start refuses it from anyone. When it is
# in the journal already, usherd does not start, and says how to go on. Nor does it start when it
# crashed at a timer, of which no command is to blame. The usherds of this test have a CHECK planted
# in them.
set -euo pipefail
. "$USHER_SOURCE/tests/end_to_end/usherd.inc"
. "$USHER_SOURCE/tests/faulty.inc"

real=$USHER_BUILD
mkdir "$WORK/build"
ln -s "$real/usherctl" "$real/usherctl-journal" "$WORK/build"

sed 's/^Outcome Router::State::on(const command::Open& command) {$/&\
  CHECK(command.conversation != ConversationId::of_text("poison"));/' \
  "$USHER_SOURCE/routing/conversations.cc" >"$WORK/planted.cc"
cmp -s "$USHER_SOURCE/routing/conversations.cc" "$WORK/planted.cc" && fail "the CHECK has no place"
link_with "$real" "$USHER_SOURCE" routing/conversations.cc "$WORK/planted.cc" usherd \
  "$WORK/build/usherd" >"$WORK/planted.txt" ||
  fail "the planted usherd does not build: $(cat "$WORK/planted.txt")"
USHER_BUILD=$WORK/build
usherctl=$USHER_BUILD/usherctl

open_one() { timeout 5 "$usherctl" --timeout 2000 open "$1" --channel chat --category account; }

start_usherd "$USHER_SOURCE/config/usher.toml"
open_one c1 >/dev/null || true
open_one poison >/dev/null 2>&1 && fail "the CHECK was not planted"
code=0
wait $usherd || code=$?
[ $code = 134 ] || fail "usherd ended with $code, not by its CHECK"
grep -q '^record [0-9]*, command [0-9]* of kind 1: .*planted.cc:' "$WORK/state/poison" ||
  fail "the poison file does not say which record it was"

# Whoever sends it again hears why not, and everybody else is served.
run_usherd
grep -q 'that command is refused as quarantined' "$WORK/usherd.log" || fail "nothing was said of it"
said=$(open_one poison 2>&1) && fail "the command was taken"
[[ $said = *"it made usherd crash before"* ]] || fail "it was refused with: $said"
open_one c2 >/dev/null || true
"$usherctl" conversation c2 >/dev/null || fail "nobody else is served"
stop_usherd

# In the journal: as if the one that crashed came after one that had not.
rm -rf "$WORK/state"
mkdir "$WORK/state"
USHER_BUILD=$real run_usherd
open_one poison >/dev/null || true
kill_usherd
code=0
STATE_DIRECTORY=$WORK/state timeout 30 "$WORK/build/usherd" --config "$WORK/usher.toml" \
  >"$WORK/again.log" 2>&1 || code=$?
[ $code = 134 ] || fail "the replay ended with $code, not by the CHECK: $(cat "$WORK/again.log")"
code=0
STATE_DIRECTORY=$WORK/state timeout 30 "$WORK/build/usherd" --config "$WORK/usher.toml" \
  >"$WORK/again.log" 2>&1 || code=$?
[ $code = 5 ] || fail "the second replay ended with $code: $(cat "$WORK/again.log")"
sequence=$(sed -n 's/.* quarantine \([0-9]*\) makes it count as refused.*/\1/p' "$WORK/again.log")
[ -n "$sequence" ] || fail "it did not say how to go on: $(cat "$WORK/again.log")"
"$usherctl" journal --state "$WORK/state" quarantine "$sequence" >/dev/null ||
  fail "the record cannot be put into quarantine"
run_usherd
"$usherctl" conversation poison >/dev/null 2>&1 && fail "the record was carried out all the same"
stop_usherd
"$usherctl" journal --state "$WORK/state" dump | grep -q "refused: quarantined" ||
  fail "the journal does not tell of the refusal"
"$usherctl" journal --state "$WORK/state" verify >/dev/null || fail "the journal is not whole"

# At the timers, as a command comes: nobody's command is to blame, and usherd would do it again.
sed 's|^    at_timers = true;$|&\
    CHECK(record.session.is_zero() \|\| access("'"$WORK"'/crash", F_OK) != 0);|
  1i #include <unistd.h>' "$USHER_SOURCE/routing/router.cc" >"$WORK/planted.cc"
grep -q 'CHECK(.*access' "$WORK/planted.cc" || fail "the second CHECK has no place"
link_with "$real" "$USHER_SOURCE" routing/router.cc "$WORK/planted.cc" usherd \
  "$WORK/build/usherd" >"$WORK/planted.txt" ||
  fail "the planted usherd does not build: $(cat "$WORK/planted.txt")"
rm -rf "$WORK/state"
mkdir "$WORK/state"
run_usherd
touch "$WORK/crash"
open_one c1 >/dev/null 2>&1 && fail "the second CHECK was not planted"
code=0
wait $usherd || code=$?
[ $code = 134 ] || fail "usherd ended with $code, not by its second CHECK"
sequence=$(sed -n 's/^record \([0-9]*\), timers before command 1 of kind .*/\1/p' \
  "$WORK/state/poison")
[ -n "$sequence" ] || fail "the poison file blames a command: $(cat "$WORK/state/poison")"
code=0
STATE_DIRECTORY=$WORK/state timeout 30 "$WORK/build/usherd" --config "$WORK/usher.toml" \
  >"$WORK/again.log" 2>&1 || code=$?
[ $code = 5 ] || fail "the start after that ended with $code: $(cat "$WORK/again.log")"
grep -q "by the time of record $sequence, .* this usherd cannot go on with this state" \
  "$WORK/again.log" || fail "it did not say why: $(cat "$WORK/again.log")"
rm "$WORK/state/poison" "$WORK/crash"
run_usherd
open_one c1 >/dev/null || true
"$usherctl" conversation c1 >/dev/null || fail "an innocent command is refused"
stop_usherd
