/* SPDX-License-Identifier: MIT */
/* control.h -- the control socket: a client sends one line, a verb and its
 * arguments, and gets one answer. On the main thread. */

#pragma once

#include "admin/inquiry.h"
#include "admin/settings.h"

struct control;

/* Open the socket and listen. NULL, with a sentence in *error, if that cannot
 * be. A socket that nobody listens on any more is replaced. Letters that come
 * back to the desk, which is the thread's, are given to control_report(), even
 * after control_close(). */
struct control *control_open(struct thread *thread, const char *path,
    const struct control_settings *settings, const struct inquiry_desk *desk, struct text *error);
void control_report(struct mail *mail);

/* Remove the socket, close every connection. The memory is given back when
 * the last letter on its way has come. */
void control_close(struct control **control);
