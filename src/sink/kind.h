/* SPDX-License-Identifier: MIT */
/* kind.h -- the kinds of sinks: each an encoder and a transport, and where in
 * its settings the part of either stands. In the order of sink_variants. */

#pragma once

#include "sink/encoder.h"
#include "sink/transport.h"

struct sink_kind {
	const struct encoder *encoder;
	size_t encoding; /* offset into the settings */
	const struct transport *transport;
	size_t transporting;
};

extern const struct sink_kind sink_kinds[];
