/* SPDX-License-Identifier: MIT */
/* socket_path.c -- where the control socket is. */

#include "admin/socket_path.h"

#include "base/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define CANDIDATES 3

/* The nth path that "auto" stands for; false, and out as it was, if the
 * environment lacks it. */
static bool
print_candidate(size_t n, struct text *out)
{
	static const struct {
		const char *variable; /* NULL: none is needed */
		const char *rest;
	} candidates[CANDIDATES] = {
	    {"RUNTIME_DIRECTORY", "/control"},
	    {NULL, "/run/tidemill/control"},
	    {"XDG_RUNTIME_DIR", "/tidemill/control"},
	};

	const char *value = "";

	if (candidates[n].variable != NULL) {
		value = getenv(candidates[n].variable);
		if (value == NULL || value[0] != '/')
			return false;
	}
	text_reset(out);
	/* systemd separates several directories by colons. */
	text_append(out, value, strcspn(value, ":"));
	text_puts(out, candidates[n].rest);
	return true;
}

static int
prepare_directory(struct text *path)
{
	const char *string = text_string(path);
	char *directory = mem_copy_text(string, (size_t)(strrchr(string, '/') - string));
	int status = 0;

	/* Another program may make it at the same time. */
	if ((mkdir(directory, 0755) < 0 && errno != EEXIST) || access(directory, W_OK | X_OK) < 0)
		status = -errno;
	free(directory);
	return status;
}

static int
find_for_daemon(struct text *out)
{
	int status = 0;

	for (size_t n = 0; n < CANDIDATES; n++) {
		if (!print_candidate(n, out))
			continue;
		status = prepare_directory(out);
		if (status == 0)
			break;
	}
	return status;
}

static void
find_for_client(struct text *out)
{
	for (size_t n = 0; n < CANDIDATES; n++)
		if (print_candidate(n, out) && access(text_string(out), F_OK) == 0)
			return;
	for (size_t n = 0; n < CANDIDATES; n++)
		if (print_candidate(n, out))
			return;
}

int
control_socket_path(const struct control_settings *control, bool for_client, struct text *out)
{
	if (strcmp(control->socket, "auto") != 0) {
		text_reset(out);
		text_puts(out, control->socket);
		return 0;
	}
	if (!for_client)
		return find_for_daemon(out);
	find_for_client(out);
	return 0;
}
