#!/bin/sh
# SPDX-License-Identifier: MIT
# systemd.sh -- the units as they are installed: systemd understands every
# line of them, their exposure stays low, and uninstalling takes all away.
#
#   test/systemd.sh TIDEMILL
#
# Exits 77, skipped, where systemd's tools are not there.
set -u
cd "$(dirname "$0")/.." || exit 2
tidemill=${1:?usage: systemd.sh TIDEMILL}

# Ten times what `systemd-analyze security` may say at most.
EXPOSURE=15

for tool in systemd-analyze systemd-sysusers; do
	if ! command -v "$tool" >/dev/null; then
		echo "SKIPPED: no $tool (Debian's package systemd)"
		exit 77
	fi
done

root=$(mktemp -d "${TMPDIR:-/tmp}/tidemill-systemd-XXXXXX") || exit 1
trap 'rm -rf "$root"' EXIT
units=$root/usr/lib/systemd/system
status=0

fail()
{
	echo "$*"
	status=1
}

# The binary is taken as it is.
run_make()
{
	env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make --no-print-directory -j1 -o "$tidemill" \
		BUILD="$(dirname "$tidemill")" PREFIX="$root/usr" SYSCONFDIR="$root/etc" "$1" \
		>"$root/make.log" 2>&1 || fail "make $1: $(cat "$root/make.log")"
}

# What is said of units of others is theirs.
verify()
{
	systemd-analyze verify --man=no "$@" >"$root/said" 2>&1
	code=$?
	if [ $code -ne 0 ] || grep -q tidemill "$root/said"; then
		fail "systemd-analyze verify $*: exit status $code"
		cat "$root/said"
	fi
}

# Every line that stands there as an example, in force.
uncomment()
{
	sed 's/^#\([A-Z][A-Za-z]*=\)/\1/' "$1"
}

run_make install
verify "$units/tidemill.service" "$units/tidemill.socket"
systemd-analyze security --offline=true --threshold=$EXPOSURE --no-pager \
	"$units/tidemill.service" >"$root/said" 2>&1 ||
	fail "tidemill.service is exposed: $(grep -e '✗' -e Overall "$root/said")"
systemd-sysusers --dry-run "$root/usr/lib/sysusers.d/tidemill.conf" >"$root/said" 2>&1 ||
	fail "systemd-sysusers: $(cat "$root/said")"
[ ! -s "$root/said" ] || grep -q "tidemill" "$root/said" || fail "$(cat "$root/said")"
sysctl --dry-run -p "$root/usr/lib/sysctl.d/50-tidemill.conf" >"$root/said" 2>&1
grep -q 'net.core.rmem_max = [0-9]' "$root/said" || fail "sysctl: $(cat "$root/said")"

mkdir "$units/tidemill.service.d"
uncomment "$root/usr/share/tidemill/systemd/example.conf" \
	>"$units/tidemill.service.d/example.conf"
uncomment contrib/systemd/tidemill.socket >"$units/tidemill.socket"
verify "$units/tidemill.service" "$units/tidemill.socket"
rm -r "$units/tidemill.service.d"

run_make uninstall
left=$(find "$root/usr" "$root/etc" -type f ! -path "$root/etc/tidemill/tidemill.yaml")
[ -z "$left" ] || fail "left by uninstall: $left"
exit $status
