#!/usr/bin/env bash
# A disk of 64 MB that fills up, five times: new work is refused and nothing else, states are kept
# and what is older than them is forgotten, and new work is taken again. A write that fails all the
# same is final, and the next start goes on with all that was acknowledged.
set -euo pipefail
. "$USHER_SOURCE/tests/end_to_end/usherd.inc"

disk=$WORK/disk
mkdir "$disk"
mount -t tmpfs -o size=64m usher-disk "$disk" 2>/dev/null || {
  echo "no file system can be mounted here: skipped"
  exit 77
}
trap 'code=$?; umount -l "$disk"; (exit $code); stop_all' EXIT

sed -e 's/^disk_floor = .*/disk_floor = 36/' -e 's/^snapshot_every = .*/snapshot_every = "3s"/' \
  -e 's/^closed_keep = .*/closed_keep = 20000/' -e 's/^keep = .*/keep = "0s"/' \
  -e "s|^state = .*|state = \"$disk\"|" "$USHER_SOURCE/config/usher.toml" >"$WORK/small.toml"
start_usherd "$WORK/small.toml"

said() { grep -c "$1" "$WORK/usherd.log" || true; }

"$usher_load" blast --for 280 --rate 6000 --agents 400 --no-baseline "${endpoints[@]}" \
  >"$WORK/blast.txt" 2>&1 &
load=$!
others+=($load)
deadline=$((SECONDS + 110))
until [ "$(said 'left again: new work is taken')" -ge 5 ]; do
  [ $SECONDS -lt $deadline ] || fail "the disk did not fill up and empty five times"
  kill -0 $usherd 2>/dev/null || fail "usherd ended: $(tail -n 3 "$WORK/usherd.log")"
  kill -0 $load 2>/dev/null || fail "usher-load ended"
  timeout 5 "$USHER_BUILD/usherctl" status >/dev/null || fail "usherd does not answer"
done
[ "$(said 'new work is refused')" -ge 5 ] || fail "new work was never refused"

# Somebody else takes all that is left.
dd if=/dev/zero of="$disk/others" bs=1M count=64 2>/dev/null || true
code=0
wait $usherd || code=$?
[ $code = 3 ] || fail "a write that failed ended usherd with $code: $(tail -n 3 "$WORK/usherd.log")"
grep -q 'nothing is acknowledged any more' "$WORK/usherd.log" || fail "it did not say why it ended"
rm "$disk/others"
run_usherd
kill -INT $load
wait $load || fail "usher-load found that something was lost, doubled or missing"
others=()
stop_usherd
"$USHER_BUILD/usherctl" journal --state "$disk" verify >"$WORK/verify.txt" ||
  fail "the journal is not whole: $(cat "$WORK/verify.txt")"
