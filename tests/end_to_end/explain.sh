#!/usr/bin/env bash
# Who got it and why, asked after much else has happened: what usherctl explain says of a past
# decision is what usherd logged when it made it.
set -euo pipefail
. "$USHER_SOURCE/tests/end_to_end/usherd.inc"

sed 's|^log_level = .*|log_level = "debug"|' "$USHER_SOURCE/config/usher.toml" >"$WORK/debug.toml"
start_usherd "$WORK/debug.toml"

# --- a little floor: two who can, one who is away, one of whom there is no need ---

cat >"$WORK/roster.toml" <<'TOML'
[[agent]]
id = "ana"
group = "frontline"
skills = { en = 9 }
[[agent]]
id = "ben"
group = "frontline"
skills = { en = 9 }
[[agent]]
id = "cem"
group = "frontline"
skills = { en = 9 }
[[agent]]
id = "dee"
group = "frontline"
skills = { de = 9 }
TOML
chat() { ends 0 "" open "$1" --channel chat --category how-to --language en; }

ends 0 "" roster import "$WORK/roster.toml"
chat c-1
waiting=$("$usherctl" history c-1 --json | sed -n 's/^{"sequence":\([0-9]*\),.*/\1/p' | tail -1)
for agent in ana ben dee; do ends 0 "" sign-in $agent; done
for id in c-2 c-3 c-4 c-5 c-6 c-7 c-8; do chat $id; done

# --- in words ---

ends 0 "offered to ana, " explain c-1
ends 0 "nobody else could take it" explain c-1
ends 0 "3 are not available" explain c-1
ends 0 "least loaded: nothing, before 1 other" explain c-2
ends 0 "cem is not available" explain c-2 --all
ends 0 "4 are not available" why c-1 --at "$waiting"
ends 0 "waiting" why c-1 --at "$waiting"

# --- as it was logged ---

# Every decision there was, first to last and back again.
said() { "$usherctl" explain --at "$1" | sed -n 's/^in the log *//p'; }
logged() { sed -n 's/^.* debug \(decision [0-9]*: .*\)$/\1/p' "$WORK/usherd.log"; }
compare() {
  local line sequence count=0
  while read -r line; do
    sequence=${line#decision }
    sequence=${sequence%%:*}
    [ "$(said "$sequence")" = "$line" ] ||
      fail "logged: $line"$'\n'"explained: $(said "$sequence")"
    count=$((count + 1))
  done
  [ $count -ge "$1" ] || fail "expected $1 decisions at least, found $count"
}
logged >"$WORK/first"
compare 4 <"$WORK/first"
ends 0 "" accept c-1 ana
ends 0 "" replied c-1 ana
ends 0 "" close c-1 --outcome solved
ends 0 "" sign-in cem
for id in d-1 d-2 d-3 d-4; do chat $id; done
ends 0 "" presence ben away
kill -HUP $usherd
deadline=$((SECONDS + 20))
until grep -q "is in force" "$WORK/usherd.log"; do
  [ $SECONDS -lt $deadline ] || fail "the configuration was not applied"
  sleep 0.02
done
for id in e-1 e-2; do chat $id; done
ends 0 "" abandon c-3
logged | tail -1 | grep -qv "configured by 1;" || fail "nothing was decided after the reload"
# What was decided before is told as it was logged before.
compare 4 <"$WORK/first"
logged | tac >"$WORK/all"
compare 7 <"$WORK/all"

# --- more agents than one answer names ---

for number in $(seq 1001 3200); do
  printf '[[agent]]\nid = "x-%s"\ngroup = "frontline"\nskills = { en = 9 }\n' "$number"
done >"$WORK/many.toml"
ends 0 "" roster import "$WORK/many.toml"
ends 0 "" sign-in x-2000
chat f-1
last=$(logged | tail -1 | sed 's/^decision \([0-9]*\):.*/\1/')
ends 0 "to x-2000" explain --at "$last"
named=$("$usherctl" explain --at "$last" --all | grep -c "x-[0-9]* is not available")
[ "$named" = 2199 ] || fail "expected 2199 who were not available by name, found $named"

# --- what cannot be explained ---

accepted=$("$usherctl" history c-1 --json | grep '"cause":"accepted"' |
  sed -n 's/^{"sequence":\([0-9]*\),.*/\1/p')
ends 1 "matching did not decide event $accepted: ana accepted" explain --at "$accepted"
ends 0 "offered to ana" explain c-1
ends 1 "unknown_conversation" explain c-99
ends 1 "has not happened" explain --at 999999
ends 1 "was not live" why e-1 --at "$waiting"
ends 2 "id or --at" explain
