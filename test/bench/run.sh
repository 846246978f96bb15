#!/bin/sh
# SPDX-License-Identifier: MIT
# run.sh -- what tidemill costs, row by row, beside what it is to cost, what it
# costs to receive at all, and what others cost under the same load.
#
#   test/bench/run.sh [--quick] [--doubles N] [--json FILE] [--svg FILE] [--record]
#     [NAME...]
#
# NAME is a row of test/bench/rows, or a section: lines, million, timers, worst,
# workers, idle, parts, growth, peers, proof. Without one everything is
# measured. --quick measures once what is else measured several times, and no
# peers. --doubles says how many numbers the proof of their printing takes.
# --record, of a whole run only, writes the figures into test/bench/README.md and
# figures.svg.
#
# Figures are CPU time, user and system, of the whole process. Machines are noisy
# and differ: compare within one run. README.md beside this says what each
# figure is.
#
# `make bench` passes in the environment: TIDEMILL, the binary; BUILD, where
# things are built; CC, CFLAGS, LIBTIDEMILL, LDLIBS, to build helpers with.
set -eu
cd "$(dirname "$0")/../.."

# shellcheck source=test/bench/lib/tools.sh
. test/bench/lib/tools.sh
# shellcheck source=test/bench/lib/daemon.sh
. test/bench/lib/daemon.sh
# shellcheck source=test/bench/lib/peers.sh
. test/bench/lib/peers.sh
# shellcheck source=test/bench/lib/sections.sh
. test/bench/lib/sections.sh

usage()
{
	echo "usage: run.sh [--quick] [--doubles N] [--json FILE] [--svg FILE] [--record] [NAME...]" >&2
	exit 2
}

SECTIONS="lines million timers worst workers idle parts growth peers proof"

quick='' doubles='' json='' svg='' recorded=''
while [ $# -gt 0 ]; do
	case $1 in
	--quick) quick=yes ;;
	--record) recorded=yes ;;
	--doubles) [ $# -gt 1 ] || usage; doubles=$2; shift ;;
	--json) [ $# -gt 1 ] || usage; json=$2; shift ;;
	--svg) [ $# -gt 1 ] || usage; svg=$2; shift ;;
	-*) usage ;;
	*) break ;;
	esac
	shift
done
wanted=$*
[ -z "$recorded" ] || [ -z "$quick$wanted" ] || usage
passes=3 interval=10s shorter='' idle_seconds=10
[ -z "$quick" ] || { passes=1; interval=5s; shorter=4M; idle_seconds=3; }
[ -n "$doubles" ] || doubles=${quick:+2000000}
[ -n "$doubles" ] || doubles=20000000
case $doubles in
0* | *[!0-9]*) usage ;;
esac

tools=$BUILD/bench
scratch=$(mktemp -d)
page=test/bench/README.md

# shellcheck disable=SC2317 # the trap calls it
clean_up()
{
	stop_servers
	stop_peer
	rm -rf "$scratch"
}
trap clean_up EXIT
trap 'exit 1' INT TERM HUP

# Measure section $1 if it is wanted, or one of its rows, which follow.
section()
{
	section=$1
	is_wanted "$@" || return 0
	"measure_$section"
}

measures_peers()
{
	{ [ -z "$quick" ] || [ -n "$wanted" ]; } && is_wanted peers
}

# Put standard input between the marks of the page that are called $1.
put_into_page()
{
	cat >"$scratch/part"
	awk -v name="$1" -v part="$scratch/part" '
		$0 == "<!-- end of " name " -->" { inside = 0 }
		!inside { print }
		$0 == "<!-- " name " -->" {
			inside = 1
			while ((getline line <part) > 0)
				print line
		}' $page >"$scratch/page"
	cat "$scratch/page" >$page
}

# Bring the rows into the order that test/bench/rows has them in.
sort_results()
{
	awk -F '\t' '
		NR == FNR { split($0, words, " "); rank[words[1]] = FNR; next }
		{ print $1 == "row" ? 1000 + rank[$2] : 2000 + FNR, $0 }
	' test/bench/rows "$scratch/results" | sort -n -s -k 1,1 | sed 's/^[0-9]* //' >"$scratch/sorted"
	mv "$scratch/sorted" "$scratch/results"
}

report()
{
	awk -v form="$1" -v only="${2:-}" -f test/bench/report.awk "$scratch/results"
}

for name in $wanted; do
	awk -v sections="$SECTIONS" '!/^#/ { print $1 } END { print sections }' test/bench/rows |
		tr ' ' '\n' | grep -qxF -e "$name" || fail "there is no row or section $name"
done
# What cannot be written had better be known before.
[ -z "$json" ] || : >"$json"
[ -z "$svg" ] || : >"$svg"
# What is missing of the peers is not measured.
! measures_peers || contrib/install-packages bench || :
build_tools
note about processors "$(nproc)"
note about kernel "$(uname -r | cut -d . -f 1-2)"
note about machine "$(grep -qw hypervisor /proc/cpuinfo && echo "virtual machine" || echo machine)"
note about date "$(date -u +%F)"
section lines single-1k packed-1k tags-4 timers-1k gauges-10k sets-10k mix-10k
section million packed-1M packed-1M-once new-1M flush-1M memory-1M
section timers timers-100k flush-timers
section worst growth-step seal
section workers workers-memory workers-2 steer-random
section idle idle-cpu idle-memory start-up
section parts
section growth
! measures_peers || section peers
section proof
sort_results
[ -z "$json" ] || report json >"$json"
[ -z "$svg" ] || awk -f test/bench/picture.awk "$scratch/results" >"$svg"
if [ -n "$recorded" ]; then
	for part in about row part growth peer proof; do
		report markdown $part | put_into_page $part
	done
	awk -f test/bench/picture.awk "$scratch/results" >test/bench/figures.svg
fi
