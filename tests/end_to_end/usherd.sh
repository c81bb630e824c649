#!/usr/bin/env bash
# How usherd starts, refuses to start, reloads and stops.
set -euo pipefail

usherd=$USHER_BUILD/usherd
fail() {
  echo "$*" >&2
  cat "$WORK"/*.log >&2 || true
  exit 1
}
# expect CODE TEXT COMMAND...: it exits with CODE and says TEXT.
expect() {
  local code=0
  timeout 20 "${@:3}" >"$WORK/expect.log" 2>&1 || code=$?
  [ "$code" = "$1" ] || fail "exit code $code instead of $1: ${*:3}"
  grep -qF -- "$2" "$WORK/expect.log" || fail "did not say \"$2\": ${*:3}"
}
# until_says TEXT FILE
until_says() {
  local deadline=$((SECONDS + 20))
  until grep -qF -- "$1" "$2"; do
    [ $SECONDS -lt $deadline ] || fail "never said \"$1\""
    sleep 0.05
  done
}

{
  echo "[server]"
  for socket in commands events queries; do echo "$socket = [\"ipc://$WORK/$socket\"]"; done
  echo "state = \"$WORK/state\""
  sed -n '/^\[names\]/,$p' "$USHER_SOURCE/config/usher.toml"
} >"$WORK/usher.toml"

expect 0 "usherd " "$usherd" --version
expect 0 "Exit codes" "$usherd" --help
expect 1 "--clock" "$usherd" --clock sundial
expect 0 "ok: pool main" "$usherd" --config "$WORK/usher.toml" --check
sed 's/^\[server\]/[server]\ncolour = "red"/' "$WORK/usher.toml" >"$WORK/wrong.toml"
expect 1 "$WORK/wrong.toml:2:" "$usherd" --config "$WORK/wrong.toml" --check
expect 1 "$WORK/none.toml" "$usherd" --config "$WORK/none.toml"
sed "s|ipc://$WORK/commands|tcp://0.0.0.0:15710|" "$WORK/usher.toml" >"$WORK/open.toml"
expect 2 "--clock client is for this machine only" \
  "$usherd" --config "$WORK/open.toml" --clock client
touch "$WORK/file"
sed "s|$WORK/state|$WORK/file|" "$WORK/usher.toml" >"$WORK/stateless.toml"
expect 2 "server.state" "$usherd" --config "$WORK/stateless.toml"

"$usherd" --config "$WORK/usher.toml" 2>"$WORK/usherd.log" &
daemon=$!
trap 'kill -KILL $daemon 2>/dev/null || true' EXIT
until_says "operators' commands are taken from whoever can connect" "$WORK/usherd.log"
grep -qF "durability is group" "$WORK/usherd.log" || fail "did not say its durability"
expect 2 "it is taken, perhaps by another usherd; stop that one or change server.commands" \
  "$usherd" --config "$WORK/usher.toml"

sed "s|ipc://$WORK/|ipc://$WORK/other-|" "$WORK/usher.toml" >"$WORK/second.toml"
expect 2 "is in use by another usherd" "$usherd" --config "$WORK/second.toml"

kill -HUP $daemon
until_says "the new configuration is in force" "$WORK/usherd.log"
sed -i 's/^\[names\]/[names]\nnonsense = 1/' "$WORK/usher.toml"
kill -HUP $daemon
until_says "nothing was reloaded: the configuration is wrong" "$WORK/usherd.log"
sed -i 's/^nonsense = 1//; s/^\[server\]/[server]\nevent_ring = 2048/' "$WORK/usher.toml"
kill -HUP $daemon
until_says "nothing was reloaded: server.event_ring" "$WORK/usherd.log"

kill -TERM $daemon
code=0
wait $daemon || code=$?
[ $code = 0 ] || fail "exit code $code after SIGTERM"
tail -n 1 "$WORK/usherd.log" | grep -qF "stopped after" || fail "no closing line"

# What it knew is there again.
expect 2 "of a pool by the real clock" "$usherd" --config "$WORK/second.toml" --clock client
sed 's/^\[server\]/[server]\ndurability = "relaxed:50"/' "$WORK/second.toml" >"$WORK/again.toml"
"$usherd" --config "$WORK/again.toml" 2>"$WORK/again.log" &
daemon=$!
until_says "operators' commands are taken from whoever can connect" "$WORK/again.log"
grep -q "recovered 0 records in [0-9]* ms, from the state of record [1-9]" "$WORK/again.log" ||
  fail "the state that was kept at the stop was not read"
grep -qF "durability is relaxed:50" "$WORK/again.log" || fail "did not warn of its durability"
incarnation() { sed -n 's/.* incarnation \([0-9a-f]*\) on.*/\1/p' "$1"; }
[ "$(incarnation "$WORK/usherd.log")" = "$(incarnation "$WORK/again.log")" ] ||
  fail "another incarnation after a stop in good order"
