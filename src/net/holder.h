/* SPDX-License-Identifier: MIT */
/* holder.h -- who has the port that we wanted. */

#pragma once

#include "net/udp.h"

/* Append ", by pid 123 (name)" for the process whose UDP socket is bound to
 * the address or to any address on its port; nothing if none can be seen. */
void holder_describe(const union udp_address *address, struct text *out);
