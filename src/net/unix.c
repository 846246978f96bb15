/* SPDX-License-Identifier: MIT */
/* unix.c -- unix sockets that have a name in the file system. */

#include "net/unix.h"

#include "base/mem.h"

#include <errno.h>
#include <grp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* Whom the kernel names in place of a user it cannot, or does not, name. */
#define UNIX_NOBODY 65534

static struct sockaddr_un
address_of(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
	return address;
}

/* Has anybody bound the socket at path? Whom one cannot connect to for lack of
 * permission, or because of a full queue, or another type, is there. */
static bool
is_alive(const char *path, int type)
{
	const struct sockaddr_un address = address_of(path);
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return true;
	bool alive = connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 ||
	    errno != ECONNREFUSED;

	close(fd);
	return alive;
}

/* Only a dead socket makes way. */
static int
make_way(const char *path, int type, struct text *error)
{
	struct stat found;

	if (strlen(path) >= sizeof(((struct sockaddr_un *)0)->sun_path)) {
		text_puts(error, "the path is too long");
		return -ENAMETOOLONG;
	}
	if (lstat(path, &found) != 0)
		return 0;
	if (!S_ISSOCK(found.st_mode)) {
		text_puts(error, "there is something that is not a socket");
		return -EEXIST;
	}
	/* One of ours without any permission was left by a start cut short. */
	bool unfinished = found.st_uid == geteuid() && (found.st_mode & 0777) == 0;

	if (!unfinished && is_alive(path, type)) {
		text_puts(error, "another process is using it");
		return -EADDRINUSE;
	}
	if (unlink(path) == 0)
		return 0;
	int status = -errno;

	text_printf(error, "cannot replace a dead socket: %s", strerror(-status));
	return status;
}

static int
find_group(const char *name, gid_t *gid_out, struct text *error)
{
	*gid_out = (gid_t)-1;
	if (name[0] == '\0')
		return 0;
	const struct group *group = getgrnam(name);

	if (group == NULL) {
		text_printf(error, "there is no group %s", name);
		return -ENOENT;
	}
	*gid_out = group->gr_gid;
	return 0;
}

/* The name comes into being without any permission, those of the descriptor,
 * and gets the group before the mode. */
static int
give_name(int fd, const char *path, mode_t mode, gid_t group, struct unix_name *name_out)
{
	const struct sockaddr_un address = address_of(path);
	struct stat bound;

	if (fchmod(fd, 0) != 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0)
		return -errno;
	if (lstat(path, &bound) == 0) {
		*name_out = (struct unix_name){
		    .path = mem_copy_text(path, strlen(path)),
		    .device = bound.st_dev,
		    .inode = bound.st_ino,
		};
		if ((group == (gid_t)-1 || chown(path, (uid_t)-1, group) == 0) &&
		    chmod(path, mode) == 0)
			return 0;
	}
	int status = -errno;

	unix_remove(name_out);
	return status;
}

void
unix_pass_senders(int fd)
{
	int on = 1, off = 0;

	(void)setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on));
	/* The time, if whoever opened the socket asked for it, would come first,
	 * and take the sender's room. */
	(void)setsockopt(fd, SOL_SOCKET, SO_TIMESTAMP, &off, sizeof(off));
}

static int
open_named(const char *path, int type, mode_t mode, const char *group, struct unix_name *name_out,
    struct text *error)
{
	gid_t gid;
	int status = find_group(group, &gid, error);

	if (status == 0)
		status = make_way(path, type, error);
	if (status != 0)
		return status;
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd >= 0 && type == SOCK_DGRAM)
		unix_pass_senders(fd);
	status = fd < 0 ? -errno : give_name(fd, path, mode, gid, name_out);
	if (status == 0)
		return fd;
	text_puts(error, strerror(-status));
	if (fd >= 0)
		close(fd);
	return status;
}

int
unix_bind(const char *what, const char *path, int type, mode_t mode, const char *group,
    struct unix_name *name_out, struct text *error)
{
	struct text why = {0};
	int status = open_named(path, type, mode, group, name_out, &why);

	if (status < 0)
		text_printf(error, "%s %s: %s", what, path, text_string(&why));
	text_fini(&why);
	return status;
}

void
unix_sender(struct msghdr *message, struct ucred *sender_out)
{
	*sender_out = (struct ucred){.uid = UNIX_NOBODY, .gid = UNIX_NOBODY};
	for (struct cmsghdr *control = CMSG_FIRSTHDR(message); control != NULL;
	     control = CMSG_NXTHDR(message, control))
		if (control->cmsg_level == SOL_SOCKET && control->cmsg_type == SCM_CREDENTIALS &&
		    control->cmsg_len >= CMSG_LEN(sizeof(*sender_out)))
			memcpy(sender_out, CMSG_DATA(control), sizeof(*sender_out));
}

int
unix_refuse(int fd)
{
	return shutdown(fd, SHUT_RD) == 0 ? 0 : -errno;
}

void
unix_remove(struct unix_name *name)
{
	struct stat found;

	if (name->path == NULL)
		return;
	if (lstat(name->path, &found) == 0 && found.st_dev == name->device &&
	    found.st_ino == name->inode)
		unlink(name->path);
	free(name->path);
	*name = (struct unix_name){0};
}
