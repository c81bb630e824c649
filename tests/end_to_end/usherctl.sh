#!/usr/bin/env bash
# What usherctl says when something is wrong, and what it ends with: 1 refused, 2 wrong usage, 3 no
# usherd.
set -euo pipefail
. "$USHER_SOURCE/tests/end_to_end/usherd.inc"

# --- nobody there ---

ends 3 "no answer from usherd at $USHER_QUERIES" --timeout 100 status
ends 3 "Is usherd running" --timeout 100 status
ends 3 "not connected to usherd at $USHER_COMMANDS" --timeout 100 abandon c-1
ends 3 "cannot connect to \"nonsense\"" --timeout 100 --commands nonsense abandon c-1
ends 3 "usherd at $USHER_COMMANDS" --timeout 100 desk ana

ends 0 "not known: no usherd at $USHER_QUERIES tells" --timeout 100 policy voice

# --- wrong usage ---

ends 2 "A subcommand is required"
ends 2 "--channel is required" open c-1
ends 2 "found \"two words\"" history "two words"
ends 2 "a policy is fair, service_level or voice, found \"unfair\"" --timeout 100 policy unfair
ends 2 "--channel is required" estimate
ends 2 "usherctl has no command \"statsu\"; did you mean status?" statsu
ends 2 "usherctl roster has no command \"imprt\"; did you mean import?" roster imprt
ends 2 "--pool: must be 1 to 8 letters, digits, - _ ., found \"waytoolongname\"" \
  --pool waytoolongname status
ends 2 "--at: must be a whole number, 1 or more, found \"0\"" why c-1 --at 0
ends 2 "--max: must be a whole number from 0 to 1000000, found \"-1\"" queue --max -1
ends 2 "--for: must be a whole number from 1 to 31536000, found \"-1\"" watch --for -1
ends 0 "usherctl" --version
ends 0 "keeps the lease" sign-in --help

start_usherd "$USHER_SOURCE/config/usher.toml"

ends 2 "unknown category \"takover\"; did you mean \"takeover\"?" \
  open c-1 --channel chat --category takover
ends 2 "an id is a UUID or 1 to 15 bytes" open a-name-that-is-too-long --channel chat
ends 2 "a duration is like 90s" open c-1 --channel chat --age soon
ends 2 "--age: a duration is like 90s, 10m, 2h, 3d or 250ms, found \"90\"" \
  open c-1 --channel chat --age 90
ends 2 "--in: a duration is like 90s" open c-1 --channel chat --in 2
ends 2 "--age must be 0s to 30d, found \"31d\"" open c-1 --channel chat --age 31d
ends 2 "--in must be 0s to 30d, found \"99999999999999999999s\"" \
  open c-1 --channel chat --in 99999999999999999999s
ends 2 "--for must be 1ms to 30d, found \"0s\"" mode listing --for 0s
ends 2 "the time of an extension must be 1ms to 1h, found \"2h\"" extend c-1 ana 2h
ends 2 "unknown language \"klingon\"; the pool has " open c-1 --channel chat --language klingon
ends 2 "--after must be 0 to " watch --after 99999999 --for 1
ends 2 "either --to-class or --to-agent" transfer c-1
ends 2 "an outcome is solved" close c-1 --outcome happy
ends 2 "a scope is pool" pause everything
ends 3 "unknown_pool" --pool other --timeout 1000 abandon c-1

# --- rosters that make no sense: the line, and nothing is changed ---

# mistake LINE TEXT ROSTER
mistake() {
  printf '%s\n' "$3" >"$WORK/roster.toml"
  ends 2 "$WORK/roster.toml:$1: $2" roster import "$WORK/roster.toml"
}
ana=$'[[agent]]\nid = "ana"\ngroup = "frontline"'
mistake 1 "an agent needs an id" '[[agent]]'
mistake 3 "unknown group \"frontlein\"; did you mean \"frontline\"?" \
  $'[[agent]]\nid = "ana"\ngroup = "frontlein"'
mistake 4 "level must be 1 to 9, found 10" "$ana"$'\nlevel = 10'
mistake 4 "unknown skill \"chian\"; did you mean \"chain\"?" "$ana"$'\nskills = { chian = 5 }'
mistake 4 "chain must be 1 to 10, found 11" "$ana"$'\nskills = { chain = 11 }'
mistake 4 "unknown key \"skill\"" "$ana"$'\nskill = { chain = 5 }'
mistake 4 "kind must be" "$ana"$'\nkind = "cat"'
mistake 4 "ana stands in the file twice" "$ana"$'\n'"$ana"
mistake 1 "only [[agent]] tables are allowed" 'agents = 3'
mistake 4 "level must be 1 to 9, found \"2\"" "$ana"$'\nlevel = "2"'
# All of them at once.
two=$'colour = 1\n'"$ana"$'\nshare = 0\nlevel = 10\n[[agent]]\ngroup = 3'
for found in '1: only [[agent]] tables are allowed, found "colour"' \
  '5: share must be 1 to 100' '6: level must be 1 to 9' '7: an agent needs an id' \
  '8: group must be a name in quotes, found 3'; do
  mistake "${found%%: *}" "${found#*: }" "$two"
done
mistake 2 "" $'[[agent]]\nid ='
ends 0 "Nobody is on the roster" agents

# --- what cannot be written was not said ---

code=0
"$usherctl" agents >/dev/full 2>"$WORK/said" || code=$?
[ $code = 4 ] || fail "expected exit code 4 on a full disk, found $code"
grep -q "usherctl: standard output must take what is printed, found: No space" "$WORK/said" ||
  fail "nothing is said of a full disk: $(cat "$WORK/said")"

# --- refused, with the facts ---

ends 1 "refused: unknown_agent — no agent ana on the roster" sign-in ana
ends 1 "refused: unknown_conversation — no conversation c-1" accept c-1 ana
ends 1 "no such conversation" conversation c-1
ends 1 "nothing is known of c-1" history c-1
ends 0 "chat c-1 opened" open c-1 --channel chat --category how-to --language en
ends 0 '"class":"how-to"' history c-1 --json

# --- why it waits ---

ends 1 "no such live conversation" why c-2
ends 0 "nobody is on the roster" why c-1
printf '%s\nskills = { en = 9 }\n%s' "$ana" $'[[agent]]\nid = "ben"\ngroup = "frontline"\n' \
  >"$WORK/roster.toml"
ends 0 "" roster import "$WORK/roster.toml"
ends 0 "2 are not available" why c-1

# --- how long it would be, and what is in force ---

ends 2 "unknown category \"takover\"" estimate --channel chat --category takover
ends 0 "2 would wait in the class" estimate --channel chat --category how-to --language en
ends 0 "not known: nobody on duty could take it" estimate --channel chat --category how-to
ends 0 '"refusal":"","class":"how-to","position":2,"expected_p50_ms":-1' \
  estimate --channel chat --category how-to --require en=5 --json
ends 0 "1 wait in its class" conversation c-1
ends 0 '"position":1,"expected_p50_ms":-1' conversation c-1 --json
ends 0 "pool is draining" drain pool
ends 1 "draining" estimate --channel chat --category how-to
ends 0 "pool" unpause pool
ends 0 '"running":"fair"' policy --json
ends 0 "+3.96 ±0.62" policy service_level
ends 0 "everybody in target gains +2.67 ±0.50 only" policy service_level
ends 0 "by time on duty, is less even by +.007 ±.003" policy fair

# --- and who may take it ---

ends 0 "" sign-in ben
ends 0 "may take it at a later step of the need" why c-1
ends 0 "ben in " why c-1
ends 0 '"digest":"' status --json

# --- how they ended ---

ends 2 "--json excludes --figures" status --figures --json
ends 0 "" open c-9 --channel chat --category how-to --language en
ends 0 "" close c-9 --outcome solved
ends 0 "" rate c-9 5
ends 0 "" rate c-9 4
ends 0 "" reopen c-9
ends 0 "" close c-9 --outcome spam
figures='"deferrals":0,"reopened":1,"rated":2,"score":9,"solved":1,"not_solved":0,"duplicate":0,'
ends 0 "$figures\"spam\":1,\"handed_over\":0" status --json
ends 0 "4.50 of 2" status --figures

# --- and with whom; what front-ends claimed ---

ends 0 "" sign-in ana
ends 0 "" pick c-1 ana
ends 0 "" replied c-1 ana
ends 0 "" close c-1 --agent ana --outcome solved
ends 0 "" finish c-1 ana
ends 0 '"group":"frontline","people":2,"on_duty":2,"load_permille":' status --json
figures='"misses":0,"abandoned":0,"closed":1,"reopened":0,"rated":0,"score":0,"solved":1'
ends 0 "$figures" status --json
ends 0 "2 of 2" status --figures
ends 0 "" open s-1 --channel chat --category takeover --language en
ends 0 '"origins":[{"origin":"usherctl","incidents":1,"demoted":0}]' status --json
ends 0 "" update s-1 --category how-to
ends 0 '"origins":[{"origin":"usherctl","incidents":1,"demoted":1}]' status --json
ends 0 "100.0 %" status --figures
