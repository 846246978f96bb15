# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# daemon.sh -- the daemon under a load, and what only receives the same load.

floor_pid=
sink_pid=
daemon_pid=

# The load of the row that has been read against $1; further arguments are
# passed on. What was sent is in $scratch/sent.
put_load()
{
	to=$1
	shift
	[ "$rate" = flat ] || set -- --rate "$rate" "$@"
	"$TIDEMILL" bench "$to" --lines "$lines" --series "$series" --mix "$mix" \
		--packet "$packet" --tags "$tags" --json "$@" >"$scratch/sent"
}

# CPU ns per line that it costs to receive the row's load, into $floor: the
# least of several passes, because it is a bound.
measure_floor()
{
	rm -f "$scratch/floor"
	"$tools/receive_floor" >"$scratch/floor" &
	floor_pid=$!
	to=127.0.0.1:$(port_in "$scratch/floor")
	: >"$scratch/costs"
	for _ in $(seq "$passes"); do
		before=$(cpu_of "$floor_pid")
		put_load "$to"
		await is_drained "${to#*:}"
		used=$(($(cpu_of "$floor_pid") - before))
		calculate "$used / $(field lines <"$scratch/sent")" 2 >>"$scratch/costs"
		echo >>"$scratch/costs"
	done
	stop "$floor_pid" || fail "the floor ended badly"
	floor_pid=
	lines_per_datagram=$(field lines_per_datagram <"$scratch/sent")
	sent=$(($(field datagrams <"$scratch/sent") * passes))
	floor=$(calculate "$(sort -n "$scratch/costs" | head -n 1) * $sent / \
		($sent - $(field dropped <"$scratch/floor"))" 2)
}

# The figures of the UDP socket on port $1: bytes that wait in it, datagrams
# that it dropped.
socket_figures()
{
	awk -v port="$(printf ':%04X' "$1")" '
		substr($2, length($2) - 4) == port {
			split($5, queues, ":")
			print queues[2], $NF
		}' /proc/net/udp
}

is_drained()
{
	[ "$(socket_figures "$1" | cut -d ' ' -f 1)" = 00000000 ]
}

ask()
{
	"$TIDEMILL" status --json -c "$scratch/tidemill.yaml" >"$scratch/status" 2>"$scratch/answer"
}

ask_surely()
{
	ask || fail "the daemon is gone: $(cat "$scratch/answer")"
}

# What flushes go to, on port $port.
start_sink()
{
	rm -f "$scratch/sink"
	"$tools/tcp_sink" >"$scratch/sink" &
	sink_pid=$!
	port=$(port_in "$scratch/sink")
}

stop_sink()
{
	stop "$sink_pid" || fail "the sink ended badly"
	sink_pid=
}

# Start it with so much between flushes, so many workers, and more lines of
# configuration if there are any. All else is as it is without configuration.
start_daemon()
{
	start_sink
	cat >"$scratch/tidemill.yaml" <<-END
		interval: $1
		workers: $2
		control: {socket: $scratch/control}
		limits: {series: 10000000}
		sinks: {graphite: {type: graphite, address: "127.0.0.1:$port", queue: 4GiB}}
		listen: {bench: {udp: "127.0.0.1:$port", steer: ${3:-hash}}}
	END
	"$TIDEMILL" run -c "$scratch/tidemill.yaml" >"$scratch/daemon.log" 2>&1 &
	daemon_pid=$!
	await ask
}

stop_daemon()
{
	stop "$daemon_pid" || fail "the daemon ended badly"
	daemon_pid=
	stop_sink
}

# The row's load into the daemon, until it has read all of it. The CPU ns that
# this took are in $used, those per line in $cost; what the kernel dropped, in
# percent, is in $lost.
load_daemon()
{
	before=$(cpu_of "$daemon_pid")
	put_load "127.0.0.1:$port" --verify -c "$scratch/tidemill.yaml" "$@" ||
		fail "the ledger does not balance: $(cat "$scratch/sent")"
	used=$(($(cpu_of "$daemon_pid") - before))
	cost=$(calculate "$used / $(field lines_read <"$scratch/sent")" 2)
	lost=$(calculate "100 * $(field datagrams_dropped <"$scratch/sent") / \
		$(field datagrams <"$scratch/sent")" 2)
	lines_per_datagram=$(field lines_per_datagram <"$scratch/sent")
	refused=$(field lines_refused <"$scratch/sent")
	[ "$refused" -eq 0 ] || fail "$refused lines were refused"
}

# Every series once, in another order than it will be met in.
warm_up()
{
	passed=$lines
	lines=$series
	load_daemon --seed 2
	lines=$passed
}

flushes()
{
	sed 's/.*"flush"://' "$scratch/status" | field count
}

flush_duration()
{
	sed 's/.*"flush"://' "$scratch/status" | field duration_seconds
}

# Has there been a flush after the one that took $1, and all of it been
# delivered? Its duration is known when the last of it has been handed to the
# sinks, so what they say after that is about all of it.
has_flushed()
{
	ask_surely
	[ "$(flush_duration)" != "$1" ] || return 1
	ask_surely
	[ "$(sed 's/.*"sinks"://' "$scratch/status" | field queued)" -eq 0 ]
}

# Wait for the next flush to be delivered. The CPU ns that it took, from just
# before it was due, are in $used.
await_flush()
{
	ask_surely
	last=$(flush_duration)
	sleep "$(calculate "$(field next_flush_seconds <"$scratch/status") - 0.1" 3 | sed 's/^-.*/0/')"
	before=$(cpu_of "$daemon_pid")
	await has_flushed "$last"
	used=$(($(cpu_of "$daemon_pid") - before))
}

stop_servers()
{
	for pid in "$daemon_pid" "$floor_pid" "$sink_pid"; do
		stop "$pid" || :
	done
}
