/* SPDX-License-Identifier: MIT */
/* watchdog.h -- the service manager is told how we are: READY, STATUS, a line
 * of figures for people, STOPPING, and WATCHDOG while every thread that has
 * to do with metrics is alive.
 *
 * Alive is who answers: each of them is written a letter, and the manager's
 * clock is wound when the last one has come back. A thread that hangs keeps
 * its letter; then nothing is wound, and the manager ends us. Everything here
 * runs on main. */

#pragma once

#include "admin/status.h"
#include "net/notify.h"
#include "net/timer.h"

struct watched;

struct watchdog {
	struct notify notify;
	struct thread *main;
	struct timer timer;
	int64_t period_ns; /* between two rounds of letters */
	unsigned answer;   /* main's kind of letter: an answer */
	/* Whoever is watched, and who of them has yet to answer. */
	struct watched *watched;
	size_t count, cap, waiting;
	int64_t asked_ns; /* monotonic: the round's letters went out */
	bool running, overdue;
	/* For the figures. */
	const struct status_sources *sources;
	uint64_t lines;  /* accepted, at the last status ... */
	int64_t told_ns; /* ... and when that was, monotonic */
};

/* Before there are threads: look who wants to hear of us. What is wrong with
 * that is logged, and then nobody is told. */
void watchdog_open(struct watchdog *watchdog);

/* Before it starts: a thread to be watched, which passes letters of this kind,
 * each a struct notice, on. The name must outlive the watchdog. */
void
watchdog_watch(struct watchdog *watchdog, const char *name, struct mailbox *box, unsigned kind);

/* Every thread runs: READY, and from now on the figures, and the watchdog if
 * there is one. Answers are letters of kind `answer` to main, which hands them
 * to watchdog_hear(). */
void watchdog_start(struct watchdog *watchdog, struct thread *main, unsigned answer,
    const struct status_sources *sources);
void watchdog_hear(struct watchdog *watchdog, struct mail *mail);

/* Before any thread is told to stop: STOPPING, which may take this long.
 * Letters that are under way still come back. */
void watchdog_stop(struct watchdog *watchdog, int64_t within_ns);

/* After main's loop has ended. */
void watchdog_close(struct watchdog *watchdog);
