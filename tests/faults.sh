#!/usr/bin/env bash
# Puts the faults of faults.txt into a copy of the core or the daemon, one at a time, and lets
# usher-sim play against each what ./test plays: twin's worlds against the core, faults' seeds
# against the daemon. Says what caught it: the first seed and what was wrong.
# usage: tests/faults.sh [--check] [NAME]...   (all of them without names)
#   --check   only looks whether each text stands exactly once in its file
# Exit code: 0 all caught, 1 something was not, 2 the list is wrong.
set -euo pipefail
cd "$(dirname "$0")/.."
. tests/faulty.inc

worlds=1024 commands=1024000 seeds=2000  # as in tests/CMakeLists.txt
check_only=false
[ "${1-}" != --check ] || { check_only=true && shift; }
wanted=" $* "
with_names=false
[ $# = 0 ] || with_names=true

wrong() {
  echo "tests/faults.txt: $*" >&2
  exit 2
}

names=() files=() texts=() faults=() whats=()
while IFS= read -r line; do
  case $line in
    'name  '*) names+=("${line:6}") ;;
    'file  '*) files+=("${line:6}") ;;
    'text  '*) texts+=("${line:6}") ;;
    'fault '*) faults+=("${line:6}") ;;
    'what  '*) whats+=("${line:6}") ;;
    '' | '#'*) ;;
    *) wrong "a line begins with name, file, text, fault or what, found \"$line\"" ;;
  esac
done <tests/faults.txt

for list in files texts faults whats; do
  declare -n of=$list
  [ ${#of[@]} = ${#names[@]} ] || wrong "${#names[@]} names, but ${#of[@]} $list"
done
for i in "${!names[@]}"; do
  count=$(grep -oF -- "${texts[i]}" "${files[i]}" | wc -l || true)
  [ "$count" = 1 ] || wrong "${names[i]}: its text must stand once in ${files[i]}, found $count"
done
for name in "$@"; do
  [[ " ${names[*]} " = *" $name "* ]] || wrong "no fault is called \"$name\""
done
if $check_only; then
  echo "${#names[@]} faults have their place"
  exit 0
fi

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cmake --preset dev --log-level=WARNING >/dev/null
cmake --build --preset dev --target usher-sim >"$scratch/built" || {
  cat "$scratch/built"
  exit 1
}

# with_fault FILE TEXT FAULT: $scratch/usher-sim with that fault.
with_fault() {
  local content
  content=$(<"$1")
  printf '%s\n' "${content/"$2"/"$3"}" >"$scratch/faulty.cc"
  link_with build/dev "$PWD" "$1" "$scratch/faulty.cc" usher-sim "$scratch/usher-sim" \
    >"$scratch/built"
}
# play PROGRAM FILE: what may find a fault in the file.
play() {
  case $2 in
    routing/*) timeout 3600 "$1" twin --worlds $worlds --commands $commands --no-shrink ;;
    *) timeout 3600 "$1" faults --seeds $seeds ;;
  esac 2>/dev/null
}
for file in routing/router.cc daemon/pipeline_core.cc; do
  $with_names || play build/dev/usher-sim $file >"$scratch/played" || {
    cat "$scratch/played"
    wrong 'there is a finding without any fault'
  }
done

caught=0 missed=0
for i in "${!names[@]}"; do
  [ $# = 0 ] || [[ $wanted = *" ${names[i]} "* ]] || continue
  with_fault "${files[i]}" "${texts[i]}" "${faults[i]}" || {
    cat "$scratch/built"
    wrong "${names[i]} does not compile"
  }
  code=0
  found=$(play "$scratch/usher-sim" "${files[i]}") || code=$?
  case $code in
    0) by='NOT CAUGHT' ;;
    124) by='NOT CAUGHT in an hour' ;;
    *) by="caught by $(head -n 1 <<<"$found" | cut -c -110)" ;;
  esac
  case $by in
    NOT*) missed=$((missed + 1)) ;;
    *) caught=$((caught + 1)) ;;
  esac
  printf '%s (%s): %s\n    %s\n' "${names[i]}" "${files[i]}" "${whats[i]}" "$by"
done
echo "$caught caught, $missed not"
[ $missed = 0 ]
