# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# tools.sh -- what all measurements use: helpers built and called, figures taken
# out of their answers, results written down.

WAIT_SECONDS=60

shown= # the sort of result that was shown last

fail()
{
	echo "bench: $*" >&2
	[ ! -s "$scratch/daemon.log" ] || sed 's/^/  | /' "$scratch/daemon.log" >&2
	exit 1
}

# Each C file here is a tool.
build_tools()
{
	mkdir -p "$tools"
	for source in test/bench/*.c; do
		tool=$tools/$(basename "$source" .c)
		[ -x "$tool" ] && [ -z "$(find "$source" "$LIBTIDEMILL" -newer "$tool")" ] && continue
		# CFLAGS and LDLIBS are lists; make has quoted what is in them.
		eval "$CC $CFLAGS -o '$tool' '$source' '$LIBTIDEMILL' $LDLIBS"
	done
}

# The first number called $1 in the JSON on standard input.
field()
{
	grep -o "\"$1\": *[-0-9.e]*" | head -n 1 | sed 's/.*: *//'
}

# An expression, with so many decimals; 1 if none are given.
calculate()
{
	awk "BEGIN { printf \"%.${2:-1}f\", $1 }"
}

# 200k and 2M as awk and dd know them.
number()
{
	echo "$1" | sed 's/k$/000/; s/M$/000000/'
}

# Of numbers on standard input.
median()
{
	sort -n | awk '{ at[NR] = $1 } END { print at[int((NR + 1) / 2)] }'
}

# Wait until a command succeeds.
await()
{
	tries=$((WAIT_SECONDS * 20))
	until "$@"; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || fail "gave up waiting: $*"
		sleep 0.05
	done
}

# The port that a server has written as its first line into $1.
port_in()
{
	await test -s "$1"
	head -n 1 "$1"
}

# Stop a process, if there is one; its exit status.
stop()
{
	[ -n "$1" ] || return 0
	kill -TERM "$1" 2>/dev/null || :
	wait "$1" 2>/dev/null
}

# The CPU time of a process so far, ns.
cpu_of()
{
	"$tools/cpu_time" "$1"
}

# $2 of process $1 in kB: VmRSS, or VmHWM for the most it ever was.
memory_of()
{
	awk -v name="$2:" '$1 == name { print $2 }' "/proc/$1/status"
}

# Is one of these wanted on the command line? All are if none is named.
is_wanted()
{
	[ -n "$wanted" ] || return 0
	for candidate in "$@"; do
		case " $wanted " in
		*" $candidate "*) return 0 ;;
		esac
	done
	return 1
}

# The fields of a row in test/bench/rows.
read_row()
{
	name=$1
	read -r target unit reference lines rate series mix packet tags title <<-END
		$(awk -v name="$1" '$1 == name { $1 = ""; print }' test/bench/rows)
	END
}

# Write a result down: its sort and its fields, which report.awk knows.
note()
{
	line=$1
	shift
	for value in "$@"; do
		line=$line$(printf '\t')$value
	done
	echo "$line" >>"$scratch/results"
}

# The same, and show it.
record()
{
	note "$@"
	[ "$1" = "$shown" ] || awk -v form=heading -v only="$1" -f test/bench/report.awk
	shown=$1
	echo "$line" | awk -v form=text -f test/bench/report.awk
}

# A row of the table: name, figure, floor or -, lost datagrams in % or -, and
# what else there is to say.
record_row()
{
	read_row "$1"
	is_wanted "$1" "$section" || return 0
	target_floor=-
	[ "$reference" = - ] || [ "$3" = - ] ||
		target_floor=$(calculate "$reference / $lines_per_datagram" 1)
	record row "$1" "$2" "$unit" "$target" "$3" "$target_floor" "$4" "$title" \
		"${5:-}"
}
