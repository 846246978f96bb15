# SPDX-License-Identifier: MIT
# python_statsd.py -- every call that Debian's python3-statsd has, over one
# transport:
#
#   python3 python_statsd.py udp|tcp|unix_stream PORT|PATH
#
# What came of it is in clients_test.c.
import datetime
import random
import sys

import statsd

# As many as a receive buffer of the kernel's default size has room for.
HITS = 300
WAITS = 1000


def connect(transport, address):
    if transport == "udp":
        return statsd.StatsClient("127.0.0.1", int(address), prefix="app", maxudpsize=1432)
    if transport == "tcp":
        return statsd.TCPStatsClient("127.0.0.1", int(address), prefix="app")
    return statsd.UnixSocketStatsClient(address, prefix="app")


def call_all(client):
    client.incr("hits")
    client.incr("hits", 1500)
    client.decr("hits", 501)
    client.incr("bytes", 0.25)
    client.gauge("level", 12.5)
    client.gauge("level", 2.5, delta=True)
    client.gauge("level", -5, delta=True)
    client.gauge("cold", 4)
    client.gauge("cold", -7)
    client.timing("wait", 20)
    client.timing("wait", datetime.timedelta(seconds=1.5))
    with client.timer("timer"):
        pass
    for who in ("ann", "bob", "ann", 42):
        client.set("who", who)
    # The rate is said, and nothing left out.
    random.random = lambda: 0.0
    client.incr("sampled", 1, rate=0.5)
    client.timing("sampled", 20, rate=0.1)
    client.gauge("sampled", 3, rate=0.5)
    client.set("sampled", "ann", rate=0.5)


def call_many(client):
    for _ in range(HITS):
        client.incr("many")
    with client.pipeline() as pipe:
        for i in range(WAITS):
            pipe.timing("many", i)
        pipe.gauge("many", -1)


client = connect(*sys.argv[1:])
call_all(client)
call_many(client)
client.close()
