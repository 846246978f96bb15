#!/bin/sh
# SPDX-License-Identifier: MIT
# soak.sh -- the daemon under a steady load for a long time: does it balance,
# and does it stay small?
#
# From the Makefile: TIDEMILL, the binary; SOAK_DATAGRAMS, of one line each.
# RATE is how many a second, 0 flat out. Each round is a million of them with
# another number of series, so that some come, some fall idle and are
# forgotten; after it the ledger must balance. Memory at the end may be at most
# a quarter above that after the tenth round.
set -u
rate=${RATE:-100000}
per_round=1000000
[ "$SOAK_DATAGRAMS" -ge "$per_round" ] || per_round=$SOAK_DATAGRAMS
work=$(mktemp -d) || exit 2
daemon=

finish()
{
	[ -z "$daemon" ] || kill "$daemon" 2>/dev/null
	rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

stop()
{
	echo "FAILED: $1"
	tail -n 20 "$work/log"
	exit 1
}

cat >"$work/tidemill.yaml" <<YAML
interval: 1s
control: {socket: $work/control}
listen: {default: {udp: ["127.0.0.1:${PORT:=18125}"]}}
sinks: {screen: {type: stdout}}
idle: {forget: 2m}
YAML
"$TIDEMILL" check -c "$work/tidemill.yaml" || exit 1
"$TIDEMILL" run -c "$work/tidemill.yaml" >/dev/null 2>"$work/log" &
daemon=$!

tries=0
until "$TIDEMILL" status -c "$work/tidemill.yaml" >/dev/null 2>&1; do
	tries=$((tries + 1))
	[ "$tries" -lt 100 ] || stop "the daemon does not answer"
	kill -0 "$daemon" 2>/dev/null || stop "the daemon has ended"
	sleep 0.1
done

resident_kb()
{
	awk '/^VmRSS:/ { print $2 }' "/proc/$daemon/status"
}

round=0
early=0
sent=0
while [ "$sent" -lt "$SOAK_DATAGRAMS" ]; do
	round=$((round + 1))
	sent=$((sent + per_round))
	"$TIDEMILL" bench "127.0.0.1:$PORT" -c "$work/tidemill.yaml" --verify --rate "$rate" \
		--lines "$per_round" --packet 1 --series $((1000 + round % 7 * 500)) \
		--mix c:60,ms:30,g:8,s:2 >"$work/bench" 2>&1 || {
		cat "$work/bench"
		stop "round $round does not balance"
	}
	kill -0 "$daemon" 2>/dev/null || stop "the daemon has ended"
	now=$(resident_kb)
	[ "$round" -ne 10 ] || early=$now
	echo "$sent datagrams: $now kB resident, $(find "/proc/$daemon/fd" -mindepth 1 | wc -l) descriptors"
done

last=$(resident_kb)
kill -TERM "$daemon"
wait "$daemon"
code=$?
daemon=
tail -n 1 "$work/log"
[ "$code" -eq 0 ] || stop "exit status $code"
[ "$early" -eq 0 ] || [ "$last" -le $((early + early / 4)) ] ||
	stop "grew from $early kB after round 10 to $last kB"
echo OK
