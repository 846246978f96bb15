/* SPDX-License-Identifier: MIT */
/* mailbox.h -- hand something over to another thread.
 *
 * Any thread posts, one thread collects. Mail is intrusive: the letter lives
 * inside what is handed over, so posting never allocates and never waits.
 * Letters of one sender arrive in the order they were posted.
 *
 * The box is a stack that the owner takes whole and turns round (Treiber,
 * 1986). The first letter into an empty box wakes the owner; the wake is a
 * function, because what the owner sleeps on is none of our business. */

#pragma once

#include <stdatomic.h>

struct mail {
	struct mail *next;
	unsigned kind; /* the receiver's enum */
};

struct mailbox {
	_Atomic(struct mail *) newest; /* release when posting, acquire when collecting */
	void (*wake)(void *arg);       /* any thread */
	void *arg;
};

void mailbox_init(struct mailbox *box, void (*wake)(void *arg), void *arg);

/* Give mail to the owner of box. The mail is the owner's from now on. */
void mailbox_post(struct mailbox *box, struct mail *mail, unsigned kind);

/* A letter that is passed on when it has been heeded. */
struct notice {
	struct mail mail;
	struct mailbox *to;
	unsigned kind;
};

void notice_pass(struct notice *notice);

/* All that has arrived, oldest first, linked by next; NULL if nothing has. */
struct mail *mailbox_collect(struct mailbox *box);
