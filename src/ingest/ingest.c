/* SPDX-License-Identifier: MIT */
/* ingest.c -- all workers, and all sockets they serve. */

#include "ingest/ingest.h"

#include "base/log.h"
#include "base/mem.h"
#include "ingest/adopt.h"
#include "net/access.h"
#include "net/tcp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *
ingest_listener_name(const struct ingest *ingest, size_t listener)
{
	return ingest->listen->at[listener].name;
}

/* What Graphite's sockets make of a line, where they differ from the others. */
static void
make_graphite(const struct listen_settings *settings, struct origin *origin)
{
	origin->rules.letter = false;
	origin->rules.dialects = UINT32_C(1) << DIALECT_GRAPHITE;
	/* No value is a delta there, whatever its sign: nothing to be told apart. */
	origin->absolute = false;
	origin->cumulative = false;
	origin->graphite = true;
	origin->keep_time = settings->graphite_timestamps == GRAPHITE_KEEP;
}

void
ingest_origin(const struct listen_settings *settings, const struct limits_settings *limits,
    bool graphite, struct text *prefix, struct origin *origin_out)
{
	uint32_t dialects = 0;

	for (size_t i = 0; i < settings->dialects.count; i++)
		dialects |= UINT32_C(1) << ((const int *)settings->dialects.at)[i];
	text_reset(prefix);
	if (settings->prefix[0] != '\0')
		text_printf(prefix, "%s.", settings->prefix);
	*origin_out = (struct origin){
	    .rules =
		{
		    .letter = settings->grammar == GRAMMAR_STATSD,
		    .clean = settings->sanitize == SANITIZE_STATSD,
		    .dialects = dialects,
		    .prefix = text_string(prefix),
		    .tags = settings->tags,
		    .most_bytes = (size_t)limits->name_bytes,
		    .most_tags = (size_t)limits->tags,
		},
	    .absolute = settings->signed_gauges == SIGNED_ABSOLUTE,
	    .cumulative = settings->counters == COUNTERS_CUMULATIVE,
	};
	if (graphite)
		make_graphite(settings, origin_out);
}

/* The origin of one of a listener's two ways to take lines in, if it has it. */
static int
make_origin(const struct ingest *ingest, const struct limits_settings *limits, size_t listener,
    bool graphite, struct text *prefix, struct text *error)
{
	struct listener *made = &ingest->listeners[listener];
	struct origin *origin = graphite ? &made->graphite : &made->lines;

	ingest_origin(made->settings, limits, graphite, prefix, origin);
	if (!listen_takes(made->settings, graphite))
		return 0;
	size_t profile = listen_profile(ingest->listen, listener, graphite);

	if (profile >= LISTEN_PROFILES) {
		text_printf(error, "listeners take lines in in more than %d ways", LISTEN_PROFILES);
		return -EINVAL;
	}
	origin->profile = UINT32_C(1) << profile;
	return 0;
}

static int
make_listener(const struct ingest *ingest, const struct limits_settings *limits, size_t listener,
    struct text *error)
{
	struct listener *made = &ingest->listeners[listener];
	struct text prefix = {0};

	made->settings = ingest->listen->at[listener].settings;
	made->name = ingest->listen->at[listener].name;
	int status = make_origin(ingest, limits, listener, false, &prefix, error);

	if (status == 0)
		status = make_origin(ingest, limits, listener, true, &prefix, error);
	made->prefix = prefix.bytes;
	if (status != 0)
		return status;
	struct text problem = {0};

	made->access = access_new(&made->settings->allow, &made->settings->deny, &problem);
	if (made->access == NULL)
		text_printf(error, "listener %s: %s", made->name, text_string(&problem));
	text_fini(&problem);
	return made->access != NULL ? 0 : -EINVAL;
}

static bool
is_missing_family(int status)
{
	return status == -EADDRNOTAVAIL || status == -EAFNOSUPPORT;
}

static struct origin *
listener_origin(const struct ingest *ingest, size_t listener, bool graphite)
{
	struct listener *of = &ingest->listeners[listener];

	return graphite ? &of->graphite : &of->lines;
}

/* Whose turn it is to serve a socket that only one worker can. */
static struct worker *
next_worker(struct ingest *ingest)
{
	return &ingest->workers[ingest->next++ % ingest->count];
}

static void
log_listening(const struct ingest *ingest, const struct bind_point *point, const char *remark)
{
	struct text address = {0};

	bind_point_print(point, &address);
	log_info("listening on %s (%s%s)%s", text_string(&address),
	    ingest->listeners[point->listener].name, point->graphite ? ", Graphite" : "", remark);
	text_fini(&address);
}

/* With what the kernel has given to each of so many sockets of an address; who
 * asked for it, and for how much, is said last. */
static void
log_buffers(const struct ingest *ingest, const struct bind_point *point, int fd, unsigned count,
    const char *asked)
{
	struct udp_memory memory = {0};
	struct text remark = {0};

	if (udp_memory(fd, &memory) == 0)
		text_printf(&remark,
		    ": %u socket%s, each with a receive buffer of %u bytes, %u datagrams of one "
		    "line (%s)",
		    count, count == 1 ? "" : "s", memory.capacity,
		    memory.capacity / UDP_DATAGRAM_CHARGE, asked);
	log_listening(ingest, point, text_string(&remark));
	text_fini(&remark);
}

static void
add_receiver(struct ingest *ingest, struct worker *worker, const struct bind_point *point, int fd,
    int bin, bool inherited)
{
	worker_add_socket(worker, point->listener,
	    listener_origin(ingest, point->listener, point->graphite),
	    &(struct inlet){
		.fd = fd,
		.bin = bin,
		.inherited = inherited,
		.access = ingest->listeners[point->listener].access,
		.address = point->address,
		.path = point->path,
	    });
}

static void
add_door(struct ingest *ingest, const struct bind_point *point, int fd)
{
	const struct listener *listener = &ingest->listeners[point->listener];
	struct text address = {0};

	bind_point_print(point, &address);
	log_listening(ingest, point, "");
	worker_add_door(&ingest->workers[0],
	    &(struct door){
		.fd = fd,
		.transport = point->transport,
		.framing = point->transport == TRANSPORT_UNIX_STREAM
		    ? (enum framing_kind)listener->settings->framing
		    : FRAMING_LINES,
		.listener = point->listener,
		.origin = listener_origin(ingest, point->listener, point->graphite),
		.access = listener->access,
		.address = text_string(&address),
	    });
	ingest->doors =
	    mem_room(ingest->doors, ingest->door_count, &ingest->door_cap, sizeof(*ingest->doors));
	ingest->doors[ingest->door_count++] = *point;
	text_fini(&address);
}

/* One socket per worker. */
static int
open_udp(struct ingest *ingest, struct bind_point *point, struct text *error)
{
	const struct listener *listener = &ingest->listeners[point->listener];
	const struct udp_plan plan = {
	    .buffer_bytes = (size_t)listener->settings->receive_buffer_bytes,
	    .steering =
		listener->settings->steer == STEER_RANDOM ? UDP_STEER_RANDOM : UDP_STEER_CLIENT,
	    .access = listener->access,
	    .count = ingest->count,
	};
	int *fds = mem_zero(ingest->count, sizeof(*fds)), bin = -1;
	int status = udp_open_shared(&point->address, &plan, fds, &bin, error);

	if (status == 0) {
		char asked[48];

		snprintf(asked, sizeof(asked), "%lld bytes asked for",
		    (long long)listener->settings->receive_buffer_bytes);
		log_buffers(ingest, point, fds[0], ingest->count, asked);
		for (unsigned i = 0; i < ingest->count; i++)
			add_receiver(
			    ingest, &ingest->workers[i], point, fds[i], i == 0 ? bin : -1, false);
	}
	free(fds);
	return status;
}

static int
open_tcp(struct ingest *ingest, struct bind_point *point, struct text *error)
{
	int fd = tcp_listen(&point->address, error);

	if (fd < 0)
		return fd;
	add_door(ingest, point, fd);
	return 0;
}

static int
open_unix(struct ingest *ingest, const struct bind_point *point, struct text *error)
{
	const struct listen_settings *settings = ingest->listeners[point->listener].settings;
	bool stream = point->transport == TRANSPORT_UNIX_STREAM;

	ingest->names = mem_room(
	    ingest->names, ingest->names_count, &ingest->names_cap, sizeof(*ingest->names));
	int fd = unix_bind("socket", point->path, stream ? SOCK_STREAM : SOCK_DGRAM,
	    (mode_t)settings->socket_mode, settings->socket_group,
	    &ingest->names[ingest->names_count], error);

	if (fd < 0)
		return fd;
	ingest->names_count++;
	if (stream && listen(fd, SOMAXCONN) != 0) {
		int status = -errno;

		text_printf(error, "socket %s: %s", point->path, strerror(-status));
		return status;
	}
	if (stream) {
		add_door(ingest, point, fd);
	} else {
		log_listening(ingest, point, "");
		add_receiver(ingest, next_worker(ingest), point, fd, -1, false);
	}
	return 0;
}

/* A family that is missing beside another one is said, and no error. */
static int
open_point(struct ingest *ingest, struct bind_point *point, struct text *error)
{
	int status = 0;

	switch (point->transport) {
	case TRANSPORT_UDP: status = open_udp(ingest, point, error); break;
	case TRANSPORT_TCP: status = open_tcp(ingest, point, error); break;
	default: status = open_unix(ingest, point, error);
	}
	if (status != 0 && point->optional && is_missing_family(status)) {
		log_info("%s", text_string(error));
		text_reset(error);
		status = 0;
	}
	return status;
}

/* What a socket dropped before we had it is in nobody's books. */
static void
log_past_drops(const struct bind_point *point, int fd)
{
	struct udp_memory memory = {0};
	struct text address = {0};

	if (udp_memory(fd, &memory) != 0 || memory.dropped == 0)
		return;
	bind_point_print(point, &address);
	log_warn("%s: a socket opened for us has dropped %u datagrams since it was opened, before "
		 "this start",
	    text_string(&address), memory.dropped);
	text_fini(&address);
}

/* Take over a socket that was opened for us. */
static int
adopt(struct ingest *ingest, const struct inheritance *inherited, const struct inherited *socket,
    struct text *error)
{
	struct bind_point point;
	int status = adopt_socket(socket, ingest->listen, &point, error);

	if (status != 0)
		return status;
	if (socket->type == SOCK_STREAM) {
		add_door(ingest, &point, socket->fd);
		return 0;
	}
	unsigned count = inherit_siblings(inherited, socket);

	if (count > 0 && point.path != NULL)
		log_listening(ingest, &point, "");
	else if (count > 0)
		log_buffers(ingest, &point, socket->fd, count,
		    "as ReceiveBuffer= of the socket unit has it");
	log_past_drops(&point, socket->fd);
	add_receiver(ingest, next_worker(ingest), &point, socket->fd, -1, true);
	return 0;
}

/* What exactness may cost each worker: no more than memory is there for. */
static struct budget
fit_budget(const struct ingest *ingest, const struct ingest_plan *plan)
{
	struct budget budget = plan->budget;

	budget.bytes = quota_exact_bytes(&ingest->quota, plan->workers, budget.bytes);
	if (budget.bytes < plan->budget.bytes)
		log_info("timers.exact_memory is %zu KiB here: of all workers at most half of "
			 "limits.memory",
		    budget.bytes >> 10);
	return budget;
}

static void
init_workers(struct ingest *ingest, const struct ingest_plan *plan, size_t receivers)
{
	ingest->workers = mem_zero(plan->workers, sizeof(*ingest->workers));
	ingest->plan = (struct worker_plan){
	    .budget = fit_budget(ingest, plan),
	    .quota = &ingest->quota,
	    .sources = ingest->sources,
	    .rules = plan->rules,
	    .kinds_clash = plan->kinds_clash,
	    .listeners = plan->listen->count,
	    .receivers = receivers,
	    .streams =
		{
		    .line_bytes = (size_t)plan->limits->line_bytes,
		    .connections = plan->limits->connections,
		    .per_address = plan->limits->connections_per_address,
		    .idle_ns = plan->limits->idle_connection_ns,
		},
	    .workers = ingest->workers,
	    .count = plan->workers,
	    .sealed = plan->sealed,
	    .sealed_kind = plan->sealed_kind,
	};
	for (unsigned i = 0; i < plan->workers; i++)
		worker_init(&ingest->workers[i], i, &ingest->plan);
}

static bool
has_sockets(const struct ingest *ingest)
{
	for (unsigned i = 0; i < ingest->count; i++)
		if (ingest->workers[i].receiver_count > 0)
			return true;
	return ingest->door_count > 0;
}

/* First what is open already: it may stand in the way of the rest. */
static int
open_sockets(struct ingest *ingest, const struct inheritance *inherited,
    const struct bind_points *points, struct text *error)
{
	int status = 0;

	for (size_t i = 0; i < inherited->count && status == 0; i++)
		status = adopt(ingest, inherited, &inherited->at[i], error);
	for (size_t i = 0; i < points->count && status == 0; i++)
		if (!adopt_covers(inherited, &points->at[i]))
			status = open_point(ingest, &points->at[i], error);
	if (status == 0 && !has_sockets(ingest)) {
		text_puts(
		    error, "nothing to listen on: no address of any listener could be opened");
		status = -EADDRNOTAVAIL;
	}
	return status;
}

int
ingest_open(struct ingest *ingest, const struct ingest_plan *plan, struct text *error)
{
	struct bind_points points = {0};
	int status = 0;

	*ingest = (struct ingest){.listen = plan->listen, .count = plan->workers};
	quota_init(&ingest->quota, plan->limits);
	ingest->sources = sources_new(plan->workers, plan->limits->series_per_source);
	ingest->listeners = mem_zero(plan->listen->count, sizeof(*ingest->listeners));
	for (size_t i = 0; i < plan->listen->count && status == 0; i++)
		status = make_listener(ingest, plan->limits, i, error);
	if (status == 0 && plan->stdin_ended == NULL)
		status = bind_points_gather(plan->listen, &points, error);
	if (status == 0) {
		init_workers(ingest, plan, points.count + plan->inherited->count);
		if (plan->stdin_ended != NULL)
			worker_add_stdin(&ingest->workers[0], plan->stdin_listener,
			    listener_origin(ingest, plan->stdin_listener, plan->stdin_graphite),
			    STDIN_FILENO, plan->stdin_ended);
		else
			status = open_sockets(ingest, plan->inherited, &points, error);
	}
	free(points.at);
	return status;
}

void
ingest_start(struct ingest *ingest)
{
	for (unsigned i = 0; i < ingest->count; i++)
		worker_start(&ingest->workers[i]);
}

void
ingest_hide(struct ingest *ingest)
{
	for (size_t i = 0; i < ingest->names_count; i++)
		unix_remove(&ingest->names[i]);
}

void
ingest_join(struct ingest *ingest)
{
	for (unsigned i = 0; i < ingest->count; i++)
		worker_join(&ingest->workers[i]);
}

void
ingest_fini(struct ingest *ingest)
{
	for (unsigned i = 0; i < ingest->count; i++)
		worker_fini(&ingest->workers[i]);
	for (size_t i = 0; i < ingest->listen->count; i++) {
		free(ingest->listeners[i].prefix);
		access_free(&ingest->listeners[i].access);
	}
	sources_free(ingest->sources);
	free(ingest->doors);
	free(ingest->names);
	free(ingest->listeners);
	free(ingest->workers);
}

uint64_t
ingest_listener_counter(const struct ingest *ingest, size_t listener, size_t which)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < ingest->count; i++)
		sum += counter_get(&ingest->workers[i].counters[listener][which]);
	return sum;
}

uint64_t
ingest_counter(const struct ingest *ingest, size_t which)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < ingest->listen->count; i++)
		sum += ingest_listener_counter(ingest, i, which);
	return sum;
}
