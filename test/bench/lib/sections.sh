# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# sections.sh -- the measurements, each a function that records what it found.

# The row's load within one interval of the daemon.
load_within_interval()
{
	ask_surely
	flushes_before=$(flushes)
	load_daemon "$@"
	ask_surely
	[ "$(flushes)" -eq "$flushes_before" ] ||
		fail "$name: this machine is too slow for its load within one interval"
}

# The row's load so many times as passes are asked for: the median of the costs
# is in $cost, the range in $range, the worst loss in $lost.
load_in_passes()
{
	: >"$scratch/costs"
	: >"$scratch/losses"
	for _ in $(seq "$passes"); do
		load_daemon "$@"
		echo "$cost" >>"$scratch/costs"
		echo "$lost" >>"$scratch/losses"
	done
	cost=$(median <"$scratch/costs")
	lost=$(sort -n "$scratch/losses" | tail -n 1)
	range=
	[ "$passes" -eq 1 ] || range="$(sort -n "$scratch/costs" | sed -n '1p;$p' | paste -s -d -)"
}

measure_lines()
{
	for row in single-1k packed-1k tags-4 timers-1k gauges-10k sets-10k mix-10k; do
		is_wanted "$row" "$section" || continue
		read_row "$row"
		measure_floor
		start_daemon 1s 1
		warm_up
		load_in_passes
		stop_daemon
		[ "$rate" != flat ] || range="${range:+$range, }at $(calculate \
			"$(field lines_per_second <"$scratch/sent") / 1000" 0) k lines a second, \
each $(calculate "$(field cpu_ns_per_line <"$scratch/sent")" 0) ns of the client"
		record_row "$row" "$cost" "$floor" "$lost" "$range"
	done
}

# A row's load, and the flush that ends its interval: the flush is shared by all
# of the row's lines, even if fewer have been sent.
measure_interval()
{
	read_row "$1"
	all=$(number "$lines")
	lines=${shorter:-$lines}
	load_within_interval --seed 3
	await_flush
	record_row "$1" "$(calculate "$cost + $used / $all" 2)" "$floor" "$lost" "$cost without it"
}

# One daemon meets a million counters, then each of them once, then all of them
# again and again; each time an interval and its flush.
measure_million()
{
	read_row packed-1M
	lines=4M
	measure_floor
	start_daemon "$interval" 1
	idle=$(memory_of "$daemon_pid" VmRSS)
	await_flush
	read_row new-1M
	load_within_interval --seed 2
	met=$used
	await_flush
	met=$((met + used))
	read_row packed-1M-once
	load_within_interval
	once=$used
	record_row packed-1M-once "$cost" "$floor" "$lost"
	await_flush
	flushed=$used
	record_row new-1M "$(calculate "($met - $once - $flushed) / 1e6")" - "$lost"
	record_row flush-1M "$(calculate "$flushed / 1e6")" - -
	resident=$(memory_of "$daemon_pid" VmRSS)
	measure_interval packed-1M
	peak=$(memory_of "$daemon_pid" VmHWM)
	record_row memory-1M "$(calculate "($resident - $idle) * 1024 / 1e6")" - - \
		"after a flush; at most $(calculate "($peak - $idle) * 1024 / 1e6")"
	stop_daemon
}

measure_timers()
{
	read_row timers-100k
	lines=4M
	measure_floor
	start_daemon "$interval" 1
	read_row timers-100k
	warm_up
	await_flush
	read_row flush-timers
	load_within_interval
	await_flush
	record_row flush-timers "$(calculate "$used / 1e5")" - -
	measure_interval timers-100k
	stop_daemon
}

# The longest steps of a worker with a million series, once a run.
find_worst()
{
	[ -s "$scratch/worst" ] || "$tools/micro_worst" 1000000 >"$scratch/worst"
}

measure_worst()
{
	find_worst
	record_row growth-step "$(field growth_us <"$scratch/worst")" - - \
		"$(sed 's/.*"growth_step":"//; s/".*//' "$scratch/worst")"
	record_row seal "$(field seal_us <"$scratch/worst")" - - \
		"a sweep's longest step: $(field sweep_us <"$scratch/worst")"
}

# The cost of the row's load over so many workers, from many clients.
measure_workers_cost()
{
	start_daemon 1s "$1"
	warm_up
	load_in_passes --senders 64
	stop_daemon
}

measure_workers()
{
	for threads in 1 2; do
		"$tools/micro" workers 1000 c:1 1432 0 "$threads" >"$scratch/threads-$threads"
	done
	record_row workers-memory "$(calculate \
		"$(field best_lines_per_second <"$scratch/threads-2") / \
		$(field best_lines_per_second <"$scratch/threads-1")" 2)" - - \
		"CPU per line: $(field best_ns_per_line <"$scratch/threads-2") ns of two, \
$(field best_ns_per_line <"$scratch/threads-1") ns of one"
	read_row workers-2
	measure_workers_cost 1
	one=$cost
	measure_workers_cost 2
	record_row workers-2 "$(calculate "$cost / $one" 2)" - "$lost" "$cost ns against $one ns"
	read_row steer-random
	start_daemon 1h 2 random
	load_daemon
	ask_surely
	# Each line is of a series of its own: a worker knows as many as it got lines.
	busier=$(sed 's/.*"workers"://' "$scratch/status" | grep -o '"keys":[0-9]*' |
		sed 's/.*://' | sort -n | tail -n 1)
	record_row steer-random "$(calculate "100 * $busier / $(number "$lines")")" - "$lost"
	stop_daemon
}

measure_idle()
{
	start_daemon 10s auto
	before=$(cpu_of "$daemon_pid")
	sleep "$idle_seconds"
	used=$(($(cpu_of "$daemon_pid") - before))
	record_row idle-cpu "$(calculate "100 * $used / ($idle_seconds * 1e9)" 3)" - -
	record_row idle-memory "$(calculate "$(memory_of "$daemon_pid" VmRSS) * 1024 / 1e6")" - -
	stop_daemon
	for _ in 1 2 3 4 5; do
		"$tools/startup" "$scratch/control" "$TIDEMILL" run -c "$scratch/tidemill.yaml"
	done >"$scratch/startups"
	record_row start-up "$(median <"$scratch/startups")" - -
}

record_part()
{
	record part "$1" "$2" "$3"
}

measure_parts()
{
	"$tools/micro" parts 1000 c:1 1432 >"$scratch/whole"
	"$tools/micro_parts" >"$scratch/parts"
	whole=$(field median_ns_per_line <"$scratch/whole")
	parse=$(field parse_ns <"$scratch/parts")
	hash=$(field hash_ns <"$scratch/parts")
	record_part parse "$parse" "a counter's line, 37 bytes"
	record_part hash "$hash" "its name, 33 bytes"
	record_part fold "$(calculate "$whole - $parse - $hash")" \
		"the rest: find the series, and add"
	record_part line "$whole" "all of it, from memory"
	record_part sketch "$(field sketch_ns <"$scratch/parts")" "a value into a timer's sketch"
	record_part print-integer "$(field print_whole_ns <"$scratch/parts")" "a whole number printed"
	record_part print-double "$(field print_double_ns <"$scratch/parts")" \
		"a double of 17 digits printed"
	"$tools/micro_flush" 100000 c 1 >"$scratch/flush"
	record_part merge "$(field merge_ns <"$scratch/flush")" "a counter, merged at a flush"
	record_part rows "$(field rows_ns <"$scratch/flush")" "a counter, made into a row"
	record_part encode "$(field encode_ns <"$scratch/flush")" \
		"a counter, its two lines for Graphite"
	find_worst
	record_part new "$(field new_ns <"$scratch/worst")" "a new series into the table, of 1 M"
}

# Is there so much memory, in MB?
has_memory()
{
	[ "$(awk '$1 == "MemAvailable:" { print int($2 / 1024) }' /proc/meminfo)" -ge "$1" ]
}

# How the cost of a line grows: its flush, which is once per interval, left out.
measure_growth()
{
	read_row packed-1k
	for series in 1k 10k 100k 1M 4M; do
		if [ "$series" = 4M ] && { [ -n "$quick" ] || ! has_memory 6000; }; then
			continue
		fi
		start_daemon 1h 1
		warm_up
		load_in_passes
		stop_daemon
		memory=$("$tools/micro" growth "$(number "$series")" "$mix" "$packet" |
			field median_ns_per_line)
		record series "$(number "$series")" "$cost" "$memory" "$lost"
	done
	read_row packed-1k
	start_daemon 1h 1
	warm_up
	for senders in 1 10 100 1000; do
		load_in_passes --senders "$senders"
		record senders "$senders" "$cost" - "$lost"
	done
	stop_daemon
}

# Numbers printed are numbers read, of doubles drawn at random.
measure_proof()
{
	"$tools/number_proof" "$doubles" >"$scratch/proof" || fail "number_proof: $(cat "$scratch/proof")"
	record proof "$(field count <"$scratch/proof")" "$(field failures <"$scratch/proof")"
}
