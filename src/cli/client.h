/* SPDX-License-Identifier: MIT */
/* client.h -- ask the running daemon over its control socket: one line there,
 * one JSON object back. */

#pragma once

#include "admin/settings.h"
#include "base/text.h"

#include <jansson.h>

/* Send a line, given without its newline, to the socket at path, and append
 * all that comes back to answer. 0 or a negative errno. */
int client_ask(const char *path, const char *line, struct text *answer);

/* The daemon's status; json_decref() is the caller's. NULL: there is none,
 * and a sentence on standard error, begun with the command's name, has said
 * why. answer, unless NULL, receives the object as it came. */
json_t *
client_status(const char *command, const struct control_settings *control, struct text *answer);
