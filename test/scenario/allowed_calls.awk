# SPDX-License-Identifier: MIT
# allowed_calls.awk -- the system calls that a unit allows, one a line.
#
#   systemd-analyze syscall-filter | awk -f allowed_calls.awk UNIT -
#
# The unit's first SystemCallFilter= is a list of what is allowed; each further
# one adds to it or, after a ~, takes away.

function apply(name, allowed,    words, count, i)
{
	if (name !~ /^@/) {
		calls[name] = allowed
		return
	}
	count = split(members[name], words)
	for (i = 1; i <= count; i++)
		apply(words[i], allowed)
}

FNR == NR {
	if (sub(/^SystemCallFilter=/, ""))
		rules[++rule_count] = $0
	next
}

/^@/ {
	group = $1
	next
}

$1 !~ /^#/ { members[group] = members[group] " " $1 }

END {
	for (i = 1; i <= rule_count; i++) {
		denied = sub(/^~/, "", rules[i])
		count = split(rules[i], words)
		for (j = 1; j <= count; j++)
			apply(words[j], !denied)
	}
	for (name in calls)
		if (calls[name])
			print name
}
