/* SPDX-License-Identifier: MIT */
/* holder.c -- who has the port that we wanted: the socket's inode from
 * /proc/self/net/udp or tcp, then the process that has it open. */

#include "net/holder.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The state of a TCP socket that listens, in the kernel's list. */
#define LISTENING 0x0a

/* The inode of a socket bound to port in one of the kernel's lists, of TCP's
 * one that listens; 0: none. */
static unsigned long
find_inode(const char *path, bool tcp, unsigned port)
{
	char line[512];
	unsigned long inode = 0;
	FILE *list = fopen(path, "re");

	if (list == NULL)
		return 0;
	while (inode == 0 && fgets(line, sizeof(line), list) != NULL) {
		unsigned bound, state;
		unsigned long found;

		if (sscanf(line, " %*u: %*[0-9A-Fa-f]:%x %*s %x %*s %*s %*s %*u %*u %lu", &bound,
			&state, &found) == 3 &&
		    bound == port && (!tcp || state == LISTENING))
			inode = found;
	}
	fclose(list);
	return inode;
}

static bool
has_open(const char *pid, const char *wanted)
{
	char path[300], target[64];
	struct dirent *item;
	bool found = false;

	snprintf(path, sizeof(path), "/proc/%s/fd", pid);
	DIR *dir = opendir(path);

	if (dir == NULL)
		return false;
	while (!found && (item = readdir(dir)) != NULL) {
		ssize_t len = readlinkat(dirfd(dir), item->d_name, target, sizeof(target) - 1);

		if (len > 0) {
			target[len] = '\0';
			found = strcmp(target, wanted) == 0;
		}
	}
	closedir(dir);
	return found;
}

static void
describe_process(const char *pid, struct text *out)
{
	char path[300], name[64] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	file = fopen(path, "re");
	if (file != NULL) {
		if (fgets(name, sizeof(name), file) != NULL)
			name[strcspn(name, "\n")] = '\0';
		fclose(file);
	}
	text_printf(out, ", by pid %s (%s)", pid, name);
}

void
holder_describe(const union inet_address *address, int type, struct text *out)
{
	static const char *const lists[2][2] = {{"/proc/self/net/udp", "/proc/self/net/udp6"},
	    {"/proc/self/net/tcp", "/proc/self/net/tcp6"}};
	bool v6 = address->any.sa_family == AF_INET6, tcp = type == SOCK_STREAM;
	unsigned port = ntohs(v6 ? address->v6.sin6_port : address->v4.sin_port);
	unsigned long inode = find_inode(lists[tcp][v6], tcp, port);
	char wanted[64];
	struct dirent *item;

	if (inode == 0) /* a socket of both families stands in the other list */
		inode = find_inode(lists[tcp][!v6], tcp, port);
	if (inode == 0)
		return;
	snprintf(wanted, sizeof(wanted), "socket:[%lu]", inode);
	DIR *proc = opendir("/proc");

	if (proc == NULL)
		return;
	while ((item = readdir(proc)) != NULL) {
		if (item->d_name[0] < '1' || item->d_name[0] > '9' ||
		    !has_open(item->d_name, wanted))
			continue;
		describe_process(item->d_name, out);
		break;
	}
	closedir(proc);
}
