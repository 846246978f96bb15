/* SPDX-License-Identifier: MIT */
/* client.h -- ask the running daemon over its control socket: one line there,
 * one JSON object back. */

#pragma once

#include "admin/settings.h"
#include "base/text.h"

#include <jansson.h>

/* What a daemon that is not overloaded takes to answer at most: about itself,
 * and about what it has to walk through all series for. */
#define CLIENT_SECONDS 5
#define CLIENT_WALK_SECONDS 60

/* Send a line, given without its newline, to the socket at path, and append
 * all that comes back to answer; wait so long for each part of it. 0 or a
 * negative errno. */
int client_ask(const char *path, const char *line, unsigned seconds, struct text *answer);

/* What the daemon answers to a line; json_decref() is the caller's. NULL: there
 * is none, or it cannot do what it is asked, and a sentence on standard error,
 * begun with the command's name, has said why. answer, unless NULL, receives
 * the object as it came. */
json_t *client_query(const char *command, const struct control_settings *control, const char *line,
    unsigned seconds, struct text *answer);
