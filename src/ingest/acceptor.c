/* SPDX-License-Identifier: MIT */
/* acceptor.c -- the listening sockets of the daemon, and the books of all
 * connections. */

#include "ingest/acceptor.h"

#include "base/check.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/access.h"
#include "net/tcp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* Connections accepted through one door in one turn of the loop: those of
 * clients that come and go are served in between. */
#define BATCH 16

/* What accepting one costs, in bytes of lines. */
#define ACCEPT_CHARGE 4096

/* Accepted at the stop, of what has connected before. */
#define STOP_MOST 4096

#define RESUME_AFTER (100 * CLOCK_MS)
#define SHORTAGE_LOG_EVERY (60 * CLOCK_SECOND)

/* A door that is open. */
struct entrance {
	struct entrance *next;
	struct acceptor *acceptor;
	struct door door;
	char *address;
	uv_poll_t poll;
};

/* ---- doors ---- */

static void on_connectable(uv_poll_t *poll, int status, int events);

static void
wait_at_doors(struct acceptor *acceptor)
{
	acceptor->waiting = false;
	timer_stop(&acceptor->resume);
	for (struct entrance *at = acceptor->first; at != NULL; at = at->next)
		CHECK(uv_poll_start(&at->poll, UV_READABLE, on_connectable) == 0);
}

static void
leave_doors(struct acceptor *acceptor)
{
	acceptor->waiting = true;
	for (struct entrance *at = acceptor->first; at != NULL; at = at->next)
		uv_poll_stop(&at->poll);
	timer_start(&acceptor->resume, RESUME_AFTER);
}

static void
on_resume(struct timer *resume)
{
	wait_at_doors((struct acceptor *)((char *)resume - offsetof(struct acceptor, resume)));
}

/* No connection can be accepted, for want of descriptors most likely. */
static void
note_shortage(struct entrance *entrance, int error)
{
	struct acceptor *acceptor = entrance->acceptor;
	int64_t now = clock_mono_ns();

	counter_add(&acceptor->counters[entrance->door.listener][INTAKE_ACCEPT_PAUSES], 1);
	if (now < acceptor->shortage_log_ns)
		return;
	acceptor->shortage_log_ns = now + SHORTAGE_LOG_EVERY;
	log_warn("accepting on %s: %s; new connections wait while %zu are open; said at most "
		 "once a minute",
	    entrance->address, strerror(error), acceptor->roster.open);
}

/* ---- connections ---- */

static void
evict(struct acceptor *acceptor)
{
	struct connection *connection = roster_longest_idle(&acceptor->roster);

	roster_leave(&acceptor->roster, connection);
	connection->evicted = true;
	connection->letters++;
	mailbox_post(acceptor->desks[connection->desk].inbox, &connection->evict, CONNECTION_EVICT);
}

static unsigned
least_busy_desk(const struct acceptor *acceptor)
{
	unsigned least = 0;

	for (unsigned i = 1; i < acceptor->desk_count; i++)
		if (acceptor->desks[i].serving < acceptor->desks[least].serving)
			least = i;
	return least;
}

static void
hand_out(struct acceptor *acceptor, struct connection *connection)
{
	unsigned number = least_busy_desk(acceptor);
	struct desk *desk = &acceptor->desks[number];

	connection->desk = number;
	desk->serving++;
	acceptor->out++;
	connection->letters = 1;
	roster_enter(&acceptor->roster, connection, connection->door->transport == TRANSPORT_TCP);
	mailbox_post(desk->inbox, &connection->mail, CONNECTION_SERVE);
}

/* May it come in? Else why not. Where it comes from, in any case. */
static bool
is_admitted(const struct acceptor *acceptor, const struct door *door, int fd,
    const union inet_address *peer, uint8_t *source_out, enum close_reason *why_out)
{
	uid_t uid = 0;
	bool admitted;

	if (door->transport == TRANSPORT_TCP) {
		inet_host(peer, source_out);
		admitted = access_admits_host(door->access, source_out);
	} else {
		admitted = access_admits_peer(door->access, fd, &uid);
		source_of_user(uid, source_out);
	}
	if (!admitted) {
		*why_out = CLOSE_DENIED;
		return false;
	}
	if (door->transport != TRANSPORT_TCP)
		return true;
	*why_out = CLOSE_PER_ADDRESS;
	return roster_of_host(&acceptor->roster, source_out) < acceptor->limits->per_address;
}

static void
admit(struct entrance *entrance, int fd, const union inet_address *peer)
{
	struct acceptor *acceptor = entrance->acceptor;
	const struct door *door = &entrance->door;
	counter *counters = acceptor->counters[door->listener];
	uint8_t source[SOURCE_BYTES];
	enum close_reason why;

	counter_add(&counters[INTAKE_CONNECTIONS_ACCEPTED], 1);
	if (!is_admitted(acceptor, door, fd, peer, source, &why)) {
		counter_add(&counters[INTAKE_CONNECTIONS_CLOSED + why], 1);
		close(fd);
		return;
	}
	if (acceptor->roster.open >= (size_t)acceptor->limits->connections)
		evict(acceptor);
	struct connection *connection = mem_zero(1, sizeof(*connection));

	connection->door = door;
	connection->fd = fd;
	memcpy(connection->source, source, SOURCE_BYTES);
	atomic_init(&connection->active_ns, clock_mono_ns());
	hand_out(acceptor, connection);
}

/* Clients have as many as they may: what is left is for sinks to connect
 * with, and for people to ask why. */
static bool
is_poor(const struct acceptor *acceptor)
{
	return acceptor->out >= acceptor->affordable;
}

/* Accept the next one. False: there is none, or none can be accepted now. */
static bool
accept_next(struct entrance *entrance)
{
	struct acceptor *acceptor = entrance->acceptor;
	union inet_address peer;

	if (acceptor->out >= (size_t)acceptor->limits->connections + ACCEPTOR_SPARE) {
		leave_doors(acceptor);
		return false;
	}
	int fd = tcp_accept(entrance->door.fd, &peer);

	if (fd >= 0) {
		admit(entrance, fd, &peer);
		turn_spend(acceptor->turn, ACCEPT_CHARGE);
		return true;
	}
	if (fd != -EAGAIN) {
		note_shortage(entrance, -fd);
		leave_doors(acceptor);
	}
	return false;
}

static void
on_connectable(uv_poll_t *poll, int status, int events)
{
	struct entrance *entrance = poll->data;
	unsigned accepted = 0;

	(void)events;
	if (is_poor(entrance->acceptor)) {
		note_shortage(entrance, EMFILE);
		leave_doors(entrance->acceptor);
	}
	while (accepted < BATCH && !is_poor(entrance->acceptor) && accept_next(entrance))
		accepted++;
	/* Of an error libuv says no more than that there is one, and stops. */
	if (status != 0 && !entrance->acceptor->waiting)
		wait_at_doors(entrance->acceptor);
}

static void
free_when_home(struct acceptor *acceptor, struct connection *connection)
{
	if (--connection->letters > 0)
		return;
	acceptor->out--;
	free(connection);
}

void
acceptor_take_back(struct acceptor *acceptor, struct mail *mail)
{
	struct connection *connection;

	if (mail->kind == CONNECTION_HOME) {
		connection =
		    (struct connection *)((char *)mail - offsetof(struct connection, mail));
		if (!connection->evicted)
			roster_leave(&acceptor->roster, connection);
		acceptor->desks[connection->desk].serving--;
	} else {
		connection =
		    (struct connection *)((char *)mail - offsetof(struct connection, evict));
	}
	free_when_home(acceptor, connection);
	if (acceptor->waiting && !acceptor->stopping)
		wait_at_doors(acceptor);
}

/* ---- life ---- */

void
acceptor_init(struct acceptor *acceptor, struct thread *thread,
    counter (*counters)[INTAKE_COUNTERS], const struct stream_limits *limits, struct turn *turn)
{
	*acceptor = (struct acceptor){
	    .thread = thread,
	    .counters = counters,
	    .limits = limits,
	    .turn = turn,
	};
	roster_init(&acceptor->roster, limits->connections);
	timer_init(&acceptor->resume, thread, on_resume);
}

void
acceptor_fini(struct acceptor *acceptor)
{
	struct entrance *next;

	CHECK(acceptor->out == 0);
	for (struct entrance *at = acceptor->first; at != NULL; at = next) {
		next = at->next;
		free(at->address);
		free(at);
	}
	free(acceptor->desks);
	roster_fini(&acceptor->roster);
}

void
acceptor_add_desk(struct acceptor *acceptor, struct mailbox *inbox)
{
	unsigned count = acceptor->desk_count + 1;

	acceptor->desks = mem_resize(acceptor->desks, count, sizeof(*acceptor->desks));
	acceptor->desks[acceptor->desk_count] = (struct desk){.inbox = inbox};
	acceptor->desk_count = count;
}

void
acceptor_add_door(struct acceptor *acceptor, const struct door *door)
{
	struct entrance *entrance = mem_zero(1, sizeof(*entrance));

	entrance->next = acceptor->first;
	acceptor->first = entrance;
	entrance->acceptor = acceptor;
	entrance->door = *door;
	entrance->door.address = entrance->address =
	    mem_copy_text(door->address, strlen(door->address));
	if (door->transport == TRANSPORT_TCP)
		tcp_keep_alive(door->fd);
	CHECK(uv_poll_init(&acceptor->thread->loop, &entrance->poll, door->fd) == 0);
	entrance->poll.data = entrance;
}

/* How many connections there are descriptors for, of those that no socket or
 * file has yet. */
static size_t
count_affordable(void)
{
	struct rlimit limit;
	int next = dup(STDERR_FILENO);

	if (next < 0)
		return 1;
	close(next);
	rlim_t taken = (rlim_t)next + ACCEPTOR_RESERVE;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return SIZE_MAX;
	return limit.rlim_cur > taken ? limit.rlim_cur - taken : 1;
}

void
acceptor_start(struct acceptor *acceptor)
{
	acceptor->affordable = count_affordable();
	wait_at_doors(acceptor);
}

static void
on_door_closed(uv_handle_t *poll)
{
	const struct entrance *entrance = poll->data;

	close(entrance->door.fd);
}

void
acceptor_stop(struct acceptor *acceptor)
{
	unsigned accepted = 0;

	acceptor->stopping = true;
	for (struct entrance *at = acceptor->first; at != NULL; at = at->next)
		while (accepted < STOP_MOST && accept_next(at))
			accepted++;
	for (struct entrance *at = acceptor->first; at != NULL; at = at->next)
		uv_close((uv_handle_t *)&at->poll, on_door_closed);
	timer_fini(&acceptor->resume);
	for (unsigned i = 0; i < acceptor->desk_count; i++)
		mailbox_post(acceptor->desks[i].inbox, &acceptor->desks[i].last, CONNECTION_LAST);
}

bool
acceptor_is_done(const struct acceptor *acceptor)
{
	return acceptor->stopping && acceptor->out == 0;
}
