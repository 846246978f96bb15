/* SPDX-License-Identifier: MIT */
/* alarm.h -- call me in a moment: a timer of the kernel's on this thread's
 * loop, for waits below the millisecond in which the loop itself counts. It
 * knows nothing of virtual time: who uses it must do without it then. */

#pragma once

#include "net/thread.h"

struct alarm {
	void (*fire)(struct alarm *alarm);
	int fd;
	uv_poll_t poll;
};

void alarm_init(struct alarm *alarm, struct thread *thread, void (*fire)(struct alarm *alarm));

/* Fire once, no earlier than delay_ns, which is not 0, from now; again moves it. */
void alarm_set(struct alarm *alarm, int64_t delay_ns);

/* Before the thread finishes; the struct must outlive the loop. */
void alarm_fini(struct alarm *alarm);
