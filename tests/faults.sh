#!/usr/bin/env bash
# Puts the faults of faults.txt into a copy of the core, one at a time, and lets usher-sim twin play
# the worlds of ./test against each. Says what caught it: the first seed, line and property.
# usage: tests/faults.sh [--check] [NAME]...   (all of them without names)
#   --check   only looks whether each text stands exactly once in its file
# Exit code: 0 all caught, 1 something was not, 2 the list is wrong.
set -euo pipefail
cd "$(dirname "$0")/.."

worlds=1024 commands=1024000  # as in tests/CMakeLists.txt
check_only=false
[ "${1-}" != --check ] || { check_only=true && shift; }
wanted=" $* "

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

# with_fault FILE TEXT FAULT: $scratch/usher-sim with that fault. Its object stands before the
# library of the core when it is linked, and takes the place of the one in there.
with_fault() {
  local content object compile link
  content=$(<"$1")
  printf '%s\n' "${content/"$2"/"$3"}" >"$scratch/faulty.cc"
  object=routing/CMakeFiles/usher_routing.dir/$(basename "$1").o
  compile=$(ninja -C build/dev -t commands "$object" | tail -n 1)
  compile=${compile//"$object"/"$scratch/faulty.o"}
  compile=${compile/"-c $PWD/$1"/"-w -c $scratch/faulty.cc"}
  link=$(ninja -C build/dev -t commands usher-sim | tail -n 1)
  link=${link/"-o usher-sim"/"-o $scratch/usher-sim $scratch/faulty.o"}
  (cd build/dev && eval "$compile" && eval "$link") >"$scratch/built" 2>&1
}
play() {
  timeout 3600 "$1" twin --worlds $worlds --commands $commands --no-shrink 2>/dev/null
}
play build/dev/usher-sim >"$scratch/played" || {
  cat "$scratch/played"
  wrong 'the core has a finding without any fault'
}

caught=0 missed=0
for i in "${!names[@]}"; do
  [ $# = 0 ] || [[ $wanted = *" ${names[i]} "* ]] || continue
  with_fault "${files[i]}" "${texts[i]}" "${faults[i]}" || {
    cat "$scratch/built"
    wrong "${names[i]} does not compile"
  }
  code=0
  found=$(play "$scratch/usher-sim") || code=$?
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
