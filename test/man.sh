#!/bin/sh
# SPDX-License-Identifier: MIT
# man.sh -- do the manual pages say what the program has?
#
#   test/man.sh TIDEMILL
#
# Every metric and every reason of the tables, every command and every key of
# the configuration must head an item of its page; the line that stands beside
# a reason as an example must be refused for that reason; and each example of a
# configuration must be one, or a part of one.
set -u
cd "$(dirname "$0")/.." || exit 2

TIDEMILL=$1
missing=0
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# The tables as they are compiled, not as they are written.
cat >"$tmp/tables.c" <<'END'
#include "metric/counter.h"

#include <stdio.h>
#include <string.h>

static void
print_defs(const struct counter_def *(*def)(size_t), size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (def(i)->metric != NULL)
			puts(def(i)->statsd);
}

int
main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "reasons") == 0) {
		for (size_t i = REASON_NONE + 1; i < REASONS; i++)
			puts(reason_defs[i].name);
		return 0;
	}
	print_defs(intake_counter_def, INTAKE_COUNTERS);
	print_defs(table_counter_def, TABLE_COUNTERS);
	print_defs(usage_counter_def, USAGE_COUNTERS);
	print_defs(flush_counter_def, FLUSH_COUNTERS);
	print_defs(sink_counter_def, SINK_COUNTERS);
	return 0;
}
END
${CC:-cc} -std=c17 -D_GNU_SOURCE -Isrc -o "$tmp/tables" "$tmp/tables.c" src/metric/counter.c \
	src/metric/reason.c src/base/check.c || exit 1

complain()
{
	echo "$1"
	missing=$((missing + 1))
}

# What the items of a page are about, one a line.
heads()
{
	sed -n 's/^\.It [CI][cm] \([^ :]*\).*/\1/p' "man/$1"
}

# $1 what they are, $2 their page; the words on standard input.
must_head_items()
{
	heads "$2" >"$tmp/heads"
	cat >"$tmp/words"
	[ -s "$tmp/words" ] || complain "there is no $1 at all"
	while read -r word; do
		grep -Fxq -e "$word" "$tmp/heads" || complain "man/$2 lacks the $1 $word"
	done <"$tmp/words"
}

"$tmp/tables" >"$tmp/metrics"
"$tmp/tables" reasons >"$tmp/reasons"
"$TIDEMILL" -h | sed -n 's/^  \([a-z]*\) .*/\1/p' >"$tmp/commands"
# Names of listeners and sinks have neither value nor help: these are no keys.
"$TIDEMILL" config --defaults | sed '/^[# ]  *[a-z]*:$/d' |
	sed -n 's/^\(#  \)\{0,1\} *\([a-z_]*\):\( .*\)\{0,1\}$/\2/p' | sort -u >"$tmp/keys"

must_head_items metric tidemill-metrics.7 <"$tmp/metrics"
must_head_items reason tidemill-protocol.7 <"$tmp/reasons"
must_head_items command tidemill.8 <"$tmp/commands"
must_head_items key tidemill.yaml.5 <"$tmp/keys"

# ".It Cm reason", then ".Dl line" before the next item: an example.
awk '/^\.It Cm / { reason = $3 } /^\.El/ { reason = "" }
	/^\.Dl / && reason != "" { sub(/^\.Dl /, ""); print reason " " $0 }' \
	man/tidemill-protocol.7 >"$tmp/examples"
[ -s "$tmp/examples" ] || complain "man/tidemill-protocol.7 has no examples of refusals"
while read -r reason line; do
	"$TIDEMILL" send --to 127.0.0.1:1 "$line" 2>&1 | grep -q "line 1: $reason: " ||
		complain "man/tidemill-protocol.7: $line is not refused as $reason"
done <"$tmp/examples"

# A block of YAML begins with a key. It is a whole file, or what stands in a
# listener or a sink.
"$TIDEMILL" config --defaults | sed -n 's/^\([a-z_]*\):.*/\1/p' >"$tmp/roots"
mkdir "$tmp/yaml"
awk -v dir="$tmp/yaml" '
	FNR == NR { root[$1] = 1; next }
	/^\.Sh / { section = $2 }
	/^\.Ed/ { inside = 0 }
	inside {
		gsub(/\\\(dq/, "\""); gsub(/\\e/, "\\"); gsub(/\\&/, "")
		if (inside == 1) {
			inside = 3
			if (!match($0, /^[a-z_]+:( |$)/))
				next
			inside = 2; indent = ""; key = substr($0, 1, RLENGTH); sub(/:.*/, "", key)
			file = sprintf("%s/%02d-%s.yaml", dir, ++blocks, key)
			if (section == "LISTENERS" && !(key in root)) {
				print "listen:\n  default:" >file
				if (key != "udp")
					print "    udp: localhost:8125" >file
				indent = "    "
			} else if (key == "screen") {
				print "sinks:" >file
				indent = "  "
			} else if (!(key in root)) {
				print "sinks:\n  graphite:\n    type: graphite" >file
				if (key != "address")
					print "    address: graphite-1:2003" >file
				indent = "    "
			}
		}
		if (inside == 2) {
			sub(/\/etc\/tidemill\/mapping\.yaml/, "test/explain/mapping.yaml.in")
			print indent $0 >file
		}
	}
	/^\.Bd/ { inside = 1 }' "$tmp/roots" man/tidemill.yaml.5 man/tidemill-protocol.7
for file in "$tmp"/yaml/*; do
	"$TIDEMILL" check -c "$file" >"$tmp/said" 2>&1 || {
		complain "an example of the pages is no configuration: $(grep -v ': warning: ' "$tmp/said")"
		cat "$file"
	}
done

[ "$missing" -eq 0 ] || exit 1
echo "$(cat "$tmp"/metrics "$tmp"/reasons "$tmp"/commands "$tmp"/keys | wc -l) names," \
	"$(wc -l <"$tmp/examples") examples, $(find "$tmp/yaml" -type f | wc -l) configurations"
