/* SPDX-License-Identifier: MIT */
/* steer.h -- which socket of a group gets a datagram, by a program of classic
 * BPF that the kernel runs for each. It answers with a number: 0 is the socket
 * that was bound first. */

#pragma once

#include "net/access.h"

#include <linux/filter.h>
#include <stdbool.h>

/* What to steer by. Of a group that has a bin it is number 0, and what comes
 * from a host that may not send goes there. */
struct steering {
	int family;                  /* AF_INET, AF_INET6: the group's only one */
	const struct access *access; /* who may send; NULL: everybody, and there is no bin */
	bool random;                 /* else the same for one client's address and port */
	unsigned workers;            /* sockets beside the bin */
};

/* Write the program, BPF_MAXINSNS instructions at most. Returns how many, or
 * -E2BIG where the networks are too many. */
int steer_program(const struct steering *steering, struct sock_filter *program_out);
