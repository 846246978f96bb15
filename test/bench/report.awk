# SPDX-License-Identifier: MIT
# report.awk -- results, one a line, as people or programs read them.
#
#   awk -v form=text|heading|markdown|json [-v only=SORT] -f report.awk RESULTS
#
# A result is its sort and fields, with tabs between:
#
#   row      name, figure, unit, target, floor, the floor of the machine that
#            the target is for, % lost, what it is, what else there is to say
#   part     name, ns, what it is
#   series   how many, ns a line from the daemon, ns from memory, % lost
#   senders  how many, ns a line from the daemon, -, % lost
#   peer     row, who, ns a line or -, % lost, what else there is to say
#   proof    how many, how many failed
#   about    key, value
#
# "-" is no figure.

BEGIN {
	FS = "\t"
	split("about row part series senders peer proof", sorts, " ")
	keys["row"] = "name figure unit target floor target_floor lost_percent title note"
	keys["part"] = "name ns title"
	keys["series"] = "series daemon_ns memory_ns lost_percent"
	keys["senders"] = "senders daemon_ns - lost_percent"
	keys["peer"] = "row peer ns lost_percent note"
	keys["proof"] = "doubles failures"
	keys["about"] = "key value"
	if (form == "heading") {
		print_heading(only)
		exit
	}
}

# A figure as it is shown: three digits say all there is to know.
function shown(figure) {
	if (figure == "-" || figure == "")
		return "-"
	if (figure < 0 || figure >= 100)
		return sprintf("%.0f", figure)
	return sprintf(figure < 10 ? "%.2f" : "%.1f", figure)
}

function ratio(figure, floor) {
	return floor == "-" || floor == 0 ? "-" : sprintf("%.2f", figure / floor)
}

function target_of(row_target) {
	return row_target == "-" ? "-" : row_target ~ /^>=/ ? row_target : "<= " row_target
}

function verdict(figure, target, floor, target_floor) {
	if (target == "-")
		return "-"
	if (sub(/^>=/, "", target))
		return figure + 0 >= target + 0 ? "reached" : "missed"
	if (figure + 0 <= target + 0)
		return "reached"
	if (floor != "-" && figure / floor <= target / target_floor)
		return "reached by ratio"
	return "missed"
}

function print_heading(sort) {
	print ""
	if (sort == "row") {
		printf "%-15s %8s %-6s %9s %9s  %7s %7s %7s  %s\n", "", "", "", "", "", "figure/",
		    "target/", "lost,", ""
		printf "%-15s %8s %-6s %9s %9s  %7s %7s %7s  %s\n", "row", "figure", "unit",
		    "target", "floor", "floor", "floor", "%", "verdict"
	} else if (sort == "part")
		print "ns of each part, from memory"
	else if (sort == "series")
		printf "%-15s %8s %11s %7s\n", "series", "ns/line", "from memory", "lost, %"
	else if (sort == "senders")
		printf "%-15s %8s %11s %7s\n", "senders", "ns/line", "", "lost, %"
	else if (sort == "peer")
		printf "%-15s %-14s %8s %7s\n", "peers: load", "", "ns/line", "lost, %"
	else
		print "numbers printed shortest, and read back"
}

function print_text() {
	if ($1 == "row") {
		printf "%-15s %8s %-6s %9s %9s  %7s %7s %7s  %s\n", $2, shown($3), $4,
		    target_of($5), shown($6), ratio($3, $6), $7 == "-" ? "-" : ratio($5, $7), $8,
		    verdict($3, $5, $6, $7)
		if ($10 != "")
			printf "%-15s   %s\n", "", $10
	} else if ($1 == "part")
		printf "%-15s %8s  %s\n", $2, shown($3), $4
	else if ($1 == "series" || $1 == "senders")
		printf "%-15s %8s %11s %7s\n", $2, shown($3), $1 == "series" ? shown($4) : "", $5
	else if ($1 == "peer")
		printf "%-15s %-14s %8s %7s  %s\n", $2, $3, shown($4), $5, $6
	else if ($1 == "proof")
		printf "%s doubles, %s failures\n", $2, $3
}

form == "text" {
	print_text()
}

form == "markdown" || form == "json" {
	count[$1]++
	results[$1, count[$1]] = $0
	if ($1 == "row") {
		figure[$2] = $3
		lost[$2] = $8
	}
}

END {
	if (form == "markdown")
		print_markdown()
	else if (form == "json")
		print_json()
}

function markdown_row() {
	printf "| %s: %s | %s %s | %s | %s | %s | %s | %s | %s%s |\n", $2, $9, shown($3), $4,
	    target_of($5), shown($6), ratio($3, $6), $7 == "-" ? "-" : ratio($5, $7), $8,
	    verdict($3, $5, $6, $7), $10 == "" ? "" : "; " $10
}

function print_table(sort, heading, align,    i, load) {
	if (count[sort] == 0)
		return
	print heading
	print align
	for (i = 1; i <= count[sort]; i++) {
		$0 = results[sort, i]
		if (sort == "row")
			markdown_row()
		else if (sort == "part")
			printf "| %s | %s | %s |\n", $2, shown($3), $4
		else if (sort == "series")
			printf "| %s | %s | %s | %s |\n", $2, shown($3), shown($4), $5
		else if (sort == "senders")
			printf "| %s | %s | %s |\n", $2, shown($3), $5
		else if (sort == "peer") {
			if ($2 != load)
				printf "| %s | tidemill | %s | %s | |\n", $2, shown(figure[$2]),
				    lost[$2]
			load = $2
			printf "| %s | %s | %s | %s | %s |\n", $2, $3, shown($4), $5, $6
		}
	}
}

function print_markdown(    i) {
	if (only == "row")
		print_table("row", \
		    "| row | figure | target | floor | figure/floor | target/its floor | lost, % | |", \
		    "|---|--:|--:|--:|--:|--:|--:|---|")
	else if (only == "part")
		print_table("part", "| part | ns | |", "|---|--:|---|")
	else if (only == "growth") {
		print_table("series", "| series | ns a line | from memory | lost, % |", \
		    "|--:|--:|--:|--:|")
		print ""
		print_table("senders", "| senders | ns a line | lost, % |", "|--:|--:|--:|")
	} else if (only == "peer")
		print_table("peer", "| load | | ns a line | lost, % | |", "|---|---|--:|--:|---|")
	else if (only == "proof") {
		$0 = results["proof", 1]
		if (count["proof"] > 0)
			printf "%s random doubles were printed: %s failed.\n", $2, $3
	} else {
		for (i = 1; i <= count["about"]; i++) {
			$0 = results["about", i]
			about[$2] = $3
		}
		printf "Measured on %s, on a %s-core %s, Linux %s.\n", about["date"],
		    about["processors"], about["machine"], about["kernel"]
	}
}

function json_text(value) {
	gsub(/[[:cntrl:]]/, " ", value)
	gsub(/[\\"]/, "\\\\&", value)
	return "\"" value "\""
}

# Linux 6.10 is not 6.1: what there is to say about the machine is no number.
function json_value(key, value) {
	if (value == "-")
		return "null"
	if (key != "value" && value ~ /^-?[0-9]+(\.[0-9]+)?$/)
		return value
	return json_text(value)
}

function print_json(    i, j, s, sort, key, keys_of, first) {
	printf "{"
	for (s = 1; s in sorts; s++) {
		sort = sorts[s]
		printf "%s\n\"%s\": [", s == 1 ? "" : ",", sort
		keys_of = split(keys[sort], key, " ")
		for (i = 1; i <= count[sort]; i++) {
			$0 = results[sort, i]
			printf "%s\n  {", i == 1 ? "" : ","
			first = 1
			for (j = 1; j <= keys_of; j++) {
				if (key[j] == "-")
					continue
				printf "%s\"%s\": %s", first ? "" : ", ", key[j], json_value(key[j], $(j + 1))
				first = 0
			}
			if (sort == "row")
				printf ", \"verdict\": %s", json_value("verdict", verdict($3, $5, $6, $7))
			printf "}"
		}
		printf "]"
	}
	print "\n}"
}
