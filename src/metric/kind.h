/* SPDX-License-Identifier: MIT */
/* kind.h -- the kinds of series. On the wire c is a counter, g a gauge, ms h
 * d a timer, s a set. */

#pragma once

enum kind { KIND_COUNTER, KIND_GAUGE, KIND_TIMER, KIND_SET };

#define KINDS 4

/* "counter", "gauge", "timer", "set" */
extern const char *const kind_names[KINDS];
