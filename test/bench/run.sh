#!/bin/sh
# SPDX-License-Identifier: MIT
# run.sh -- what a line costs the daemon, beside what it costs to receive it.
#
#   test/bench/run.sh [--json FILE] [LOAD...]
#
# For each load: a server that only receives, once coalesced and once plainly,
# then the daemon with one worker and a Graphite sink, and the same lines from
# memory without any receiving. Figures are CPU time, user and system, of the
# whole process, per line that it read, from the first line to the delivery of
# the flush that holds the last. Machines are noisy and differ: compare within
# one run.
#
# `make bench` passes in the environment: TIDEMILL, the binary; BUILD, where
# things are built; CC, CFLAGS, LIBTIDEMILL, LDLIBS, to build helpers with.
set -eu
cd "$(dirname "$0")/../.."

# name, lines, lines a second, series, kinds, bytes a datagram, flush interval
loads()
{
	cat <<-END
		single-1k     600000   200000     1000  c:1   1     1s
		packed-1k    8000000  2000000     1000  c:1   1432  1s
		packed-100k  8000000  2000000   100000  c:1   1432  2s
		packed-1M    8000000  2000000  1000000  c:1   1432  10s
		timers-1k    8000000  2000000     1000  ms:1  1432  1s
	END
}

WAIT_SECONDS=60

json=
[ "${1:-}" != --json ] || { json=$2; shift 2; }
wanted=$*
tools=$BUILD/bench
scratch=$(mktemp -d)
floor_pid=
sink_pid=
daemon_pid=

stop()
{
	[ -n "$1" ] || return 0
	kill -TERM "$1" 2>/dev/null || return 0
	wait "$1" || :
}

# shellcheck disable=SC2317 # the trap calls it
clean_up()
{
	stop "$daemon_pid"
	stop "$floor_pid"
	stop "$sink_pid"
	rm -rf "$scratch"
}
trap clean_up EXIT
trap 'exit 1' INT TERM HUP

fail()
{
	echo "bench: $*" >&2
	[ ! -s "$scratch/daemon.log" ] || sed 's/^/  | /' "$scratch/daemon.log" >&2
	exit 1
}

build_tools()
{
	mkdir -p "$tools"
	for tool in receive_floor tcp_sink cpu_time micro; do
		# CFLAGS and LDLIBS are lists; make has quoted what is in them.
		eval "$CC $CFLAGS -o '$tools/$tool' 'test/bench/$tool.c' '$LIBTIDEMILL' $LDLIBS"
	done
}

# The first number called $1 in the JSON on standard input.
field()
{
	grep -o "\"$1\": *[0-9.]*" | head -n 1 | sed 's/.*: *//'
}

calculate()
{
	awk "BEGIN { printf \"%.${2:-1}f\", $1 }"
}

# Wait until a command succeeds.
await()
{
	tries=$((WAIT_SECONDS * 10))
	until "$@"; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || fail "gave up waiting: $*"
		sleep 0.1
	done
}

# The port that a server has written, as its first line, into $1.
port_in()
{
	await test -s "$1" >&2
	head -n 1 "$1"
}

# The load of this round against $1; further arguments are passed on.
put_load()
{
	to=$1
	shift
	"$TIDEMILL" bench "$to" --lines "$lines" --rate "$rate" --series "$series" --mix "$mix" \
		--packet "$packet" --json "$@"
}

# A floor's CPU ns per line that it received, into $floor and $floor_lost.
measure_floor()
{
	rm -f "$scratch/floor"
	"$tools/receive_floor" "$1" >"$scratch/floor" &
	floor_pid=$!
	put_load "127.0.0.1:$(port_in "$scratch/floor")" >"$scratch/sent"
	stop "$floor_pid"
	floor_pid=
	per_datagram=$(field lines_per_datagram <"$scratch/sent")
	floor=$(calculate "$(field cpu_ns <"$scratch/floor") / \
		($(field datagrams <"$scratch/floor") * $per_datagram)")
	floor_lost=$(field dropped <"$scratch/floor")
}

ask()
{
	"$TIDEMILL" status --json -c "$scratch/tidemill.yaml" >"$scratch/status" 2>"$scratch/answer"
}

# Has flush number $1 been made, and all of it been delivered?
has_flushed()
{
	ask || fail "the daemon is gone: $(cat "$scratch/answer")"
	count=$(sed 's/.*"flush"://' "$scratch/status" | field count)
	queued=$(sed 's/.*"points"://' "$scratch/status" | field queued)
	[ "$count" -ge "$1" ] && [ "$queued" -eq 0 ]
}

start_daemon()
{
	rm -f "$scratch/sink"
	"$tools/tcp_sink" >"$scratch/sink" &
	sink_pid=$!
	port=$(port_in "$scratch/sink")
	cat >"$scratch/tidemill.yaml" <<-END
		interval: $interval
		workers: 1
		control: $scratch/control
		listen: {bench: "127.0.0.1:$port"}
		timers: {exact: 1000000, exact_memory: 4GiB}
		limits: {series: 2000000}
		sinks: {graphite: {type: graphite, address: "127.0.0.1:$port", queue: 2GiB}}
	END
	"$TIDEMILL" run -c "$scratch/tidemill.yaml" >"$scratch/daemon.log" 2>&1 &
	daemon_pid=$!
	await ask
}

stop_daemon()
{
	stop "$daemon_pid"
	daemon_pid=
	stop "$sink_pid"
	sink_pid=
}

# The daemon's CPU ns per line, from just after a flush to the delivery of the
# one that holds the last line, into $figure and $lost.
measure_daemon()
{
	start_daemon
	has_flushed 0 || :
	await has_flushed $((count + 1))
	before=$("$tools/cpu_time" "$daemon_pid")
	put_load "127.0.0.1:$port" --verify -c "$scratch/tidemill.yaml" >"$scratch/sent" ||
		fail "the ledger does not balance: $(cat "$scratch/sent")"
	has_flushed 0 || :
	await has_flushed $((count + 1))
	after=$("$tools/cpu_time" "$daemon_pid")
	stop_daemon
	figure=$(calculate "($after - $before) / $(field lines_read <"$scratch/sent")")
	lost=$(field datagrams_dropped <"$scratch/sent")
	sent=$(field datagrams <"$scratch/sent")
}

measure_memory()
{
	memory=$("$tools/micro" "$name" "$series" "$mix" "$packet" | field median_ns_per_line)
}

heading()
{
	echo "CPU ns per line; loss is what the kernel dropped of the daemon's datagrams"
	echo
	printf '%-12s %9s %6s  %9s %9s %6s  %9s %9s  %s\n' load series "lines/" tidemill floor \
		ratio "floor," "from" loss
	printf '%-12s %9s %6s  %9s %9s %6s  %9s %9s\n' "" "" datagr. "" coalesced "" plain memory
}

report()
{
	ratio=$(calculate "$figure / $coalesced" 2)
	percent=$(calculate "100 * $lost / $sent" 2)
	printf '%-12s %9s %6.1f  %9s %9s %6s  %9s %9s  %s%%\n' "$name" "$series" "$per_datagram" \
		"$figure" "$coalesced" "$ratio" "$plain" "$memory" "$percent"
	[ "$coalesced_lost" -eq 0 ] && [ "$plain_lost" -eq 0 ] ||
		echo "  the floors lost $coalesced_lost coalesced, $plain_lost plain of $sent datagrams"
	{
		printf '{"load":"%s","series":%s,"mix":"%s",' "$name" "$series" "$mix"
		printf '"lines":%s,"rate":%s,' "$lines" "$rate"
		printf '"lines_per_datagram":%s,' "$per_datagram"
		printf '"datagrams":%s,"dropped":%s,' "$sent" "$lost"
		printf '"tidemill_ns_per_line":%s,' "$figure"
		printf '"floor_coalesced_ns_per_line":%s,' "$coalesced"
		printf '"floor_coalesced_dropped":%s,' "$coalesced_lost"
		printf '"floor_plain_ns_per_line":%s,' "$plain"
		printf '"floor_plain_dropped":%s,' "$plain_lost"
		printf '"ratio":%s,"memory_ns_per_line":%s}\n' "$ratio" "$memory"
	} >>"$scratch/results"
}

run_load()
{
	measure_floor coalesced
	coalesced=$floor
	coalesced_lost=$floor_lost
	measure_floor plain
	plain=$floor
	plain_lost=$floor_lost
	measure_daemon
	measure_memory
	report
}

is_wanted()
{
	[ -z "$wanted" ] && return
	case " $wanted " in
	*" $1 "*) ;;
	*) return 1 ;;
	esac
}

build_tools
heading
loads >"$scratch/loads"
while read -r name lines rate series mix packet interval <&3; do
	is_wanted "$name" || continue
	run_load
done 3<"$scratch/loads"
[ -s "$scratch/results" ] || fail "no such load: $wanted"
if [ -n "$json" ]; then
	{
		echo "["
		sed '$!s/$/,/' "$scratch/results"
		echo "]"
	} >"$json"
fi
