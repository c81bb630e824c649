#!/usr/bin/env bash
# What a crash, a bad disk or a careless hand can do to the journal of a real usherd. Cut in its
# tail, it goes on with what is whole, appends and recovers again. With a bit flipped it goes on
# with all of it, or refuses to and says what is wrong where: never with anything else. A directory
# that cannot be written is refused as well, and left as it is.
set -euo pipefail
. "$USHER_SOURCE/tests/end_to_end/usherd.inc"

cuts=${USHER_CUTS:-12}
flips=${USHER_FLIPS:-18}
seed=${USHER_SEED:-$RANDOM}
RANDOM=$seed
echo "seed $seed"

start_usherd "$USHER_SOURCE/config/usher.toml"
"$usher_load" blast --for 1 --rate 400 --under-way 50 --agents 20 --no-baseline "${endpoints[@]}" \
  >"$WORK/blast.txt" || fail "usher-load found something"
kill_usherd
mv "$WORK/state" "$WORK/kept"

# The records of the state that is there, with what each caused; sets recorded to how many lines.
records() {
  "$usherctl" journal --state "$WORK/state" dump >"$WORK/$1" || fail "seed $seed: $2 is not read"
  recorded=$(wc -l <"$WORK/$1")
}
# Whether the first file is how the second begins.
begins() { cmp -s "$WORK/$1" <(head -n "$(wc -l <"$WORK/$1")" "$WORK/$2"); }

restore() {
  rm -rf "$WORK/state"
  cp -r "$WORK/kept" "$WORK/state"
}
# On the state that is there, with a log of its own; sets ended.
start() {
  : >"$WORK/usherd.log"
  try_usherd
}

restore
records whole.txt "what usherd left"
whole=$recorded
log=$(basename "$(ls -S "$WORK"/kept/journal/*.log | head -n 1)")
size=$(stat -c %s "$WORK/kept/journal/$log")

# One cut at every byte of the end, the others anywhere in the last half.
cut_short=0
for ((i = 1; i <= cuts; ++i)); do
  at=$((i <= cuts / 2 ? size - i : size - RANDOM % (size / 2)))
  restore
  truncate -s $at "$WORK/state/journal/$log"
  records part.txt "the journal cut at $at of $size"
  begins part.txt whole.txt || fail "seed $seed: cut at $at other records are read"
  [ "$recorded" = "$whole" ] || cut_short=$((cut_short + 1))
  start
  [ $ended = 0 ] || fail "seed $seed: cut at $at usherd ends with $ended: $(cat "$WORK/usherd.log")"
  "$usherctl" open "cut-$i" --channel chat --category account >/dev/null ||
    fail "seed $seed: cut at $at it takes no work"
  kill_usherd
  start
  [ $ended = 0 ] || fail "seed $seed: cut at $at and appended to, usherd ends with $ended"
  "$usherctl" conversation "cut-$i" >/dev/null || fail "seed $seed: cut at $at it loses new work"
  stop_usherd
  records after.txt "the journal cut at $at and appended to"
  begins part.txt after.txt || fail "seed $seed: cut at $at the records before it changed"
done
[ $cut_short -gt 0 ] || fail "seed $seed: no cut took a record"

refused=0
for ((i = 1; i <= flips; ++i)); do
  restore
  # Every file in turn; the log, which has what matters, every other time.
  files=("$WORK"/state/journal/{"$log",CURRENT,"$log",MANIFEST-*,"$log",IDENTITY})
  file=${files[$((i % ${#files[@]}))]}
  at=$(((RANDOM * 32768 + RANDOM) % $(stat -c %s "$file")))
  bit=$((RANDOM % 8))
  byte=$(od -An -tu1 -j $at -N 1 "$file")
  printf "\\x$(printf %x $((byte ^ (1 << bit))))" |
    dd of="$file" bs=1 seek=$at conv=notrunc status=none
  what="bit $bit of byte $at of $(basename "$file") flipped"
  start
  if [ $ended = 0 ]; then
    stop_usherd
    records after.txt "$what"
    begins whole.txt after.txt || fail "seed $seed: $what: usherd goes on with other records"
  else
    refused=$((refused + 1))
    [ $ended = 2 ] || fail "seed $seed: $what: it ends with $ended: $(cat "$WORK/usherd.log")"
    grep -q " error the journal in $WORK/state/journal" "$WORK/usherd.log" ||
      fail "seed $seed: $what: it does not say what is wrong: $(cat "$WORK/usherd.log")"
  fi
done
[ $refused -gt 0 ] || fail "seed $seed: no flipped bit was noticed"
echo "$cut_short of $cuts cuts took records; $refused of $flips flipped bits were refused"

restore
read_only=$WORK/read-only
mkdir "$read_only"
if [ "$(id -u)" != 0 ]; then
  trap 'code=$?; chmod -R u+w "$WORK/state"; (exit $code); stop_all' EXIT
  chmod -R a-w "$WORK/state"
  ln -sfn "$WORK/state" "$read_only/state"
elif mount --bind "$WORK" "$read_only" 2>/dev/null; then
  trap 'code=$?; umount -l "$read_only"; (exit $code); stop_all' EXIT
  mount -o remount,bind,ro "$read_only"
else
  echo "nothing can be mounted here: a directory that cannot be written is not tried"
  exit 0
fi
code=0
STATE_DIRECTORY=$read_only/state timeout 20 "$USHER_BUILD/usherd" --config "$WORK/usher.toml" \
  >"$WORK/said.txt" 2>&1 || code=$?
[ $code = 2 ] || fail "with a state that cannot be written usherd ends with $code"
grep -q " error .*$read_only/state" "$WORK/said.txt" ||
  fail "it does not say what cannot be written"
diff -r "$WORK/kept" "$WORK/state" >"$WORK/diff.txt" || fail "it changed what it cannot write"
