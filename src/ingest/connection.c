/* SPDX-License-Identifier: MIT */
/* connection.c -- one client's stream of lines, and those that one worker
 * serves. */

#include "ingest/connection.h"

#include "base/check.h"
#include "base/item.h"
#include "base/log.h"
#include "base/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* What one turn of the loop takes from one connection. */
#define READ_BYTES 16384

/* A read costs at least as much as so many bytes of lines. */
#define READ_CHARGE 1024

/* What is taken in of all connections of a worker when it stops. */
#define STOP_BYTES (64 << 20)

#define HTTP_LOG_EVERY (60 * CLOCK_SECOND)

void
turn_spend(struct turn *turn, size_t bytes)
{
	turn->spent += bytes;
	if (turn->spent < TURN_BYTES_MOST)
		return;
	turn->spent = 0;
	turn->over(turn);
}

void
connections_init(struct connections *connections, struct thread *thread, struct intake *intake,
    counter (*counters)[INTAKE_COUNTERS], const struct stream_limits *limits, struct mailbox *home,
    struct turn *turn)
{
	*connections = (struct connections){
	    .thread = thread,
	    .intake = intake,
	    .counters = counters,
	    .limits = limits,
	    .home = home,
	    .turn = turn,
	    .room = mem_alloc(READ_BYTES),
	};
}

void
connections_fini(struct connections *connections)
{
	free(connections->room);
}

static void
enlist(struct connections *connections, struct connection *connection)
{
	connection->previous = NULL;
	connection->next = connections->first;
	if (connections->first != NULL)
		connections->first->previous = connection;
	connections->first = connection;
}

static void
delist(struct connection *connection)
{
	if (connection->next != NULL)
		connection->next->previous = connection->previous;
	if (connection->previous != NULL)
		connection->previous->next = connection->next;
	else
		connection->serving->first = connection->next;
}

static void
send_home(struct connection *connection)
{
	close(connection->fd);
	mailbox_post(connection->serving->home, &connection->mail, CONNECTION_HOME);
}

static void
on_closed(uv_handle_t *poll)
{
	send_home(poll->data);
}

/* What no poll handle is open for any more, or never was. */
static void
conclude(struct connection *connection, enum close_reason reason)
{
	counter *counters = connection->feed.origin.counters;

	feed_end(&connection->feed, false, clock_mono_ns());
	feed_fini(&connection->feed);
	delist(connection);
	connection->closed = true;
	counter_add(&counters[INTAKE_CONNECTIONS_CLOSED + reason], 1);
	counter_sub(&counters[INTAKE_CONNECTIONS], 1);
}

static void
close_for(struct connection *connection, enum close_reason reason)
{
	conclude(connection, reason);
	uv_close((uv_handle_t *)&connection->poll, on_closed);
}

/* Once a minute, whichever worker meets it. */
static void
log_http(const struct connection *connection)
{
	static _Atomic int64_t next_ns; /* relaxed: a line too many does no harm */
	int64_t now = clock_mono_ns();
	int64_t due = atomic_load_explicit(&next_ns, memory_order_relaxed);
	struct text source = {0};

	if (now < due ||
	    !atomic_compare_exchange_strong_explicit(
		&next_ns, &due, now + HTTP_LOG_EVERY, memory_order_relaxed, memory_order_relaxed))
		return;
	source_print(connection->source, &source);
	log_warn("%s sent a request of a web browser's to %s: the connection is closed; said at "
		 "most once a minute",
	    text_string(&source), connection->door->address);
	text_fini(&source);
}

static void
take_in(struct connection *connection, size_t len)
{
	struct connections *serving = connection->serving;
	int64_t now = clock_mono_ns();

	atomic_store_explicit(&connection->active_ns, now, memory_order_relaxed);
	switch (feed_take(&connection->feed, serving->room, len, now)) {
	case FEED_FINE: break;
	case FEED_BROKEN: close_for(connection, CLOSE_FRAME); break;
	case FEED_HTTP:
		log_http(connection);
		close_for(connection, CLOSE_HTTP);
		break;
	}
	turn_spend(serving->turn, len > READ_CHARGE ? len : READ_CHARGE);
}

/* Read once. Returns how much has come: 0, nothing, and the connection may be
 * closed. */
static size_t
read_some(struct connection *connection)
{
	ssize_t len = read(connection->fd, connection->serving->room, READ_BYTES);

	if (len > 0)
		take_in(connection, (size_t)len);
	else if (len == 0)
		close_for(connection, CLOSE_END);
	else if (errno != EAGAIN && errno != EINTR)
		close_for(connection, CLOSE_ERROR);
	return len > 0 ? (size_t)len : 0;
}

/* After an error, of which libuv says no more than that there is one, and
 * stops, what came before it can still be read; then comes the error. */
static void
on_readable(uv_poll_t *poll, int status, int events)
{
	struct connection *connection = poll->data;

	(void)events;
	(void)read_some(connection);
	if (status != 0 && !connection->closed)
		CHECK(uv_poll_start(poll, UV_READABLE, on_readable) == 0);
}

void
connection_serve(struct connections *connections, struct connection *connection)
{
	const struct door *door = connection->door;
	struct origin origin = *door->origin;

	origin.transport = door->transport;
	origin.counters = connections->counters[door->listener];
	connection->serving = connections;
	feed_init(&connection->feed, connections->intake, &origin, connection->source,
	    door->framing, connections->limits->line_bytes);
	enlist(connections, connection);
	counter_add(&origin.counters[INTAKE_CONNECTIONS], 1);
	if (uv_poll_init(&connections->thread->loop, &connection->poll, connection->fd) != 0) {
		conclude(connection, CLOSE_ERROR);
		send_home(connection);
		return;
	}
	connection->poll.data = connection;
	CHECK(uv_poll_start(&connection->poll, UV_READABLE, on_readable) == 0);
}

void
connection_evict(struct connections *connections, struct connection *connection)
{
	if (!connection->closed)
		close_for(connection, CLOSE_CROWDED);
	mailbox_post(connections->home, &connection->evict, CONNECTION_EVICTED);
}

void
connections_look(struct connections *connections)
{
	int64_t idle_ns = connections->limits->idle_ns;
	int64_t now = clock_mono_ns();
	struct connection *next;

	if (idle_ns == ITEM_WORD)
		return;
	for (struct connection *at = connections->first; at != NULL; at = next) {
		next = at->next;
		if (now - atomic_load_explicit(&at->active_ns, memory_order_relaxed) >= idle_ns)
			close_for(at, CLOSE_IDLE);
	}
}

/* Take in what has arrived by now, and find the end if it has come. Returns
 * how much that was. */
static size_t
read_dry(struct connection *connection)
{
	int arrived = 0;
	size_t taken = 0, len;

	if (ioctl(connection->fd, FIONREAD, &arrived) != 0)
		arrived = 0;
	do {
		len = read_some(connection);
		taken += len;
	} while (len > 0 && !connection->closed && taken <= (size_t)arrived);
	return taken;
}

void
connections_stop(struct connections *connections)
{
	size_t taken = 0;
	struct connection *next;

	for (struct connection *at = connections->first; at != NULL; at = next) {
		next = at->next;
		if (taken < STOP_BYTES)
			taken += read_dry(at);
		if (!at->closed)
			close_for(at, CLOSE_SHUTDOWN);
	}
}
