/* SPDX-License-Identifier: MIT */
/* holder.h -- who has the port that we wanted. */

#pragma once

#include "net/inet.h"

/* Append ", by pid 123 (name)" for the process whose socket is bound to the
 * address or to any address on its port, of SOCK_DGRAM (UDP), or is listening
 * there, of SOCK_STREAM (TCP); nothing if none can be seen. */
void holder_describe(const union inet_address *address, int type, struct text *out);
