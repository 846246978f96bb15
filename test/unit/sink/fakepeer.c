/* SPDX-License-Identifier: MIT */
/* fakepeer.c -- a TCP server with scripted manners. */

#include "test/unit/sink/fakepeer.h"

#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static int
bind_loopback(uint16_t port, uint16_t *port_out)
{
	struct sockaddr_in at = {
	    .sin_family = AF_INET,
	    .sin_port = htons(port),
	    .sin_addr = {htonl(INADDR_LOOPBACK)},
	};
	socklen_t len = sizeof(at);
	int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	*port_out = ntohs(at.sin_port);
	return fd;
}

uint16_t
fakepeer_free_port(void)
{
	uint16_t port;

	close(bind_loopback(0, &port));
	return port;
}

static void
note_bytes(struct fakepeer *peer, size_t connection, const char *bytes, size_t len)
{
	pthread_mutex_lock(&peer->lock);
	text_append(&peer->got[connection], bytes, len);
	pthread_cond_broadcast(&peer->changed);
	pthread_mutex_unlock(&peer->lock);
}

/* Up to limit bytes, or to the end. */
static void
read_bytes(struct fakepeer *peer, size_t connection, int fd, size_t limit, bool talk)
{
	char bytes[16384];

	while (limit > 0) {
		ssize_t len = recv(fd, bytes, limit < sizeof(bytes) ? limit : sizeof(bytes), 0);

		if (len <= 0)
			return;
		note_bytes(peer, connection, bytes, (size_t)len);
		limit -= (size_t)len;
		if (talk)
			(void)send(fd, "what?\n", 6, MSG_NOSIGNAL | MSG_DONTWAIT);
	}
}

/* Returns whether the connection stays. */
static bool
take_turn(struct fakepeer *peer, size_t connection, int fd)
{
	const struct fakepeer_turn *turn =
	    &peer->turns[connection < peer->turn_count ? connection : peer->turn_count - 1];
	struct linger reset = {.l_onoff = 1, .l_linger = 0};

	switch (turn->manner) {
	case MANNER_READ:
	case MANNER_TALK:
		read_bytes(peer, connection, fd, SIZE_MAX, turn->manner == MANNER_TALK);
		return false;
	case MANNER_RESET:
		read_bytes(peer, connection, fd, turn->bytes, false);
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
		return false;
	case MANNER_CUT: read_bytes(peer, connection, fd, turn->bytes, false); return false;
	case MANNER_NEVER_CLOSE: read_bytes(peer, connection, fd, SIZE_MAX, false); return true;
	case MANNER_STALL: return true;
	}
	return false;
}

static void *
run_peer(void *arg)
{
	struct fakepeer *peer = arg;

	for (size_t i = 0; i < FAKEPEER_TURNS; i++) {
		int fd = accept(peer->listener, NULL, NULL);

		if (fd < 0)
			break;
		pthread_mutex_lock(&peer->lock);
		peer->open[i] = fd;
		peer->accepted++;
		pthread_mutex_unlock(&peer->lock);
		bool stays = take_turn(peer, i, fd);

		pthread_mutex_lock(&peer->lock);
		if (!stays) {
			close(fd);
			peer->open[i] = -1;
		}
		peer->done++;
		pthread_cond_broadcast(&peer->changed);
		pthread_mutex_unlock(&peer->lock);
	}
	return NULL;
}

void
fakepeer_start(
    struct fakepeer *peer, uint16_t port, const struct fakepeer_turn *turns, size_t count)
{
	/* Small, so that a peer that does not read is noticed soon. */
	int room = 4096;

	*peer = (struct fakepeer){.turns = turns, .turn_count = count};
	peer->listener = bind_loopback(port, &peer->port);
	setsockopt(peer->listener, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	ck_assert_int_eq(listen(peer->listener, 16), 0);
	snprintf(peer->address, sizeof(peer->address), "127.0.0.1:%u", peer->port);
	pthread_mutex_init(&peer->lock, NULL);
	pthread_cond_init(&peer->changed, NULL);
	ck_assert_int_eq(pthread_create(&peer->id, NULL, run_peer, peer), 0);
}

void
fakepeer_await_done(struct fakepeer *peer, size_t connections)
{
	pthread_mutex_lock(&peer->lock);
	while (peer->done < connections)
		pthread_cond_wait(&peer->changed, &peer->lock);
	pthread_mutex_unlock(&peer->lock);
}

void
fakepeer_await_bytes(struct fakepeer *peer, size_t connection, size_t bytes)
{
	pthread_mutex_lock(&peer->lock);
	while (peer->got[connection].len < bytes)
		pthread_cond_wait(&peer->changed, &peer->lock);
	pthread_mutex_unlock(&peer->lock);
}

void
fakepeer_stop(struct fakepeer *peer)
{
	shutdown(peer->listener, SHUT_RDWR);
	pthread_mutex_lock(&peer->lock);
	for (size_t i = 0; i < peer->accepted; i++)
		if (peer->open[i] >= 0)
			shutdown(peer->open[i], SHUT_RDWR);
	pthread_mutex_unlock(&peer->lock);
	pthread_join(peer->id, NULL);
	for (size_t i = 0; i < peer->accepted; i++)
		if (peer->open[i] >= 0)
			close(peer->open[i]);
	close(peer->listener);
}

void
fakepeer_free(struct fakepeer *peer)
{
	for (size_t i = 0; i < FAKEPEER_TURNS; i++)
		text_fini(&peer->got[i]);
	pthread_mutex_destroy(&peer->lock);
	pthread_cond_destroy(&peer->changed);
}
