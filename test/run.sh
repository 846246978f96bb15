#!/bin/sh
# SPDX-License-Identifier: MIT
# run.sh -- run the tests `make check` has built, and say how it went.
#
#   test/run.sh all|unit|race|scenario
#
# The Makefile passes in the environment: LOGS, a directory for the logs;
# TIDEMILL, the binary; UNIT, RACE, SCENARIO, REPLAY, test programs; MAN, pages.
#
# Every step runs, whatever became of the others. A step's output is kept in
# its log and shown when it fails; libcheck's summary line is always shown, and
# so is every line that starts with SKIPPED. A step that exits 77 was skipped,
# which counts as a failure under REQUIRE_PEERS=1.
set -u
cd "$(dirname "$0")/.." || exit 2

STEP_SECONDS=900

# One step: name, then the command. Its verdict becomes a file beside its log.
run_one()
{
	name=$1
	shift
	log=$LOGS/$(echo "$name" | tr '/ ' '__')
	started=$(date +%s)
	timeout -k 10 "$STEP_SECONDS" "$@" >"$log.log" 2>&1 </dev/null
	code=$?
	took=$(($(date +%s) - started))
	[ "$code" -ne 77 ] || [ "${REQUIRE_PEERS:-0}" != 1 ] || code=1
	summary=$(grep -E '^[0-9]+%: Checks: ' "$log.log" | tail -n 1)
	case $code in
	0)
		printf '  ok      %-36s %3ss  %s\n' "$name" "$took" "$summary"
		;;
	77)
		echo "$name" >"$log.skipped"
		printf '  SKIPPED %-36s %3ss\n' "$name" "$took"
		;;
	*)
		echo "$name" >"$log.failed"
		{
			printf '  FAILED  %-36s %3ss  %s\n' "$name" "$took" "$summary"
			[ "$code" -ne 124 ] || echo "          stopped after $STEP_SECONDS s"
			sed 's/^/          | /' "$log.log"
			echo "          exit status $code; log: $log.log"
		} >"$log.shown"
		cat "$log.shown"
		;;
	esac
	if [ "$code" -eq 0 ]; then
		grep '^SKIPPED' "$log.log" | sed 's/^/          /'
	fi
	return 0
}

# The sanitizers' shadow memory does not fit every layout of a machine that
# randomises more bits than they were built for.
without_randomisation()
{
	bits=$(cat /proc/sys/vm/mmap_rnd_bits 2>/dev/null || echo 0)
	if [ "$bits" -gt 28 ] && setarch "$(uname -m)" -R true 2>/dev/null; then
		echo "setarch $(uname -m) -R"
	fi
}

# Where a step's name is the program's path without its variant's directory.
label()
{
	echo "${1#*/test/}" | sed 's,^.*/test/,,'
}

fuzz_replay()
{
	target=$(basename "$1" _replay)
	seeds=test/fuzz/seeds/$target
	if [ ! -d "$seeds" ]; then
		echo "$seeds: no seeds"
		return 1
	fi
	$plain "$1" "$seeds"
}

# The steps of each kind, one a line: name, command.
list_static()
{
	echo "floors test/floors.sh"
	echo "bench test/bench/check.sh $(dirname "$TIDEMILL")/test/bench"
	[ -z "$MAN" ] || echo "man mandoc -T lint -W warning $MAN"
	echo "manual test/man.sh $TIDEMILL"
	echo "model test/model/run.sh"
	echo "config test/config/run.sh $TIDEMILL"
	echo "explain test/explain/run.sh $TIDEMILL"
	echo "systemd test/systemd.sh $TIDEMILL"
}

list_programs()
{
	for program in $1; do
		if [ -x "$program" ]; then
			echo "$(label "$program") $plain $program"
		else
			echo "$(label "$program") test/run.sh not_built"
		fi
	done
}

# Without the binary there is nothing to watch.
list_scenarios()
{
	if [ -x "$TIDEMILL" ]; then
		list_programs "$SCENARIO"
	else
		echo "scenario test/run.sh not_built"
	fi
}

list_replays()
{
	for program in $REPLAY; do
		echo "$(label "$program") test/run.sh fuzz_replay $program"
	done
}

# Run the steps on standard input, $1 at a time.
run_steps()
{
	xargs -r -L 1 -P "$1" test/run.sh one
}

plain=$(without_randomisation)
export ASAN_OPTIONS="${ASAN_OPTIONS:-detect_stack_use_after_return=1:strict_string_checks=1}"
export UBSAN_OPTIONS="${UBSAN_OPTIONS:-print_stacktrace=1}"
export TSAN_OPTIONS="${TSAN_OPTIONS:-halt_on_error=1:second_deadlock_stack=1}"
export CK_VERBOSITY="${CK_VERBOSITY:-normal}"

[ $# -gt 0 ] || set -- all
what=$1
shift
case $what in
one) run_one "$@"; exit ;;
fuzz_replay) fuzz_replay "$@"; exit ;;
not_built) echo "does not build"; exit 1 ;;
esac

mkdir -p "$LOGS"
rm -f "$LOGS"/*.log "$LOGS"/*.skipped "$LOGS"/*.shown
[ "$what" = all ] || rm -f "$LOGS"/*.failed
jobs=$(nproc)

# Scenarios come last and alone: they look at time, and bind ports.
case $what in
all)
	{
		list_static
		list_programs "$UNIT"
		list_programs "$RACE"
		list_replays
	} | run_steps "$jobs"
	list_scenarios | run_steps 1
	;;
unit) list_programs "$UNIT" | run_steps "$jobs" ;;
race) list_programs "$RACE" | run_steps "$jobs" ;;
scenario) list_scenarios | run_steps 1 ;;
*)
	echo "usage: run.sh all|unit|race|scenario" >&2
	exit 2
	;;
esac

count()
{
	find "$LOGS" -name "*.$1" | wc -l
}

if [ "$(count log)" -eq 0 ]; then
	echo "no such tests"
	exit 1
fi
tests=$(cat "$LOGS"/*.log 2>/dev/null | sed -n 's/^[0-9]*%: Checks: \([0-9]*\),.*/\1/p' |
	awk '{ n += $1 } END { print n + 0 }')
echo
echo "$(count log) steps, $tests tests; $(count failed) failed, $(count skipped) skipped"
sort "$LOGS"/*.skipped 2>/dev/null | sed 's/^/  SKIPPED  /'
grep -h '^SKIPPED' "$LOGS"/*.log 2>/dev/null | sort -u | sed 's/^/  /'
if [ "$(count failed)" -ne 0 ]; then
	sort "$LOGS"/*.failed | sed 's/^/  FAILED   /'
	echo "FAILED"
	exit 1
fi
echo "OK"
