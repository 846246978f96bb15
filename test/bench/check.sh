#!/bin/sh
# SPDX-License-Identifier: MIT
# check.sh -- is the table of `make bench` judged right, and is all of it measured?
#
#   test/bench/check.sh TOOLS
#
# TOOLS: where the programs are that measure from memory; each is run, on a little.
set -u
TOOLS=$1
cd "$(dirname "$0")/../.." || exit 2

failed=0

complain()
{
	echo "$*"
	failed=1
}

# Figure, target, floor, the target's floor; what is to be said of them.
while read -r figure target floor target_floor verdict; do
	said=$(printf 'row\ta\t%s\tns\t%s\t%s\t%s\t0\tb\t\n' \
		"$figure" "$target" "$floor" "$target_floor" |
		awk -v form=json -f test/bench/report.awk | sed -n 's/.*"verdict": "\(.*\)".*/\1/p')
	[ "$said" = "$verdict" ] ||
		complain "$figure against $target, floors $floor and $target_floor: $said, not $verdict"
done <<END
30    30     11  11  reached
9.5   30     11  11  reached
100   30     11  11  missed
60    30     22  11  reached by ratio
60.1  30     22  11  missed
31    30     -   -   missed
1.8   >=1.8  -   -   reached
1.79  >=1.8  -   -   missed
END

while read -r program arguments; do
	# shellcheck disable=SC2086 # a list of words
	said=$("$TOOLS/$program" $arguments 2>&1) || complain "$program $arguments fails: $said"
done <<END
micro check 100 c:1,ms:1,g:1,s:1 1432 2
micro_flush 100 ms 5
micro_parts
micro_worst 1000
number_proof 1000
END

# What is said about the machine is text, and whatever a server said is JSON.
said=$(printf 'about\tkernel\t6.10\npeer\ta\tb\t-\t-\tno \033 "c"\n' |
	awk -v form=json -f test/bench/report.awk)
for wanted in '"value": "6.10"' '"ns": null' '"note": "no   \"c\""'; do
	case $said in
	*"$wanted"*) ;;
	*) complain "there is no $wanted in $said" ;;
	esac
done

# What cannot be done is said before anything is built.
for wrong in --doubles "--doubles x" "--doubles 0" "--record --quick" --unknown; do
	# shellcheck disable=SC2086 # a list of words
	BUILD=/dev/null test/bench/run.sh $wrong 2>&1 | grep -q '^usage:' ||
		complain "$wrong is taken"
done

# Every row is measured somewhere.
while read -r name _; do
	case $name in
	"" | "#"*) continue ;;
	esac
	grep -qw -e "$name" test/bench/lib/sections.sh || complain "$name is not measured"
	grep -qw -e "$name" test/bench/run.sh || complain "$name cannot be asked for"
done <test/bench/rows
exit $failed
