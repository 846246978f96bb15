#!/bin/sh
# SPDX-License-Identifier: MIT
# run.sh -- verify each model, and see that each can fail.
#
#   test/model/run.sh [MODEL.pml...]
#
# A model must hold as it stands, explored completely; with any one of the
# BROKEN_ names it tests for defined, the verifier must find an error; SMALL is
# defined as well, for a model to be quicker about it.
set -u
cd "$(dirname "$0")" || exit 2

work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
here=$PWD
failed=0

# $1: model, further arguments: definitions. The verifier's report on stdout.
verify()
{
	model=$1
	shift
	(
		cd "$work" || exit 2
		rm -f -- *.trail pan*
		spin "$@" -a "$here/$model" &&
			${CC:-cc} -O1 -w -DSAFETY -DCOLLAPSE -DMEMLIM=1024 -o pan pan.c &&
			./pan -m200000 -w24
	)
}

[ $# -gt 0 ] || set -- *.pml
for model in "$@"; do
	report=$(verify "$model" 2>&1)
	states=$(echo "$report" | sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1/p')
	if echo "$report" | grep -q 'errors: 0' &&
		! echo "$report" | grep -Eq 'not completed|out of memory|max search depth too small'; then
		echo "$model holds ($states states)"
	else
		echo "$model: FAILED"
		echo "$report"
		failed=1
	fi

	# shellcheck disable=SC2013 # one word a line
	for broken in $(grep -Eo 'BROKEN_[A-Z_]+' "$model" | sort -u); do
		report=$(verify "$model" -DSMALL "-D$broken" 2>&1)
		if echo "$report" | grep -q 'errors: 1'; then
			found=$(echo "$report" | sed -n 's/^pan:[0-9]*: //p' | head -n 1)
			echo "$model with $broken fails, as it must: $found"
		else
			echo "$model with $broken does not fail"
			echo "$report"
			failed=1
		fi
	done
done
exit "$failed"
