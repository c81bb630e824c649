#!/usr/bin/env bash
# usherd is killed and comes back an hour later, by the clock on the wall: it says how long it was
# down, no offer has lapsed meanwhile, nobody is lost or signed off, what was held for longer than
# that is still held, and the agent goes on as if nothing had been.
set -euo pipefail
. "$USHER_SOURCE/tests/end_to_end/usherd.inc"

export NO_COLOR=1

# Only the clock on the wall is false, and only usherd's.
mkdir "$WORK/bin"
cat >"$WORK/bin/usherd" <<END
#!/bin/sh
exec env LD_PRELOAD="$USHER_BUILD/tests/libfake_wall.so" \
  FAKE_WALL_SECONDS="\$(cat "$WORK/ahead")" "$USHER_BUILD/usherd" "\$@"
END
chmod +x "$WORK/bin/usherd"
ln -s "$usherctl" "$WORK/bin/usherctl"
USHER_BUILD=$WORK/bin

# Offers last longer than the two starts of usherd take.
sed -e 's/^offer_timeout = .*/offer_timeout = "50s"/' "$USHER_SOURCE/config/usher.toml" \
  >"$WORK/long.toml"
echo -3600 >"$WORK/ahead"
start_usherd "$WORK/long.toml"
"$usherctl" roster import "$USHER_SOURCE/config/roster.example.toml" >/dev/null
mkfifo "$WORK/ana"
"$usherctl" desk ana <"$WORK/ana" >"$WORK/ana.out" 2>&1 &
others+=($!)
exec 5>"$WORK/ana"

"$usherctl" open c-1 --channel chat --category account --language en >/dev/null
says "$WORK/ana.out" "c-1  offered to ana"
echo accept >&5
says "$WORK/ana.out" "c-1  accepted by ana"
echo reply c-1 >&5
echo hold c-1 2h >&5
says "$WORK/ana.out" "c-1  held by ana, 2h 00m at most"
"$usherctl" open c-2 --channel chat --category account --language en >/dev/null
says "$WORK/ana.out" "c-2  offered to ana"

kill_usherd
echo 0 >"$WORK/ahead"
run_usherd
down_ms=$(sed -n 's/.* the pool was down for \([0-9]*\) ms .*/\1/p' "$WORK/usherd.log")
[ "$down_ms" -ge 3600000 ] && [ "$down_ms" -lt 3660000 ] ||
  fail "it was down for an hour, it says $down_ms ms"

prints "available" "$usherctl" agent ana
prints "held, with ana" "$usherctl" conversation c-1
prints "state           offered" "$usherctl" conversation c-2
echo accept c-2 >&5
says "$WORK/ana.out" "c-2  accepted by ana"
echo resume c-1 >&5
says "$WORK/ana.out" "c-1  resumed by ana"
"$usherctl" history c-2 >"$WORK/history.txt"
[ "$(grep -c offered "$WORK/history.txt")" = 1 ] || fail "c-2 was offered again"
stop_usherd
"$usherctl" journal --state "$WORK/state" dump >"$WORK/dump.txt"
grep -q "desk-ana #1: sign in ana$" "$WORK/dump.txt" || fail "the dump does not tell of ana"
! grep -qE "lost|lapsed" "$WORK/dump.txt" || fail "somebody was lost, or an offer lapsed"
