#!/usr/bin/env bash
# The whole job by hand, in two terminals: usherctl opens conversations in one, an agent works at a
# desk in the other. An incident comes first; then accept, reply, hold, resume, transfer, close; and
# `watch` and `history` tell it in words.
set -euo pipefail
. "$USHER_SOURCE/tests/end_to_end/usherd.inc"

export NO_COLOR=1

start_usherd "$USHER_SOURCE/config/usher.toml"
"$usherctl" watch --after 0 >"$WORK/watch.out" 2>&1 &
others+=($!)

prints "ana is on the roster" "$usherctl" roster import "$USHER_SOURCE/config/roster.example.toml"

prints "ana      security_desk      2  offline" "$usherctl" agents

# A chat and a stolen account come while nobody is there; the incident is the younger one.
prints "chat c-1 opened: class account, waiting, 1 wait in its class" \
  "$usherctl" open c-1 --channel chat --category account --language en --customer kim
prints "chat s-1 opened: class takeover, waiting, 1 wait in its class" \
  "$usherctl" open s-1 --channel chat --category takeover --language en
prints "account" "$usherctl" queue

# The second terminal. Its end of the pipe stays open until the agent has done with it.
mkfifo "$WORK/ana"
"$usherctl" desk ana <"$WORK/ana" >"$WORK/ana.out" 2>&1 &
others+=($!)
exec 5>"$WORK/ana"
type_at_desk() { echo "$*" >&5; }

says "$WORK/ana.out" "s-1  given to ana"
says "$WORK/ana.out" "c-1  offered to ana"
given=$(grep -n "s-1  given to ana" "$WORK/ana.out" | cut -d: -f1)
offered=$(grep -n "c-1  offered to ana" "$WORK/ana.out" | cut -d: -f1)
[ "$given" -lt "$offered" ] || fail "the incident was not the first to be given"

type_at_desk reply s-1
says "$WORK/ana.out" "s-1  first reply by ana"
type_at_desk accept
says "$WORK/ana.out" "c-1  accepted by ana"
type_at_desk reply c-1
says "$WORK/ana.out" "c-1  first reply by ana"
type_at_desk hold c-1 30m
says "$WORK/ana.out" "c-1  held by ana, 30m 00s at most"
prints "held, with ana" "$usherctl" conversation c-1
type_at_desk resume
says "$WORK/ana.out" "c-1  resumed by ana"

# An offer that comes while she sits there is the one that is meant.
prints "chat c-2 opened" "$usherctl" open c-2 --channel chat --category login --language en
says "$WORK/ana.out" "c-2  offered to ana"
type_at_desk accept
says "$WORK/ana.out" "c-2  accepted by ana"
type_at_desk close c-2 duplicate
says "$WORK/ana.out" "c-2  closed, duplicate, was with ana"

# What is not hers to do is refused with the facts.
prints "refused: wrong_state — c-1 is assigned with ana" "$usherctl" pick c-1 bo
prints "refused: unknown_conversation — no conversation c-7" "$usherctl" close c-7

# To a class that bo serves; bo is at a desk of his own that ends with its input.
"$usherctl" sign-in bo >"$WORK/bo.out"
type_at_desk transfer c-1 money wrong_skill
says "$WORK/ana.out" "c-1  waits in money: transferred by ana (wrong_skill)"
bo_has_offer() { "$usherctl" agent bo | grep -qF c-1; }
until_true 20 bo_has_offer
prints "c-1 accepted by bo" "$usherctl" accept c-1 bo
prints "c-1 replied to by bo" "$usherctl" replied c-1 bo
prints "c-1 closed by bo, solved" "$usherctl" close c-1 --agent bo --outcome solved
prints "bo wraps up" "$usherctl" history c-1
prints "c-1 finished by bo" "$usherctl" finish c-1 bo
prints "c-1 rated 5 of 5" "$usherctl" rate c-1 5

type_at_desk close s-1 solved
says "$WORK/ana.out" "s-1  over, solved; ana wraps up"
type_at_desk finish
says "$WORK/ana.out" "s-1  closed, solved, was with ana"
exec 5>&-
says "$WORK/ana.out" "ana signed off"

# The story of c-1, line by line.
"$usherctl" history c-1 | sed 's/^.\{24\}//' >"$WORK/history.out"
cat >"$WORK/expected.out" <<'END'
chat opened by usherctl: class account, band live, customer kim
offered to ana, 20 s to accept
accepted by ana
first reply by ana
held by ana, 30m 00s at most
resumed by ana
waits in money: transferred by ana (wrong_skill)
offered to bo, 20 s to accept
accepted by bo
first reply by bo
over, solved; bo wraps up, 20 s
closed, solved, was with bo
rated 5 of 5
END
diff <(tail -n +2 "$WORK/history.out") "$WORK/expected.out" >&2 ||
  fail "history tells another story"

says "$WORK/watch.out" "s-1"
for words in "ana signed in from desk-ana, available" "given to ana, 15 s to reply" \
  "held by ana, 30m 00s at most" "closed, solved, was with bo" "ana signed off"; do
  says "$WORK/watch.out" "$words"
done
prints "0 waiting" "$usherctl" status
