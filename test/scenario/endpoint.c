/* SPDX-License-Identifier: MIT */
/* endpoint.c -- a Graphite server that counts, and misbehaves when told to. */

#include "test/scenario/endpoint.h"

#include <arpa/inet.h>
#include <check.h>
#include <math.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECTIONS_MAX 256 /* open at once */
#define READ_BYTES 16384

struct connection {
	int fd;
	size_t number;
	enum endpoint_manner manner;
	size_t budget; /* bytes until it resets or stalls */
	bool stalled, ended;
	char *line;
	size_t line_len;
};

struct endpoint {
	int listener, wake;
	int port;
	pthread_t thread;
	pthread_mutex_t lock; /* of all that follows */
	bool listening, closing;
	enum endpoint_manner manner;
	size_t after_bytes, manner_left;
	struct connection open[CONNECTIONS_MAX];
	size_t open_count;
	size_t accepted, misbehaved, malformed;
	struct endpoint_point *points;
	size_t point_count, point_cap;
	bool *complete; /* by connection number */
};

/* "name value timestamp" */
static bool
line_parse(char *line, struct endpoint_point *point_out)
{
	char *value = strchr(line, ' ');

	if (value == NULL || value == line)
		return false;
	*value++ = '\0';
	char *timestamp = strchr(value, ' ');
	char *end;

	if (timestamp == NULL)
		return false;
	*timestamp++ = '\0';
	point_out->value = strtod(value, &end);
	if (end == value || *end != '\0' || !isfinite(point_out->value))
		return false;
	point_out->timestamp = strtoll(timestamp, &end, 10);
	if (end == timestamp || *end != '\0')
		return false;
	point_out->name = strdup(line);
	return true;
}

static void
line_take(struct endpoint *endpoint, struct connection *connection)
{
	struct endpoint_point point = {.connection = connection->number};

	connection->line[connection->line_len] = '\0';
	connection->line_len = 0;
	if (!line_parse(connection->line, &point)) {
		endpoint->malformed++;
		return;
	}
	if (endpoint->point_count == endpoint->point_cap) {
		endpoint->point_cap = endpoint->point_cap == 0 ? 1024 : 2 * endpoint->point_cap;
		endpoint->points =
		    realloc(endpoint->points, endpoint->point_cap * sizeof(*endpoint->points));
	}
	endpoint->points[endpoint->point_count++] = point;
}

static void
connection_feed(
    struct endpoint *endpoint, struct connection *connection, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] == '\n') {
			line_take(endpoint, connection);
			continue;
		}
		connection->line = realloc(connection->line, connection->line_len + 2);
		connection->line[connection->line_len++] = bytes[i];
	}
}

static void
connection_reset(struct connection *connection)
{
	struct linger now = {.l_onoff = 1, .l_linger = 0};

	setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(connection->fd);
	connection->fd = -1;
}

/* The sender's end was read: what came counts from here on. Said before the
 * sender can learn of it. */
static void
connection_end(struct endpoint *endpoint, struct connection *connection)
{
	if (connection->line_len > 0)
		endpoint->malformed++;
	connection->line_len = 0;
	endpoint->complete[connection->number] = true;
	if (connection->manner == ENDPOINT_NEVER_CLOSES) {
		connection->ended = true;
		return;
	}
	close(connection->fd);
	connection->fd = -1;
}

static void
connection_read(struct endpoint *endpoint, struct connection *connection)
{
	char bytes[READ_BYTES];
	bool limited =
	    connection->manner != ENDPOINT_READS && connection->manner != ENDPOINT_NEVER_CLOSES;
	size_t most = limited && connection->budget < READ_BYTES ? connection->budget : READ_BYTES;

	if (most > 0) {
		ssize_t got = recv(connection->fd, bytes, most, MSG_DONTWAIT);

		if (got < 0) {
			connection_reset(connection);
			return;
		}
		if (got == 0) {
			connection_end(endpoint, connection);
			return;
		}
		connection_feed(endpoint, connection, bytes, (size_t)got);
		if (limited)
			connection->budget -= (size_t)got;
	}
	if (!limited || connection->budget > 0)
		return;
	endpoint->misbehaved++;
	if (endpoint->manner_left > 0 && endpoint->manner_left != SIZE_MAX)
		endpoint->manner_left--;
	if (connection->manner == ENDPOINT_RESETS) {
		connection_reset(connection);
		return;
	}
	if (connection->manner == ENDPOINT_ENDS_EARLY)
		shutdown(connection->fd, SHUT_WR);
	connection->stalled = true;
}

static void
endpoint_accept(struct endpoint *endpoint)
{
	int fd = accept(endpoint->listener, NULL, NULL);

	if (fd < 0)
		return; /* it was gone again */
	ck_assert_uint_lt(endpoint->open_count, CONNECTIONS_MAX);
	struct connection *connection = &endpoint->open[endpoint->open_count++];

	*connection = (struct connection){.fd = fd, .number = endpoint->accepted++};
	connection->line = malloc(1);
	if (endpoint->manner_left > 0) {
		connection->manner = endpoint->manner;
		connection->budget = endpoint->after_bytes;
	}
	endpoint->complete = realloc(endpoint->complete, endpoint->accepted * sizeof(bool));
	endpoint->complete[connection->number] = false;
}

static void
endpoint_sweep(struct endpoint *endpoint)
{
	size_t kept = 0;

	for (size_t i = 0; i < endpoint->open_count; i++)
		if (endpoint->open[i].fd >= 0)
			endpoint->open[kept++] = endpoint->open[i];
		else
			free(endpoint->open[i].line);
	endpoint->open_count = kept;
}

static void *
endpoint_run(void *arg)
{
	struct endpoint *endpoint = arg;
	struct pollfd polled[CONNECTIONS_MAX + 2];

	for (;;) {
		pthread_mutex_lock(&endpoint->lock);
		if (endpoint->closing)
			break;
		size_t open = endpoint->open_count;

		polled[0] = (struct pollfd){.fd = endpoint->wake, .events = POLLIN};
		polled[1] = (struct pollfd){
		    .fd = endpoint->listening ? endpoint->listener : -1, .events = POLLIN};
		for (size_t i = 0; i < open; i++) {
			bool deaf = endpoint->open[i].stalled || endpoint->open[i].ended;

			polled[i + 2] = (struct pollfd){
			    .fd = deaf ? -1 : endpoint->open[i].fd, .events = POLLIN};
		}
		pthread_mutex_unlock(&endpoint->lock);
		poll(polled, open + 2, 1000);
		pthread_mutex_lock(&endpoint->lock);
		if (polled[0].revents != 0) {
			uint64_t times;

			if (read(endpoint->wake, &times, sizeof(times)) < 0)
				perror("eventfd");
		}
		for (size_t i = 0; i < open; i++)
			if (polled[i + 2].revents != 0)
				connection_read(endpoint, &endpoint->open[i]);
		if ((polled[1].revents & POLLIN) != 0)
			endpoint_accept(endpoint);
		endpoint_sweep(endpoint);
		pthread_mutex_unlock(&endpoint->lock);
	}
	pthread_mutex_unlock(&endpoint->lock);
	return NULL;
}

static void
endpoint_wake(struct endpoint *endpoint)
{
	uint64_t once = 1;

	ck_assert_int_eq(write(endpoint->wake, &once, sizeof(once)), sizeof(once));
}

/* A socket bound to the port, or to any for 0; *port is which. */
static int
bind_port(int *port)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	    .sin_port = htons((uint16_t)*port)};
	socklen_t at_len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&at, &at_len), 0);
	*port = ntohs(at.sin_port);
	return fd;
}

struct endpoint *
endpoint_new(void)
{
	struct endpoint *endpoint = calloc(1, sizeof(*endpoint));

	/* Only a port asked for by its number survives endpoint_refuse(). */
	close(bind_port(&endpoint->port));
	endpoint->listener = bind_port(&endpoint->port);
	endpoint->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pthread_mutex_init(&endpoint->lock, NULL);
	ck_assert_int_eq(pthread_create(&endpoint->thread, NULL, endpoint_run, endpoint), 0);
	return endpoint;
}

void
endpoint_free(struct endpoint *endpoint)
{
	pthread_mutex_lock(&endpoint->lock);
	endpoint->closing = true;
	pthread_mutex_unlock(&endpoint->lock);
	endpoint_wake(endpoint);
	pthread_join(endpoint->thread, NULL);
	for (size_t i = 0; i < endpoint->open_count; i++) {
		close(endpoint->open[i].fd);
		free(endpoint->open[i].line);
	}
	endpoint_points_free(endpoint->points, endpoint->point_count);
	free(endpoint->complete);
	pthread_mutex_destroy(&endpoint->lock);
	close(endpoint->listener);
	close(endpoint->wake);
	free(endpoint);
}

int
endpoint_port(const struct endpoint *endpoint)
{
	return endpoint->port;
}

void
endpoint_listen(struct endpoint *endpoint)
{
	pthread_mutex_lock(&endpoint->lock);
	ck_assert_int_eq(listen(endpoint->listener, 16), 0);
	endpoint->listening = true;
	pthread_mutex_unlock(&endpoint->lock);
	endpoint_wake(endpoint);
}

/* Linux: a listener shut down for reading stops listening and stays bound. */
void
endpoint_refuse(struct endpoint *endpoint)
{
	pthread_mutex_lock(&endpoint->lock);
	ck_assert_int_eq(shutdown(endpoint->listener, SHUT_RD), 0);
	endpoint->listening = false;
	pthread_mutex_unlock(&endpoint->lock);
	endpoint_wake(endpoint);
}

/* The kernel's share of what a stalled reader leaves, so that it is felt. */
static void
endpoint_narrow(struct endpoint *endpoint, enum endpoint_manner manner)
{
	bool small = manner == ENDPOINT_STALLS || manner == ENDPOINT_ENDS_EARLY;
	int bytes = small ? 4096 : 1 << 20;

	setsockopt(endpoint->listener, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
}

void
endpoint_behave(
    struct endpoint *endpoint, enum endpoint_manner manner, size_t after_bytes, size_t connections)
{
	pthread_mutex_lock(&endpoint->lock);
	endpoint->manner = manner;
	endpoint->after_bytes = after_bytes;
	endpoint->manner_left = connections;
	endpoint_narrow(endpoint, manner);
	for (size_t i = 0; manner == ENDPOINT_READS && i < endpoint->open_count; i++) {
		endpoint->open[i].manner = ENDPOINT_READS;
		endpoint->open[i].stalled = false;
	}
	pthread_mutex_unlock(&endpoint->lock);
	endpoint_wake(endpoint);
}

/* One number, read under the lock. */
static size_t
endpoint_read(struct endpoint *endpoint, const size_t *number)
{
	pthread_mutex_lock(&endpoint->lock);
	size_t now = *number;

	pthread_mutex_unlock(&endpoint->lock);
	return now;
}

size_t
endpoint_connections(struct endpoint *endpoint)
{
	return endpoint_read(endpoint, &endpoint->accepted);
}

size_t
endpoint_misbehaved(struct endpoint *endpoint)
{
	return endpoint_read(endpoint, &endpoint->misbehaved);
}

size_t
endpoint_malformed(struct endpoint *endpoint)
{
	return endpoint_read(endpoint, &endpoint->malformed);
}

struct summary {
	size_t count;
	double sum, last, most;
	int64_t last_at;
};

/* Of the points delivered under a name, or under all for NULL. */
static struct summary
endpoint_summary(struct endpoint *endpoint, const char *name)
{
	struct summary summary = {.last = NAN, .most = NAN, .last_at = INT64_MIN};

	pthread_mutex_lock(&endpoint->lock);
	for (size_t i = 0; i < endpoint->point_count; i++) {
		const struct endpoint_point *point = &endpoint->points[i];

		if (!endpoint->complete[point->connection] ||
		    (name != NULL && strcmp(point->name, name) != 0))
			continue;
		summary.count++;
		summary.sum += point->value;
		summary.last = point->value;
		summary.last_at = point->timestamp;
		summary.most = fmax(summary.most, point->value);
	}
	pthread_mutex_unlock(&endpoint->lock);
	return summary;
}

size_t
endpoint_points(struct endpoint *endpoint)
{
	return endpoint_summary(endpoint, NULL).count;
}

size_t
endpoint_points_of(struct endpoint *endpoint, const char *name)
{
	return endpoint_summary(endpoint, name).count;
}

double
endpoint_sum(struct endpoint *endpoint, const char *name)
{
	return endpoint_summary(endpoint, name).sum;
}

static bool
begins_and_ends(const char *name, const char *prefix, const char *suffix)
{
	size_t len = strlen(name), prefix_len = strlen(prefix), suffix_len = strlen(suffix);

	return len >= prefix_len + suffix_len && memcmp(name, prefix, prefix_len) == 0 &&
	    memcmp(name + len - suffix_len, suffix, suffix_len) == 0;
}

double
endpoint_sum_all(struct endpoint *endpoint, const char *prefix, const char *suffix)
{
	double sum = 0;

	pthread_mutex_lock(&endpoint->lock);
	for (size_t i = 0; i < endpoint->point_count; i++) {
		const struct endpoint_point *point = &endpoint->points[i];

		if (endpoint->complete[point->connection] &&
		    begins_and_ends(point->name, prefix, suffix))
			sum += point->value;
	}
	pthread_mutex_unlock(&endpoint->lock);
	return sum;
}

double
endpoint_last(struct endpoint *endpoint, const char *name)
{
	return endpoint_summary(endpoint, name).last;
}

int64_t
endpoint_last_at(struct endpoint *endpoint, const char *name)
{
	return endpoint_summary(endpoint, name).last_at;
}

double
endpoint_most(struct endpoint *endpoint, const char *name)
{
	return endpoint_summary(endpoint, name).most;
}

double
endpoint_sum_kept(struct endpoint *endpoint, const char *name)
{
	size_t count;
	struct endpoint_point *points = endpoint_copy(endpoint, name, &count);
	double sum = 0;

	for (size_t i = 0; i < count; i++) {
		size_t later = i + 1;

		while (later < count && points[later].timestamp != points[i].timestamp)
			later++;
		if (later == count)
			sum += points[i].value;
	}
	endpoint_points_free(points, count);
	return sum;
}

struct endpoint_point *
endpoint_copy(struct endpoint *endpoint, const char *name, size_t *count_out)
{
	pthread_mutex_lock(&endpoint->lock);
	struct endpoint_point *copy = calloc(endpoint->point_count + 1, sizeof(*copy));
	size_t count = 0;

	for (size_t i = 0; i < endpoint->point_count; i++) {
		const struct endpoint_point *point = &endpoint->points[i];

		if (!endpoint->complete[point->connection] ||
		    (name != NULL && strcmp(point->name, name) != 0))
			continue;
		copy[count] = *point;
		copy[count++].name = strdup(point->name);
	}
	pthread_mutex_unlock(&endpoint->lock);
	*count_out = count;
	return copy;
}

void
endpoint_points_free(struct endpoint_point *points, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(points[i].name);
	free(points);
}
