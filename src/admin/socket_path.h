/* SPDX-License-Identifier: MIT */
/* socket_path.h -- where the control socket is: one rule for the daemon that
 * opens it and the command that looks for it.
 *
 * A configured path is that path. "auto" is the first that will do of
 * $RUNTIME_DIRECTORY/control, /run/tidemill/control and
 * $XDG_RUNTIME_DIR/tidemill/control: for the daemon the first in a directory
 * it can write to, made if its parent is there; for a client the first that
 * exists, else the first. */

#pragma once

#include "admin/settings.h"
#include "base/text.h"

#include <stdbool.h>

/* The path, into out, which is reset. 0; or why the daemon found no directory,
 * as a negative errno, with the last path it tried in out. */
int control_socket_path(const struct control_settings *control, bool for_client, struct text *out);
