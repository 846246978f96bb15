/* SPDX-License-Identifier: MIT */
/* unix.h -- unix sockets that have a name in the file system. */

#pragma once

#include "base/text.h"

#include <sys/socket.h>
#include <sys/types.h>

/* A socket's name, to know it again. Zeroed: there is none. */
struct unix_name {
	char *path;
	dev_t device;
	ino_t inode;
};

/* Bind a new socket, SOCK_STREAM or SOCK_DGRAM, non-blocking, to a path. What
 * stands there is replaced if it is a socket that nobody has bound any more,
 * else it is an error. Nobody can connect before the mode and, unless it is
 * "", the group are as asked for; of datagrams the kernel says who sent them.
 * Returns the descriptor, or a negative errno and in *error a sentence that
 * begins with `what` and the path. */
int unix_bind(const char *what, const char *path, int type, mode_t mode, const char *group,
    struct unix_name *name_out, struct text *error);

/* Have the kernel say who sends datagrams, as unix_bind() does. */
void unix_pass_senders(int fd);

/* Who sent a datagram; user and group 65534 where the kernel does not say. */
void unix_sender(struct msghdr *message, struct ucred *sender_out);

/* No more datagrams arrive: who sends one sees that the socket has ended. What
 * is there can still be read. Returns 0 or a negative errno. */
int unix_refuse(int fd);

/* Remove the name, if it is still that socket's: whoever came later may have
 * put one of its own there. Before the socket is closed, for then another one
 * may get its inode. */
void unix_remove(struct unix_name *name);
