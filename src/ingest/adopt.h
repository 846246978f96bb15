/* SPDX-License-Identifier: MIT */
/* adopt.h -- sockets that the service manager has opened: which listener's
 * they are, and whether they may be. */

#pragma once

#include "ingest/bind.h"
#include "net/inherit.h"

/* What a listener would have opened itself. Its listener is the one that the
 * socket's name means; where there is one only, any name does. 0, or a negative
 * errno and a sentence in *error: there is no such listener, it takes no such
 * lines, or other machines can reach the socket and nobody has said which may.
 * The point borrows the socket's path. */
int adopt_socket(const struct inherited *socket, const struct item_map *listen,
    struct bind_point *point_out, struct text *error);

/* Is there a socket for this place already? */
bool adopt_covers(const struct inheritance *inherited, const struct bind_point *point);
