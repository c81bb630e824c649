#!/usr/bin/env bash
# The .deb on a clean minimal Debian 12 under a real systemd: installs, starts, answers, is
# restarted after kill -9, stops, starts, keeps an operator's edit, and leaves nothing after purge.
# usage: tests/end_to_end/install.sh PACKAGE.deb
set -euo pipefail

deb=$(realpath "${1:?usage: install.sh PACKAGE.deb}")
work=$(mktemp -d)
root=$work/root
name=usher-$$
leader='' nspawn='' cgroups=()

skip() {
  echo "skipped: $*"
  exit 77
}

# What the container's root is made from: this machine's own sources of Debian's main archive.
sources() {
  apt-get indextargets --format 'deb $(SITE) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
    grep ' main$' | grep -E ' bookworm(-updates|-security)? ' | sort -u
}

inside() {
  nsenter -t "$leader" -m -u -i -n -p -C -- env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
    SYSTEMD_PAGER= DEBIAN_FRONTEND=noninteractive "$@"
}

# Boots the root as a container in a cgroup of its own, where it cannot meet another one.
boot() {
  local top
  if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
    cgroups=("/sys/fs/cgroup/$name")
  else
    for top in unified systemd; do
      [ ! -d /sys/fs/cgroup/$top ] || cgroups+=("/sys/fs/cgroup/$top/$name")
    done
  fi
  mkdir "${cgroups[@]}" 2>/dev/null || skip "cgroups cannot be made on this machine"
  (
    for top in "${cgroups[@]}"; do echo "$BASHPID" >"$top/cgroup.procs"; done
    exec env SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 systemd-nspawn -q -D "$root" --boot --register=no \
      --keep-unit --private-network --link-journal=no --resolv-conf=off --timezone=off \
      --console=pipe -M "$name" -- systemd.unit=multi-user.target
  ) </dev/null >"$work/console" 2>&1 &
  nspawn=$!
  for _ in $(seq 600); do
    leader=$(pgrep -P "$nspawn" | head -n 1 || true)
    if [ -n "$leader" ] && inside systemctl is-system-running >"$work/state" 2>/dev/null; then
      return
    fi
    kill -0 "$nspawn" 2>/dev/null || break
    sleep 0.05
  done
  cat "$work/console" >&2
  echo "the container did not come up, its state: $(cat "$work/state" 2>/dev/null)" >&2
  exit 1
}

down() {
  local code=$?
  trap - EXIT
  if [ -n "$nspawn" ]; then
    kill -TERM "$nspawn" 2>/dev/null || true
    for _ in $(seq 100); do
      kill -0 "$nspawn" 2>/dev/null || break
      sleep 0.1
    done
    kill -KILL "$nspawn" 2>/dev/null || true
    wait "$nspawn" 2>/dev/null || true
  fi
  for top in "${cgroups[@]}"; do
    [ ! -d "$top" ] || find "$top" -depth -type d -exec rmdir {} + 2>/dev/null || true
  done
  rm -rf "$work"
  exit "$code"
}
trap down EXIT

passed=0
# ok WHAT COMMAND...: the command must succeed; else the unit's own words are shown.
ok() {
  local what=$1
  shift
  if "$@" >"$work/output" 2>&1; then
    echo "ok   $what"
    passed=$((passed + 1))
    return
  fi
  echo "FAIL $what"
  cat "$work/output"
  inside journalctl -u usherd -b --no-pager -n 30 || true
  exit 1
}

# Waits at most 30 s for the command to succeed.
soon() {
  for _ in $(seq 300); do
    ! "$@" || return 0
    sleep 0.1
  done
  return 1
}

main_pid() { inside systemctl show -p MainPID --value usherd; }
apt() { inside apt-get -q -y -o Dpkg::Use-Pty=0 "$@"; }
active() { inside systemctl is-active -q usherd; }
inactive() { ! active; }
answers() { inside usherctl status; }
restarted() { active && [ "$(main_pid)" != "$1" ]; }
left_nothing() {
  inside sh -c '! ls -d /etc/usher /var/lib/usher /run/usher /usr/sbin/usherd'
}

[ "$(id -u)" = 0 ] || skip "a container needs root"
command -v systemd-nspawn >/dev/null || skip "systemd-container is not installed"
command -v mmdebstrap >/dev/null || skip "mmdebstrap is not installed"

# The container has no network, so the Depends of the .deb are put into its root; what they leave
# out is really missing.
depends=$(dpkg-deb -f "$deb" Depends | tr ',' '\n' | sed -E 's/\(.*//; s/\|.*//; s/ //g' |
  paste -sd,)
sources >"$work/sources.list"
[ -s "$work/sources.list" ] || skip "no apt source of bookworm main is known here"
mmdebstrap --quiet --variant=minbase --mode=root --format=dir \
  --include="systemd,systemd-sysv,dbus,$depends" \
  --aptopt='Acquire::Languages "none"' --dpkgopt=force-unsafe-io \
  --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' bookworm "$root" "$work/sources.list"
if ! systemd-nspawn -q -D "$root" --register=no --keep-unit --private-network --console=pipe \
  /bin/true </dev/null >"$work/output" 2>&1; then
  skip "systemd-nspawn cannot start a container here: $(tail -n 1 "$work/output")"
fi
cp "$deb" "$root/root/usher.deb"
boot

ok "installs" apt install /root/usher.deb
ok "is active: it said READY" active
ok "is enabled" inside systemctl is-enabled -q usherd
ok "runs as usher" test "$(inside stat -c %U "/proc/$(main_pid)")" = usher
ok "answers usherctl status" answers
ok "its unit is clean" test -z "$(inside systemd-analyze --man=no verify usherd.service 2>&1)"
ok "its configuration is checked" inside usherd --config /etc/usher/usher.toml --check

pid=$(main_pid)
inside sh -c "kill -9 $pid"
ok "is restarted after kill -9" soon restarted "$pid"
ok "answers again" soon answers

pid=$(main_pid)
inside sh -c "kill -STOP $pid"
ok "is restarted by its watchdog after it hung" soon restarted "$pid"
ok "the watchdog says so" inside sh -c 'journalctl -u usherd -b | grep -q "Watchdog timeout"'
ok "answers after that" soon answers

ok "stops" inside systemctl stop usherd
ok "is stopped" inactive
ok "was stopped cleanly" test "$(inside systemctl show -p Result --value usherd)" = success
ok "starts" inside systemctl start usherd
ok "answers after its start" answers

inside sh -c 'echo "no_such_key = 1" >> /etc/usher/usher.toml'
ok "refuses a bad configuration" bash -c '! "$@"' - nsenter -t "$leader" -m -p -n -u -i -C \
  systemctl restart usherd
ok "names the unknown key" inside sh -c 'journalctl -u usherd -b | grep -q no_such_key'
inside sed -i '/no_such_key/d' /etc/usher/usher.toml
inside systemctl reset-failed usherd
inside sh -c 'echo "# an operator was here" >> /etc/usher/usher.toml'
pid=$(main_pid)
ok "installs again over itself" apt install --reinstall /root/usher.deb
ok "was restarted by that" restarted "$pid"
ok "kept the operator's edit" inside grep -q 'an operator was here' /etc/usher/usher.toml

ok "purges" apt purge usher
ok "is gone" inactive
ok "left nothing behind" left_nothing
echo "$passed passed, 0 failed"
