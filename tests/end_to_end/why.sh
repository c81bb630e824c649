#!/usr/bin/env bash
# Who could take what waits, and what would have to change for it; how long it would be told to
# take, and when what is deferred comes back.
set -euo pipefail
. "$USHER_SOURCE/tests/end_to_end/usherd.inc"

# Both offices open in three days, at eight in the morning; what cannot wait for mail is deferred.
export TZ=UTC
day=$(LC_ALL=C date -d '+3 days' +%a)
sed -e "s/^open = .*/open = [\"${day,,} 08:00-09:00\"]/" \
  -e '/^time_zone = /d' -e '/^holidays = /d' \
  -e 's/^name = "mail"$/&\noverflow = { to = "defer", waiting = 1, back_after = "30m" }/' \
  "$USHER_SOURCE/config/usher.toml" >"$WORK/offices.toml"
start_usherd "$WORK/offices.toml"

chat() { ends 0 "" open "$1" --channel chat --category how-to --language en; }
how_long() { ends "$1" "$2" estimate --channel "$3" --category "$4" --language en; }
chat c-1
ends 0 "who could       nobody: the roster is empty" why c-1
how_long 0 "not known: nobody on the roster ever could take it" email complaint

cat >"$WORK/roster.toml" <<'TOML'
[[agent]]
id = "ana"
group = "frontline"
skills = { en = 9 }
[[agent]]
id = "bo"
group = "frontline"
skills = { en = 9 }
[[agent]]
id = "fin"
group = "specialists"
skills = { en = 9, fiat = 9 }
authorities = ["may_refund"]
TOML
ends 0 "" roster import "$WORK/roster.toml"

# --- nobody is there ---

ends 0 "who could       3 as soon as they are available: ana, bo, fin" why c-1
how_long 0 "not known: nobody on duty could take it" chat how-to
ends 0 '"hindrance":"nobody_on_duty","state":"waiting"' \
  estimate --channel chat --category how-to --json

# --- the class is closed ---

how_long 0 "not known: closed until $day 08:00" email complaint
how_long 0 "the class would defer it" email complaint
ends 0 "" open m-1 --channel email --category complaint --language en
ends 0 "its class is closed; it comes back when that opens, $day 08:00" conversation m-1
ends 0 "who could       nobody until the class opens, $day 08:00" why m-1
ends 0 "fin as soon as available" why m-1
deferred=$("$usherctl" history m-1 --json | sed -n 's/^{"sequence":\([0-9]*\),.*/\1/p' | tail -1)
ends 0 "nobody until the class opens, it is not known when" why m-1 --at "$deferred"
ends 0 "" roster remove fin
ends 0 "who could       nobody on the roster ever: 2 lack the skill" why m-1

# --- nobody could take it, and its class overflows ---

ends 0 "" open m-2 --channel email --category how-to --language en
ends 0 "by the overflow of its class, or shed; it comes back in " conversation m-2
ends 0 "nobody until it comes back, in " why m-2
how_long 0 "not known: nobody on duty could take it" email how-to
how_long 0 "the class would defer it" email how-to

# --- what is paused ---

ends 0 "" pause agent:ana
ends 0 "" sign-in ana
ends 0 "ana when unpaused" why c-1
ends 0 "" pause group:frontline
ends 0 "" unpause agent:ana
ends 0 "ana when group frontline is unpaused" why c-1
ends 0 "" pause class:how-to
ends 0 "" unpause group:frontline
ends 0 "who could       nobody until class how-to is unpaused" why c-1
ends 0 "ana then" why c-1
how_long 0 "not known: the class or the pool is paused" chat how-to
ends 0 "" unpause class:how-to
ends 0 "ana if the offer is accepted" why c-1
