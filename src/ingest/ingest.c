/* SPDX-License-Identifier: MIT */
/* ingest.c -- all workers, and all sockets they serve. */

#include "ingest/ingest.h"

#include "base/address.h"
#include "base/check.h"
#include "base/log.h"
#include "base/mem.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One address of one listener. */
struct bind_point {
	size_t listener;
	union udp_address address;
	bool optional; /* one family of two: it may be missing on this machine */
};

struct bind_points {
	struct bind_point *at;
	size_t count, cap;
};

static const struct listen_settings *
listener_settings(const struct ingest *ingest, size_t listener)
{
	return ingest->listen->at[listener].settings;
}

const char *
ingest_listener_name(const struct ingest *ingest, size_t listener)
{
	return ingest->listen->at[listener].name;
}

static void
add_point(struct bind_points *points, size_t listener, const struct sockaddr *address,
    socklen_t length, bool optional)
{
	points->at = mem_room(points->at, points->count, &points->cap, sizeof(*points->at));
	struct bind_point *point = &points->at[points->count++];

	*point = (struct bind_point){.listener = listener, .optional = optional};
	memcpy(&point->address, address, length);
}

/* An empty host is any address and "localhost" the loopback, of both families
 * each; a name is all it resolves to. */
static int
add_host(
    struct bind_points *points, size_t listener, const struct address *address, struct text *error)
{
	bool both = address->host[0] == '\0' || strcmp(address->host, "localhost") == 0;
	struct addrinfo hints = {
	    .ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICSERV | (both ? AI_PASSIVE : 0)};
	const char *hosts[] = {address->host, NULL};
	char port[8];

	if (address->host[0] == '\0')
		hosts[0] = "0.0.0.0", hosts[1] = "::";
	else if (both)
		hosts[0] = "127.0.0.1", hosts[1] = "::1";
	snprintf(port, sizeof(port), "%u", address->port);
	for (size_t i = 0; i < 2 && hosts[i] != NULL; i++) {
		struct addrinfo *found;
		int status = getaddrinfo(hosts[i], port, &hints, &found);

		if (status != 0) {
			text_printf(error, "cannot resolve %s: %s", hosts[i], gai_strerror(status));
			return -EADDRNOTAVAIL;
		}
		for (struct addrinfo *at = found; at != NULL; at = at->ai_next)
			add_point(points, listener, at->ai_addr, at->ai_addrlen, both);
		freeaddrinfo(found);
	}
	return 0;
}

static int
gather_points(const struct ingest *ingest, struct bind_points *points, struct text *error)
{
	for (size_t i = 0; i < ingest->listen->count; i++) {
		const struct item_list *udp = &listener_settings(ingest, i)->udp;

		for (size_t j = 0; j < udp->count; j++) {
			struct address address;
			const char *problem;

			/* The configuration took it for a host and a port. */
			CHECK(address_parse(((char **)udp->at)[j], &address, &problem) == 0 &&
			    address.kind == ADDRESS_INET);
			int status = add_host(points, i, &address, error);

			if (status != 0)
				return status;
		}
	}
	return 0;
}

void
ingest_origin(const struct listen_settings *settings, const struct limits_settings *limits,
    struct text *prefix, struct origin *origin_out)
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
}

/* Of every listener, each with its profile. */
static int
make_origins(struct ingest *ingest, const struct limits_settings *limits, struct text *error)
{
	const struct item_map *listen = ingest->listen;

	ingest->origins = mem_zero(listen->count, sizeof(*ingest->origins));
	ingest->prefixes = mem_zero(listen->count, sizeof(*ingest->prefixes));
	for (size_t i = 0; i < listen->count; i++) {
		size_t profile = listen_profile(listen, i);
		struct text prefix = {0};

		ingest_origin(listener_settings(ingest, i), limits, &prefix, &ingest->origins[i]);
		ingest->prefixes[i] = prefix.bytes;
		if (profile >= LISTEN_PROFILES) {
			text_printf(
			    error, "listeners take lines in in more than %d ways", LISTEN_PROFILES);
			return -EINVAL;
		}
		ingest->origins[i].profile = UINT32_C(1) << profile;
	}
	return 0;
}

static bool
is_missing_family(int status)
{
	return status == -EADDRNOTAVAIL || status == -EAFNOSUPPORT;
}

static void
log_listening(const struct ingest *ingest, const struct bind_point *point, int fd)
{
	const struct listen_settings *settings = listener_settings(ingest, point->listener);
	struct udp_memory memory = {0};
	struct text address = {0};

	udp_address_print(&point->address, &address);
	if (udp_memory(fd, &memory) == 0)
		log_info("listening on udp %s (%s): %u socket%s, each with a receive buffer of "
			 "%u bytes, %u datagrams of one line (%lld bytes asked for)",
		    text_string(&address), ingest_listener_name(ingest, point->listener),
		    ingest->count, ingest->count == 1 ? "" : "s", memory.capacity,
		    memory.capacity / UDP_DATAGRAM_CHARGE,
		    (long long)settings->receive_buffer_bytes);
	text_fini(&address);
}

/* Open one socket per worker on an address. A family that is missing beside
 * another one is said, and no error. */
static int
open_point(struct ingest *ingest, struct bind_point *point, struct text *error)
{
	const struct listen_settings *settings = listener_settings(ingest, point->listener);
	enum udp_steering steering =
	    settings->steer == STEER_RANDOM ? UDP_STEER_RANDOM : UDP_STEER_CLIENT;
	int *fds = mem_zero(ingest->count, sizeof(*fds));
	int status = udp_open_shared(&point->address, (size_t)settings->receive_buffer_bytes,
	    steering, fds, ingest->count, error);

	if (status != 0 && point->optional && is_missing_family(status)) {
		log_info("%s", text_string(error));
		text_reset(error);
		status = 0;
	} else if (status == 0) {
		log_listening(ingest, point, fds[0]);
		for (unsigned i = 0; i < ingest->count; i++)
			worker_add_socket(&ingest->workers[i], point->listener,
			    &ingest->origins[point->listener], fds[i], &point->address);
	}
	free(fds);
	return status;
}

static void
init_workers(struct ingest *ingest, const struct ingest_plan *plan, size_t receivers)
{
	ingest->plan = (struct worker_plan){
	    .budget = plan->budget,
	    .quota = &ingest->quota,
	    .rules = plan->rules,
	    .kinds_clash = plan->kinds_clash,
	    .listeners = plan->listen->count,
	    .receivers = receivers,
	    .sealed = plan->sealed,
	    .sealed_kind = plan->sealed_kind,
	};
	ingest->workers = mem_zero(plan->workers, sizeof(*ingest->workers));
	for (unsigned i = 0; i < plan->workers; i++)
		worker_init(&ingest->workers[i], i, &ingest->plan);
}

int
ingest_open(struct ingest *ingest, const struct ingest_plan *plan, struct text *error)
{
	struct bind_points points = {0};

	*ingest = (struct ingest){.listen = plan->listen, .count = plan->workers};
	ingest->quota.most = plan->limits->series;
	int status = make_origins(ingest, plan->limits, error);

	if (status == 0)
		status = gather_points(ingest, &points, error);
	init_workers(ingest, plan, points.count);
	for (size_t i = 0; i < points.count && status == 0; i++)
		status = open_point(ingest, &points.at[i], error);
	free(points.at);
	if (status == 0 && ingest->workers[0].receiver_count == 0) {
		text_puts(
		    error, "nothing to listen on: no address of any listener could be opened");
		status = -EADDRNOTAVAIL;
	}
	return status;
}

void
ingest_start(struct ingest *ingest)
{
	for (unsigned i = 0; i < ingest->count; i++)
		worker_start(&ingest->workers[i]);
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
	for (size_t i = 0; i < ingest->listen->count; i++)
		free(ingest->prefixes[i]);
	free(ingest->prefixes);
	free(ingest->origins);
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
