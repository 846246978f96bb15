#!/bin/sh
# SPDX-License-Identifier: MIT
# run.sh -- the configuration as its users meet it: run.sh PATH-OF-TIDEMILL
#
# NAME.yaml is given to `tidemill check`; NAME.expected is what that prints, on
# both streams, after the exit status. Then the sample and the manual are held
# against the tables.

set -u
export LC_ALL=C
unset TIDEMILL_CONFIG

[ $# -eq 1 ] || { echo "usage: $0 TIDEMILL" >&2; exit 2; }
case $1 in
/*) tidemill=$1 ;;
*) tidemill=$PWD/$1 ;;
esac
cd "$(dirname "$0")" || exit 1
root=../..
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
failed=0

fail() {
	echo "FAIL $1"
	failed=$((failed + 1))
}

# same NAME EXPECTED ACTUAL: two files
same() {
	if ! diff -u "$2" "$3" >"$scratch/diff"; then
		fail "$1"
		cat "$scratch/diff"
	fi
}

for file in *.yaml; do
	name=${file%.yaml}
	"$tidemill" check -c "$file" >"$scratch/said" 2>"$scratch/complained"
	{
		echo "exit $?"
		cat "$scratch/complained" "$scratch/said"
	} >"$scratch/actual"
	same "$name" "$name.expected" "$scratch/actual"
done

# The sample in etc/ is what the tables say, and it changes nothing.
"$tidemill" config --defaults >"$scratch/defaults" || fail "config --defaults"
same "etc/tidemill.yaml is config --defaults" $root/etc/tidemill.yaml "$scratch/defaults"
: >"$scratch/empty.yaml"
"$tidemill" config -c "$scratch/empty.yaml" | sed 1d >"$scratch/of-nothing"
"$tidemill" config -c "$scratch/defaults" | sed 1d >"$scratch/of-defaults"
same "the sample yields the defaults" "$scratch/of-nothing" "$scratch/of-defaults"

# The configuration in force reads back as itself.
for file in *.yaml; do
	"$tidemill" config -c "$file" >"$scratch/once.yaml" 2>/dev/null || continue
	"$tidemill" config -c "$scratch/once.yaml" | sed 1d >"$scratch/twice"
	sed -i 1d "$scratch/once.yaml"
	same "$file prints as itself" "$scratch/once.yaml" "$scratch/twice"
done

# Every key is in the manual, under its own name.
sed -n '1,/^$/d; s/^#\{0,1\} *\([a-z_]*\):.*/\1/p' "$scratch/defaults" | sort -u >"$scratch/keys"
[ "$(wc -l <"$scratch/keys")" -gt 30 ] || fail "the keys of the sample are not found"
while read -r key; do
	# Names of listeners and sinks.
	case $key in default | screen | graphite) continue ;; esac
	grep -q "^\.It Ic $key:\( \|$\)" $root/man/tidemill.yaml.5 ||
		fail "key $key is not in tidemill.yaml(5)"
done <"$scratch/keys"
if command -v mandoc >/dev/null; then
	mandoc -T lint -W warning $root/man/tidemill.yaml.5 || fail "mandoc -T lint"
fi

# A layer over the file: conf.d beside it, the environment, the command line.
mkdir -p "$scratch/etc/conf.d"
printf 'interval: 1s\ntimestamp: start\nworkers: 1\nself: file\n' >"$scratch/etc/tidemill.yaml"
printf 'timestamp: end\nworkers: 2\nself: conf.d\n' >"$scratch/etc/conf.d/a.yaml"
TIDEMILL_CONFIG=$scratch/etc/tidemill.yaml TIDEMILL__WORKERS=3 TIDEMILL__SELF__PREFIX=environment \
	TIDEMILL_PORT=tcp://10.0.0.1:1 "$tidemill" config --origin -o self.prefix=option |
	sed -n "s|$scratch||g; /^interval\|^timestamp\|^workers\|^  prefix: option/s/  *#/ #/p" \
		>"$scratch/actual"
cat >"$scratch/expected" <<-END
	interval: 1s # /etc/tidemill.yaml:1:1
	timestamp: end # /etc/conf.d/a.yaml:1:1
	workers: 3 # environment TIDEMILL__WORKERS
	  prefix: option # -o self.prefix
END
same "layers" "$scratch/expected" "$scratch/actual"

# The whole of a sink on the command line.
"$tidemill" config -c "$scratch/empty.yaml" \
	-o 'sinks.graphite={type: graphite, address: "127.0.0.1:2003"}' |
	sed -n '/^sinks/,/address/p' >"$scratch/actual"
cat >"$scratch/expected" <<-END
	sinks:
	  graphite:
	    type: graphite
	    address: ["127.0.0.1:2003"]
END
same "a sink by option" "$scratch/expected" "$scratch/actual"

# What cannot be written was not said.
for command in check config "config --defaults" version; do
	# shellcheck disable=SC2086 # a command and its option
	"$tidemill" $command >/dev/full 2>"$scratch/complained"
	{ [ $? -eq 1 ] && grep -q '^tidemill: standard output: No space' "$scratch/complained"; } ||
		fail "$command into a full device"
done

"$tidemill" check --nonsense 2>/dev/null
[ $? -eq 2 ] || fail "exit status of a wrong command line"

[ $failed -eq 0 ] && echo "config: all good"
exit $((failed > 0))
