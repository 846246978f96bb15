#!/bin/sh
# SPDX-License-Identifier: MIT
# run.sh -- what becomes of lines, rule by rule: run.sh PATH-OF-TIDEMILL [--write]
#
# NAME.yaml is a configuration, NAME.lines are given to `tidemill explain` with
# it and with the option in NAME.option, if that is there, and NAME.expected is what
# that prints: how each line is read, refused or named, and every line that every
# sink would send. Times are replaced by TIME.
# With --write what is printed becomes what is expected.

set -u
export LC_ALL=C TZ=UTC
unset TIDEMILL_CONFIG

[ $# -ge 1 ] || { echo "usage: $0 TIDEMILL [--write]" >&2; exit 2; }
case $1 in
/*) tidemill=$1 ;;
*) tidemill=$PWD/$1 ;;
esac
cd "$(dirname "$0")" || exit 1
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
failed=0 lines=0

for file in *.lines; do
	name=${file%.lines}
	option=$(cat "$name.option" 2>/dev/null)
	# A line of NOW stands for one that carries the present time.
	sed "s/NOW/$(date +%s)/" "$file" |
		"$tidemill" explain -c "$name.yaml" ${option:+"$option"} \
			>"$scratch/said" 2>"$scratch/complained"
	{
		echo "exit $?"
		cat "$scratch/complained"
		sed -E 's/ (T?)1[0-9]{9}$/ \1TIME/; s/([ t])1[0-9]{9}/\1TIME/; s/([T:])1[0-9]{9}/\1TIME/; s/of 1[0-9]{9}/of TIME/; s/[0-9]{2}:[0-9]{2}:[0-9]{2}/TIME/' "$scratch/said"
	} >"$scratch/actual"
	lines=$((lines + $(wc -l <"$file")))
	if [ "${2-}" = --write ]; then
		cp "$scratch/actual" "$name.expected"
	elif ! diff -u "$name.expected" "$scratch/actual"; then
		echo "FAIL $name"
		failed=$((failed + 1))
	fi
done

# said EXPECTED ARGUMENT...: what explain prints of lines given to it, without
# what sinks would send, and its exit status.
said()
{
	expected=$1
	shift
	actual=$("$tidemill" explain "$@" 2>&1 | grep -v '^    '; "$tidemill" explain "$@" >/dev/null 2>&1; echo $?)
	if [ "$actual" != "$expected" ]; then
		echo "FAIL explain $*: $actual"
		failed=$((failed + 1))
	fi
}

said 'a:1|c
  counter  a  1
b:2|g
  gauge    b  2
0' 'a:1|c
b:2|g
'
said 0 ''
said 0 </dev/null
said 'tidemill explain: there is no listener lan, but default
2' -l lan 'a:1|c'
said 'a 1 -1
  gauge    a  1
0' -o listen.carbon.graphite=localhost:2003 'a 1 -1'
said 'tidemill explain: standard input: Is a directory
1' </
if "$tidemill" explain 'a:1|c' >/dev/full 2>/dev/null; then
	echo "FAIL explain: what is not written was not said"
	failed=$((failed + 1))
fi

[ $failed -eq 0 ] && echo "explain: $lines lines, all as expected"
exit $((failed > 0))
