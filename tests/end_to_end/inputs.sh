#!/usr/bin/env bash
# What nobody can mean is refused at once: with exit code 2, the option, what is allowed and what
# was found.
set -euo pipefail

# refused TEXT PROGRAM ARGUMENT...
refused() {
  local text=$1 program=$2 code=0 said
  shift 2
  said=$(timeout 10 "$USHER_BUILD/$program" "$@" 2>&1 >/dev/null) || code=$?
  [ $code = 2 ] || { echo "expected exit code 2, found $code of: $program $*"$'\n'"$said"; exit 1; }
  case $said in
    *"$text"*) ;;
    *) echo "expected \"$text\" of: $program $*"$'\n'"found: $said"; exit 1 ;;
  esac
}

trace=(usher-sim trace --calls c --shifts s --patience p --config x)
refused '--scale: must be a number from 0.01 to 100, found "nan"' "${trace[@]}" --scale nan
refused '--security: must be a number from 0 to 1, found "nan"' "${trace[@]}" --security nan
refused '--speed: must be a number from 1e-06 to 1000000, found "nan"' "${trace[@]}" --speed 1,nan
refused '--speed: must be a number from 1e-06 to 1000000, found ""' "${trace[@]}" --speed 1,,2
refused '--seed: must be a whole number from 0 to 1000000000000, found "-1"' \
  "${trace[@]}" --seed -1
refused 'found "99999999999999999999999"' "${trace[@]}" --seed 99999999999999999999999
refused '--seed: must be' usher-sim faults --seed -1
refused '--seeds: must be a whole number from 1 to 10000000, found "0"' usher-sim faults --seeds 0
refused '--worlds: must be a whole number from 1 to 10000000, found "0"' usher-sim twin --worlds 0
refused 'found "99999999999999"' usher-sim twin --worlds 99999999999999
refused '--commands must be less than 1000000 a world, found 5000000 in 2 worlds' \
  usher-sim twin --worlds 2 --commands 5000000
refused 'no feature is called ""' usher-sim twin --without reopen,,preferred
refused 'usher-sim has no command "modle"; did you mean model?' usher-sim modle

for role in floor customers; do
  refused '--rate: must be a number from 0 to 1000000, found "nan"' usher-load $role --rate nan
  refused '--start: must be' usher-load $role --start nan
  refused '--for: must be' usher-load $role --for nan
  refused '--compress: must be a number from 1 to 1000, found "nan"' usher-load $role --compress nan
done
refused '--agents: must be a whole number from 20 to 20000, found "-1"' usher-load floor --agents -1
refused 'count: must be a whole number from 1 to 20000, found "-1"' usher-load agents -1
refused '--accept: must be' usher-load trace --calls c --shifts s --accept nan
refused '--reply: must be' usher-load trace --calls c --shifts s --reply inf
refused '--rate: must be' usher-load blast --rate nan
refused '--for: must be' usher-load check --for nan
refused '--over-slots: must be' usher-load check --over-slots -1
refused 'usher-load has no command "blats"; did you mean blast?' usher-load blats

# What was not written was not told.
code=0
"$USHER_BUILD/usher-sim" model "$USHER_SOURCE/sim/models/erlang_c.toml" --arrivals 1000 \
  2>"$WORK/said" >/dev/full || code=$?
[ $code = 4 ] && grep -q 'usher-sim: standard output must take' "$WORK/said" ||
  { echo "expected exit code 4 on a full disk, found $code: $(cat "$WORK/said")"; exit 1; }
