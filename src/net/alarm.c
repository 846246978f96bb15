/* SPDX-License-Identifier: MIT */
/* alarm.c -- call me in a moment, on this thread's loop. */

#include "net/alarm.h"

#include "base/check.h"
#include "base/clock.h"

#include <sys/timerfd.h>
#include <unistd.h>

static void
on_expired(uv_poll_t *poll, int status, int events)
{
	struct alarm *alarm = poll->data;
	uint64_t times;

	(void)status;
	(void)events;
	if (read(alarm->fd, &times, sizeof(times)) == (ssize_t)sizeof(times))
		alarm->fire(alarm);
}

void
alarm_init(struct alarm *alarm, struct thread *thread, void (*fire)(struct alarm *alarm))
{
	alarm->fire = fire;
	alarm->fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	CHECK(alarm->fd >= 0);
	CHECK(uv_poll_init(&thread->loop, &alarm->poll, alarm->fd) == 0);
	alarm->poll.data = alarm;
	CHECK(uv_poll_start(&alarm->poll, UV_READABLE, on_expired) == 0);
}

void
alarm_set(struct alarm *alarm, int64_t delay_ns)
{
	const struct itimerspec once = {
	    .it_value = {.tv_sec = delay_ns / CLOCK_SECOND, .tv_nsec = delay_ns % CLOCK_SECOND}};

	CHECK(timerfd_settime(alarm->fd, 0, &once, NULL) == 0);
}

void
alarm_fini(struct alarm *alarm)
{
	uv_close((uv_handle_t *)&alarm->poll, NULL);
	close(alarm->fd);
}
