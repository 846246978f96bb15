/* SPDX-License-Identifier: MIT */
/* control.h -- the control socket: a client sends one line, a verb and its
 * arguments, and gets one answer. On the main thread. */

#pragma once

#include "admin/settings.h"
#include "admin/status.h"

struct control;

/* Open the socket and listen. NULL, with a sentence in *error, if that cannot
 * be. A socket that nobody listens on any more is replaced. An egress report
 * comes back to the thread's mailbox as `report_kind`, and is given to
 * control_report(), even after control_close(). */
struct control *control_open(struct thread *thread, const char *path,
    const struct control_settings *settings, const struct status_sources *sources,
    struct egress *egress, unsigned report_kind, struct text *error);
void control_report(struct mail *mail);

/* Remove the socket, close every connection. The memory is given back when
 * the last report on its way has come. */
void control_close(struct control **control);
