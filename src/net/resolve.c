/* SPDX-License-Identifier: MIT */
/* resolve.c -- the addresses behind a name, looked up off the loop.
 *
 * A look-up belongs to two: its thread and the resolver. `lookups_lock`, which
 * is never held while anything waits, decides who of them is the last: the
 * thread either hands the finished look-up over or finds it abandoned. */

#include "net/resolve.h"

#include "base/check.h"
#include "base/mem.h"

#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct lookup {
	struct resolver *resolver; /* NULL: abandoned */
	bool done;
	int error;
	struct addrinfo *found;
	char host[sizeof(((struct address *)0)->host)];
	char port[8];
};

static pthread_mutex_t lookups_lock = PTHREAD_MUTEX_INITIALIZER;

static int
translate(int eai)
{
	switch (eai) {
	case 0: return 0;
	case EAI_AGAIN: return UV_EAI_AGAIN;
	case EAI_FAIL: return UV_EAI_FAIL;
	case EAI_FAMILY: return UV_EAI_FAMILY;
	case EAI_MEMORY: return UV_EAI_MEMORY;
	case EAI_NODATA: return UV_EAI_NODATA;
	case EAI_NONAME: return UV_EAI_NONAME;
	case EAI_SYSTEM: return -errno;
	default: return UV_EAI_FAIL;
	}
}

static void
lookup_free(struct lookup *lookup)
{
	if (lookup->found != NULL)
		freeaddrinfo(lookup->found);
	free(lookup);
}

/* By the look-up's thread, or for it where none could be started. */
static void
hand_over(struct lookup *lookup)
{
	pthread_mutex_lock(&lookups_lock);
	bool abandoned = lookup->resolver == NULL;

	if (!abandoned) {
		lookup->done = true;
		CHECK(uv_async_send(&lookup->resolver->wake) == 0);
	}
	pthread_mutex_unlock(&lookups_lock);
	if (abandoned)
		lookup_free(lookup);
}

static void *
run_lookup(void *arg)
{
	struct lookup *lookup = arg;
	struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
	/* No host is this one, and so is localhost, whatever its files say. */
	bool here = lookup->host[0] == '\0' || strcmp(lookup->host, "localhost") == 0;

	lookup->error = translate(
	    getaddrinfo(here ? NULL : lookup->host, lookup->port, &hints, &lookup->found));
	hand_over(lookup);
	return NULL;
}

static void
start_lookup(struct lookup *lookup)
{
	sigset_t all, before;
	pthread_t id;

	sigfillset(&all);
	CHECK(pthread_sigmask(SIG_SETMASK, &all, &before) == 0);
	int error = pthread_create(&id, NULL, run_lookup, lookup);
	CHECK(pthread_sigmask(SIG_SETMASK, &before, NULL) == 0);
	if (error != 0) {
		lookup->error = -error;
		hand_over(lookup);
		return;
	}
	pthread_detach(id);
}

static void
keep_answers(struct resolver *resolver, const struct addrinfo *found)
{
	size_t count = 0;

	for (const struct addrinfo *at = found; at != NULL; at = at->ai_next)
		count++;
	free(resolver->answers);
	resolver->answers = mem_zero(count, sizeof(*resolver->answers));
	resolver->count = 0;
	for (const struct addrinfo *at = found; at != NULL; at = at->ai_next)
		memcpy(&resolver->answers[resolver->count++], at->ai_addr, at->ai_addrlen);
}

static void
on_wake(uv_async_t *wake)
{
	struct resolver *resolver = wake->data;
	struct lookup *lookup = resolver->lookup;

	/* A wake may come late, for a question that was cancelled since. */
	if (lookup == NULL)
		return;
	pthread_mutex_lock(&lookups_lock);
	bool done = lookup->done;
	pthread_mutex_unlock(&lookups_lock);
	if (!done)
		return;
	resolver->lookup = NULL;
	resolver->error = lookup->error;
	if (lookup->found != NULL)
		keep_answers(resolver, lookup->found);
	lookup_free(lookup);
	resolver->answered(resolver);
}

/* An IP address is its own answer. */
static void
answer_literal(struct resolver *resolver)
{
	struct sockaddr_storage answer = {0};
	const struct address *address = &resolver->address;

	if (uv_ip4_addr(address->host, address->port, (struct sockaddr_in *)&answer) != 0 &&
	    uv_ip6_addr(address->host, address->port, (struct sockaddr_in6 *)&answer) != 0)
		return;
	resolver->literal = true;
	resolver->answers = mem_zero(1, sizeof(answer));
	resolver->answers[0] = answer;
	resolver->count = 1;
}

void
resolver_init(struct resolver *resolver, struct thread *thread, const struct address *address,
    void (*answered)(struct resolver *resolver), void *owner)
{
	*resolver = (struct resolver){.answered = answered, .owner = owner, .address = *address};
	CHECK(uv_async_init(&thread->loop, &resolver->wake, on_wake) == 0);
	resolver->wake.data = resolver;
	if (address->kind == ADDRESS_INET)
		answer_literal(resolver);
}

void
resolver_ask(struct resolver *resolver)
{
	CHECK(resolver->lookup == NULL);
	struct lookup *lookup = mem_zero(1, sizeof(*lookup));

	lookup->resolver = resolver;
	resolver->lookup = lookup;
	if (resolver->literal || resolver->address.kind == ADDRESS_UNIX) {
		hand_over(lookup);
		return;
	}
	memcpy(lookup->host, resolver->address.host, sizeof(lookup->host));
	snprintf(lookup->port, sizeof(lookup->port), "%u", resolver->address.port);
	start_lookup(lookup);
}

void
resolver_cancel(struct resolver *resolver)
{
	struct lookup *lookup = resolver->lookup;

	if (lookup == NULL)
		return;
	resolver->lookup = NULL;
	pthread_mutex_lock(&lookups_lock);
	bool done = lookup->done;

	lookup->resolver = NULL;
	pthread_mutex_unlock(&lookups_lock);
	if (done)
		lookup_free(lookup);
}

void
resolver_fini(struct resolver *resolver)
{
	resolver_cancel(resolver);
	free(resolver->answers);
	resolver->answers = NULL;
	resolver->count = 0;
	uv_close((uv_handle_t *)&resolver->wake, NULL);
}
