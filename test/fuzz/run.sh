#!/bin/sh
# SPDX-License-Identifier: MIT
# run.sh -- search with each fuzz target for a while, one after the other.
#
# From the Makefile: FUZZERS, programs; CORPUS, a directory for what they find
# worth keeping; FUZZ_SECONDS, per target. Inputs that break one are left in
# CORPUS/<target>.broken/: turn them into seeds, then repair the code.
set -u
cd "$(dirname "$0")/../.." || exit 2

failed=0
for fuzzer in $FUZZERS; do
	target=$(basename "$fuzzer" _fuzz)
	seeds=test/fuzz/seeds/$target
	broken=$CORPUS/$target.broken/
	mkdir -p "$CORPUS/$target" "$broken"
	[ -d "$seeds" ] || seeds=
	echo "fuzz $target for $FUZZ_SECONDS s"
	# shellcheck disable=SC2086 # without seeds there is no such argument
	if ! "$fuzzer" -max_total_time="$FUZZ_SECONDS" -timeout=10 -rss_limit_mb=2048 \
		-print_final_stats=1 -verbosity=0 -artifact_prefix="$broken" \
		"$CORPUS/$target" $seeds; then
		echo "FAILED $target: see $broken"
		failed=1
	fi
done
[ "$failed" -ne 0 ] || echo OK
exit "$failed"
