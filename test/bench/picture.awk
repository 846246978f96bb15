# SPDX-License-Identifier: MIT
# picture.awk -- what a line costs, as bars: tidemill, the floor, and others.
#
#   awk -f picture.awk RESULTS >figures.svg
#
# Reads the results that report.awk describes; of the rows those that have a
# floor. The scale is logarithmic. Every bar says whose it is and how long it
# is, so no colour is needed to read it; those there are follow the reader's
# choice of light or dark.

BEGIN {
	FS = "\t"
	left = 150
	width = 470
	least = 5
	most = 10000
	bar = 13
	step = 17
}

$1 == "row" && $6 != "-" {
	rows++
	name[rows] = $2
	title[rows] = $9
	figure[rows] = $3
	floor_of[rows] = $6
}

$1 == "peer" && $4 != "-" {
	peers[$2]++
	peer[$2, peers[$2]] = $3
	peer_figure[$2, peers[$2]] = $4
	peer_lost[$2, peers[$2]] = $5
}

END {
	bars = rows * 2
	for (i = 1; i <= rows; i++)
		bars += peers[name[i]]
	height = 58 + rows * 34 + bars * step + 10
	print_head()
	y = 58
	for (i = 1; i <= rows; i++) {
		y += 22
		printf "<text class=\"title\" x=\"16\" y=\"%d\">%s</text>\n", y, escaped(title[i])
		y += 8
		print_bar("tidemill", figure[i], 0, "ours")
		for (j = 1; j <= peers[name[i]]; j++)
			print_bar(peer[name[i], j], peer_figure[name[i], j], \
			    peer_lost[name[i], j], "theirs")
		print_bar("receiving alone", floor_of[i], 0, "floor")
		y += 4
	}
	print "</svg>"
}

function place(ns) {
	if (ns < least)
		ns = least
	return left + width * log(ns / least) / log(most / least)
}

function escaped(text) {
	gsub(/&/, "\\&amp;", text)
	gsub(/</, "\\&lt;", text)
	return text
}

function print_head(    ns, x) {
	printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"780\" height=\"%d\" " \
	    "viewBox=\"0 0 780 %d\" role=\"img\" " \
	    "aria-label=\"CPU time per line of tidemill, of other servers, and of receiving alone\">\n", \
	    height, height
	print "<style>"
	print "text { font: 12px system-ui, sans-serif; fill: #24292f }"
	print ".title { font-weight: 600 }"
	print ".page { fill: #ffffff }"
	print ".line { stroke: #d0d7de }"
	print ".ours { fill: #0969da }"
	print ".theirs { fill: #9a6700 }"
	print ".floor { fill: #8c959f }"
	print "@media (prefers-color-scheme: dark) {"
	print "text { fill: #e6edf3 }"
	print ".page { fill: #0d1117 }"
	print ".line { stroke: #30363d }"
	print ".ours { fill: #4493f8 }"
	print ".theirs { fill: #d29922 }"
	print ".floor { fill: #6e7681 }"
	print "}"
	print "</style>"
	printf "<rect class=\"page\" width=\"780\" height=\"%d\" rx=\"6\"/>\n", height
	print "<text class=\"title\" x=\"16\" y=\"26\">CPU time per line, user and system, ns; " \
	    "the scale is logarithmic</text>"
	for (ns = 10; ns <= most; ns *= 10) {
		x = place(ns)
		printf "<line class=\"line\" x1=\"%.1f\" y1=\"58\" x2=\"%.1f\" y2=\"%d\"/>\n", x, x,
		    height - 10
		printf "<text x=\"%.1f\" y=\"50\" text-anchor=\"middle\">%d</text>\n", x, ns
	}
}

function print_bar(who, ns, lost, class,    label) {
	printf "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>\n", left - 8, y + bar - 2, who
	printf "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" rx=\"2\"/>\n", class, \
	    left, y, place(ns) - left, bar
	label = sprintf(ns < 10 ? "%.1f" : "%.0f", ns)
	if (lost >= 1)
		label = label sprintf(", %.0f %% lost", lost)
	printf "<text x=\"%.1f\" y=\"%d\">%s</text>\n", place(ns) + 6, y + bar - 2, label
	y += step
}
