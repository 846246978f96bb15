#!/bin/sh
# SPDX-License-Identifier: MIT
# floors.sh -- the walls of the house: who may include whom, and how long
# things may get. Prints file:line for each breach, and fails if there is one.
#
#   test/floors.sh [DIR]      DIR: the tree to look at, default this one
set -u
cd "${1:-$(dirname "$0")/..}" || exit 2

# The folders of src/ by floor. A folder includes lower floors and itself.
# main.c, and only it, includes everything.
floors='
	base=0
	metric=1 conf=1 net=1
	parse=2 aggregate=2
	ingest=3 sink=3
	flush=4
	admin=5
	cli=6
'

# Where a library's header may be included; elsewhere in src/ it is a breach.
# The logic, tested without loop or socket, includes none: base, metric, parse,
# aggregate. One exception: base/hash wraps the inlined xxHash. The command
# `version` may name what it is linked with.
libraries='
	uv.h=net,ingest,sink,flush,admin,cli
	hiredis/=net,ingest,sink,flush,admin,cli
	zlib.h=net,ingest,sink,flush,admin,cli
	pcre2.h=ingest,cli/version
	yaml.h=conf,cli/version
	jansson.h=admin,cli
	xxhash.h=base/hash
'

# shellcheck disable=SC2016 # the dollars are awk's
find src include test -type f -name '*.[ch]' | sort | xargs awk -v floors="$floors" \
	-v libraries="$libraries" '
function breach(line, what)
{
	printf "%s:%d: %s\n", FILENAME, line, what
	breaches++
}

function end_of_file()
{
	if (file == "")
		return
	if (!licensed)
		printf "%s:1: no SPDX line\n", file
	if (in_src && lines > 700)
		printf "%s:%d: %d lines; a file has at most 700\n", file, lines, lines
	breaches += !licensed + (in_src && lines > 700)
}

# An include of ours: "folder/file.h".
function check_floor(target,    to)
{
	to = target
	if (!sub(/\/.*/, "", to)) {
		breach(FNR, "\"" target "\": write it with its folder")
		return
	}
	if (folder == "" || to == folder)
		return
	if (!(to in floor))
		breach(FNR, "\"" target "\" is in no folder of src/")
	else if (floor[to] >= floor[folder])
		breach(FNR, folder "/ (floor " floor[folder] ") includes " to \
			"/ (floor " floor[to] ")")
}

# An include of a library: may this file have it?
function check_library(target,    header, n, i, places, here)
{
	for (header in allowed) {
		if (index(target, header) != 1)
			continue
		here = FILENAME
		sub(/^src\//, "", here)
		n = split(allowed[header], places, ",")
		for (i = 1; i <= n; i++)
			if (index(here, places[i] "/") == 1 || index(here, places[i] ".") == 1)
				return
		if (here == "main.c" && index(allowed[header], "cli"))
			return
		breach(FNR, "<" target "> has no place here; only in " allowed[header])
	}
}

BEGIN {
	n = split(floors, pairs)
	for (i = 1; i <= n; i++) {
		split(pairs[i], pair, "=")
		floor[pair[1]] = pair[2]
	}
	n = split(libraries, pairs)
	for (i = 1; i <= n; i++) {
		split(pairs[i], pair, "=")
		allowed[pair[1]] = pair[2]
	}
}

FNR == 1 {
	end_of_file()
	file = FILENAME
	licensed = open = flat = 0
	in_src = FILENAME ~ /^src\//
	folder = ""
	if (split(FILENAME, parts, "/") > 2 && in_src)
		folder = parts[2]
	if (folder != "" && !(folder in floor))
		breach(1, "src/" folder "/ has no floor")
}

{ lines = FNR }

FNR <= 2 && /SPDX-License-Identifier: MIT/ { licensed = 1 }

in_src && /^[ \t]*#[ \t]*include[ \t]/ {
	target = $0
	sub(/^[ \t]*#[ \t]*include[ \t]*/, "", target)
	quoted = substr(target, 1, 1) == "\""
	gsub(/[<>"]/, "", target)
	sub(/[ \t].*/, "", target)
	if (quoted)
		check_floor(target)
	else
		check_library(target)
}

in_src && /(^|[^A-Za-z0-9_])(u|nano)?sleep[ \t]*\(/ {
	breach(FNR, "waits by sleeping")
}

# A function runs from a brace in the first column to the next closing one. The
# comment above may declare it a flat table, which may be longer.
/flat table/ { flat = 1 }
/^{/ { open = FNR }
/^}/ {
	if (open && !flat && FNR - open - 1 > 70)
		breach(open, "a function of " FNR - open - 1 " lines; at most 70")
	open = flat = 0
}

END {
	end_of_file()
	exit breaches > 0
}
' || exit 1
