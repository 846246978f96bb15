# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# peers.sh -- other servers under the same load, each with a configuration and
# ports of its own: sums once a second, sent to a server that counts lines.
#
# A server is one that is installed, or one whose files are in ~/.cache/tidemill,
# where contrib/install-packages puts them.

PEERS="collectd netdata statsd"
PEER_ROWS="single-1k packed-1k timers-1k"

cache=${XDG_CACHE_HOME:-${HOME-}/.cache}/tidemill
peer_pid=

# Below which directory file $2 of package $1 is, which is nothing if it is
# installed. Fails: it is nowhere.
root_of()
{
	for root in "$cache/$1" ""; do
		if [ -e "$root/$2" ]; then
			echo "$root"
			return
		fi
	done
	return 1
}

# Each of these starts a server on UDP port $port of 127.0.0.1, that sends what
# it has to TCP port $port, or fails if there is no such server here.

start_collectd()
{
	root=$(root_of collectd-core usr/sbin/collectd) || return 1
	cat >"$scratch/collectd.conf" <<-END
		Hostname "bench"
		FQDNLookup false
		Interval 1
		BaseDir "$scratch"
		PIDFile "$scratch/collectd.pid"
		PluginDir "$root/usr/lib/collectd"
		TypesDB "$root/usr/share/collectd/types.db"
		LoadPlugin statsd
		LoadPlugin write_graphite
		<Plugin statsd>
			Host "127.0.0.1"
			Port "$port"
			CounterSum true
			TimerPercentile 90
			TimerLower true
			TimerUpper true
			TimerSum true
			TimerCount true
		</Plugin>
		<Plugin write_graphite>
			<Node "bench">
				Host "127.0.0.1"
				Port "$port"
				Protocol "tcp"
			</Node>
		</Plugin>
	END
	"$root/usr/sbin/collectd" -f -C "$scratch/collectd.conf" >"$scratch/peer.log" 2>&1 &
	peer_pid=$!
}

# It keeps its figures itself; everything but the statsd plugin is off.
start_netdata()
{
	root=$(root_of netdata-core usr/sbin/netdata) || return 1
	mkdir -p "$scratch/netdata"
	cat >"$scratch/netdata/netdata.conf" <<-END
		[global]
		run as user = $(id -un)
		[directories]
		config = $scratch/netdata
		stock config = $root/usr/lib/netdata/conf.d
		cache = $scratch/netdata
		lib = $scratch/netdata
		log = $scratch/netdata
		plugins = $scratch/netdata
		home = $scratch/netdata
		web = $scratch/netdata
		[db]
		mode = ram
		update every = 1
		[web]
		mode = none
		[health]
		enabled = no
		[plugins]
		enable running new plugins = no
		proc = no
		diskspace = no
		cgroups = no
		tc = no
		idlejitter = no
		timex = no
		statsd = yes
		[statsd]
		enabled = yes
		bind to = udp:127.0.0.1:$port
		default port = $port
		update every (flushInterval) = 1
	END
	"$root/usr/sbin/netdata" -D -c "$scratch/netdata/netdata.conf" >"$scratch/peer.log" 2>&1 &
	peer_pid=$!
}

start_statsd()
{
	command -v node >/dev/null || return 1
	home=
	for candidate in "$cache"/statsd-*; do
		[ ! -e "$candidate/stats.js" ] || home=$candidate
	done
	[ -n "$home" ] || return 1
	rm -f "$scratch/mgmt"
	cat >"$scratch/statsd.js" <<-END
		{
			address: "127.0.0.1", port: $port,
			mgmt_port: "$scratch/mgmt",
			graphiteHost: "127.0.0.1", graphitePort: $port,
			backends: ["./backends/graphite"],
			flushInterval: 1000, percentThreshold: [90]
		}
	END
	node "$home/stats.js" "$scratch/statsd.js" >"$scratch/peer.log" 2>&1 &
	peer_pid=$!
}

stop_peer()
{
	stop "$peer_pid" || :
	peer_pid=
}

is_alive()
{
	kill -0 "$peer_pid" 2>/dev/null
}

is_listening()
{
	! is_alive || [ -n "$(socket_figures "$port")" ]
}

drops_of()
{
	socket_figures "$1" | cut -d ' ' -f 2
}

# The row's load, and a flush after the last of it: $cost is per line that the
# server took from its socket, $lost in percent of the datagrams. Fails if the
# server does.
load_peer()
{
	dropped=$(drops_of "$port")
	before=$(cpu_of "$peer_pid")
	put_load "127.0.0.1:$port"
	await is_drained "$port"
	sleep 2
	used=$(($(cpu_of "$peer_pid") - before))
	dropped=$(($(drops_of "$port") - dropped))
	sent=$(field datagrams <"$scratch/sent")
	is_alive && [ "$dropped" -lt "$sent" ] || return 1
	lost=$(calculate "100 * $dropped / $sent")
	cost=$(calculate "$used / ($(field lines <"$scratch/sent") * (1 - $dropped / $sent))" 2)
}

# The same in passes, of which the median counts. Every series is known before
# anything is measured.
measure_peer()
{
	await is_listening
	is_alive || return 1
	passed=$lines
	lines=$series
	put_load "127.0.0.1:$port" --seed 2
	lines=$passed
	sleep 2
	: >"$scratch/costs"
	: >"$scratch/losses"
	for _ in $(seq "$passes"); do
		load_peer || return 1
		echo "$cost" >>"$scratch/costs"
		echo "$lost" >>"$scratch/losses"
	done
	cost=$(median <"$scratch/costs")
	lost=$(median <"$scratch/losses")
}

measure_peers()
{
	for row in $PEER_ROWS; do
		for peer in $PEERS; do
			read_row "$row"
			start_sink
			if ! "start_$peer"; then
				record peer "$row" "$peer" - - "not installed"
			elif measure_peer; then
				record peer "$row" "$peer" "$cost" "$lost" ""
			else
				record peer "$row" "$peer" - - \
					"failed: $(tail -n 1 "$scratch/peer.log")"
			fi
			stop_peer
			stop_sink
		done
	done
}
