/* SPDX-License-Identifier: MIT */
/* clock.c -- real time, or a test's. The watchers' lock is taken only under
 * virtual time, and is the last in the order of locks: nothing is called
 * under it that takes another. */

#include "base/clock.h"

#include "base/check.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <time.h>

static bool is_virtual; /* set before any thread starts */
/* Virtual time. Sequentially consistent, the wall moving first: who reads the
 * monotonic clock, then the wall, never pairs a new one with an old one. */
static _Atomic int64_t wall_ns, mono_ns;
static pthread_mutex_t watchers_lock = PTHREAD_MUTEX_INITIALIZER;
static struct clock_watcher *watchers;

static int64_t
read_clock(clockid_t id)
{
	struct timespec now;

	CHECK(clock_gettime(id, &now) == 0);
	return (int64_t)now.tv_sec * CLOCK_SECOND + now.tv_nsec;
}

int64_t
clock_wall_ns(void)
{
	if (is_virtual)
		return atomic_load(&wall_ns);
	return read_clock(CLOCK_REALTIME);
}

int64_t
clock_mono_ns(void)
{
	if (is_virtual)
		return atomic_load(&mono_ns);
	return read_clock(CLOCK_MONOTONIC);
}

bool
clock_is_virtual(void)
{
	return is_virtual;
}

void
clock_make_virtual(int64_t start_wall_ns)
{
	is_virtual = true;
	atomic_store(&wall_ns, start_wall_ns);
	atomic_store(&mono_ns, CLOCK_SECOND);
}

static void
wake_watchers(void)
{
	pthread_mutex_lock(&watchers_lock);
	for (struct clock_watcher *watcher = watchers; watcher != NULL; watcher = watcher->next)
		watcher->wake(watcher);
	pthread_mutex_unlock(&watchers_lock);
}

void
clock_advance(int64_t ns)
{
	CHECK(is_virtual && ns >= 0);
	atomic_fetch_add(&wall_ns, ns);
	atomic_fetch_add(&mono_ns, ns);
	wake_watchers();
}

void
clock_step(int64_t ns)
{
	CHECK(is_virtual);
	atomic_fetch_add(&wall_ns, ns);
	wake_watchers();
}

void
clock_watch(struct clock_watcher *watcher)
{
	if (!is_virtual)
		return;
	pthread_mutex_lock(&watchers_lock);
	watcher->next = watchers;
	watchers = watcher;
	pthread_mutex_unlock(&watchers_lock);
}

void
clock_unwatch(struct clock_watcher *watcher)
{
	if (!is_virtual)
		return;
	pthread_mutex_lock(&watchers_lock);
	struct clock_watcher **link = &watchers;

	while (*link != NULL && *link != watcher)
		link = &(*link)->next;
	if (*link != NULL)
		*link = watcher->next;
	pthread_mutex_unlock(&watchers_lock);
}
