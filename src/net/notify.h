/* SPDX-License-Identifier: MIT */
/* notify.h -- a word to the service manager: sd_notify(3)'s protocol, one
 * datagram of NAME=VALUE lines to the socket that NOTIFY_SOCKET names. */

#pragma once

#include "base/text.h"

#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

struct notify {
	int fd; /* -1: nobody wants to hear of us */
	struct sockaddr_un to;
	socklen_t length; /* of that address */
	/* WATCHDOG=1 is waited for this long before we are ended; 0: it is not */
	int64_t watchdog_ns;
};

/* Take NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID from the environment,
 * once, before there are threads: they are removed, so that no child speaks
 * for us. Returns 0, also where there is nothing; else a negative errno and a
 * sentence in *error, and *notify_out is as if there were nothing. */
int notify_open(struct notify *notify_out, struct text *error);
void notify_close(struct notify *notify);

/* Say this, unless nobody wants to hear: "READY=1", or several lines. Waits a
 * second at most for room; what could not be said is logged. */
void notify_say(const struct notify *notify, const char *lines);
