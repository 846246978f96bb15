/* SPDX-License-Identifier: MIT */
/* mailbox.c -- hand something over to another thread. */

#include "base/mailbox.h"

#include <stddef.h>

void
mailbox_init(struct mailbox *box, void (*wake)(void *arg), void *arg)
{
	atomic_init(&box->newest, NULL);
	box->wake = wake;
	box->arg = arg;
}

void
mailbox_post(struct mailbox *box, struct mail *mail, unsigned kind)
{
	struct mail *newest = atomic_load_explicit(&box->newest, memory_order_relaxed);

	mail->kind = kind;
	do
		mail->next = newest;
	while (!atomic_compare_exchange_weak_explicit(
	    &box->newest, &newest, mail, memory_order_release, memory_order_relaxed));
	if (newest == NULL)
		box->wake(box->arg);
}

void
notice_pass(struct notice *notice)
{
	mailbox_post(notice->to, &notice->mail, notice->kind);
}

struct mail *
mailbox_collect(struct mailbox *box)
{
	struct mail *mail = atomic_exchange_explicit(&box->newest, NULL, memory_order_acquire);
	struct mail *oldest = NULL;

	while (mail != NULL) {
		struct mail *next = mail->next;

		mail->next = oldest;
		oldest = mail;
		mail = next;
	}
	return oldest;
}
