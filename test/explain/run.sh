#!/bin/sh
# SPDX-License-Identifier: MIT
# run.sh -- what becomes of lines, rule by rule: run.sh PATH-OF-TIDEMILL [--write]
#
# NAME.yaml is a configuration, NAME.lines are given to `tidemill explain` with
# it, and NAME.expected is what that prints: how each line is read, refused or
# named, and every line that every sink would send. Times are replaced by TIME.
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
	# A line of NOW stands for one that carries the present time.
	sed "s/NOW/$(date +%s)/" "$file" |
		"$tidemill" explain -c "$name.yaml" >"$scratch/said" 2>"$scratch/complained"
	{
		echo "exit $?"
		cat "$scratch/complained"
		sed -E 's/ (T?)1[0-9]{9}$/ \1TIME/; s/([T:])1[0-9]{9}/\1TIME/; s/of 1[0-9]{9}/of TIME/; s/[0-9]{2}:[0-9]{2}:[0-9]{2}/TIME/' "$scratch/said"
	} >"$scratch/actual"
	lines=$((lines + $(wc -l <"$file")))
	if [ "${2-}" = --write ]; then
		cp "$scratch/actual" "$name.expected"
	elif ! diff -u "$name.expected" "$scratch/actual"; then
		echo "FAIL $name"
		failed=$((failed + 1))
	fi
done

[ $failed -eq 0 ] && echo "explain: $lines lines, all as expected"
exit $((failed > 0))
