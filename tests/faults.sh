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
cp -r CMakeLists.txt CMakePresets.json config schemas routing daemon client sim bench "$scratch"
build() { cmake --build "$scratch/build/dev" --target usher-sim >"$scratch/built" 2>&1; }
# Their warnings are not what is looked for.
(cd "$scratch" && cmake --preset dev -DBUILD_TESTING=OFF -DUSHER_WERROR=OFF >/dev/null)
build || { cat "$scratch/built" && exit 1; }
play() {
  timeout 300 "$scratch/build/dev/usher-sim" twin --worlds $worlds --commands $commands \
    --no-shrink 2>/dev/null
}
play >"$scratch/played" || { cat "$scratch/played" && wrong 'the core has a finding without any'; }

caught=0 missed=0
for i in "${!names[@]}"; do
  [ $# = 0 ] || [[ $wanted = *" ${names[i]} "* ]] || continue
  content=$(<"${files[i]}")
  printf '%s\n' "${content/"${texts[i]}"/"${faults[i]}"}" >"$scratch/${files[i]}"
  build || { cat "$scratch/built" && wrong "${names[i]} does not compile"; }
  code=0
  found=$(play) || code=$?
  cp "${files[i]}" "$scratch/${files[i]}"
  case $code in
    0) by='NOT CAUGHT' ;;
    124) by='caught, it does not come to an end' ;;
    *) by="caught by $(head -n 1 <<<"$found" | cut -c -110)" ;;
  esac
  [ $code = 0 ] && missed=$((missed + 1)) || caught=$((caught + 1))
  printf '%s (%s): %s\n    %s\n' "${names[i]}" "${files[i]}" "${whats[i]}" "$by"
done
echo "$caught caught, $missed not"
[ $missed = 0 ]
