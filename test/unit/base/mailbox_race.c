/* SPDX-License-Identifier: MIT */
/* mailbox_race.c -- several senders, one owner. */

#include "base/mailbox.h"

#include "test/unit/suite.h"

#include <pthread.h>
#include <semaphore.h>

#define SENDERS 4
#define LETTERS 20000

struct letter {
	struct mail mail; /* kind: the sender */
	int number;       /* plain: the mailbox must order it */
};

static struct mailbox box;
static sem_t awake;
static struct letter letters[SENDERS][LETTERS];

static void
wake(void *arg)
{
	ck_assert_ptr_eq(arg, &awake);
	sem_post(&awake);
}

static void *
send_all(void *arg)
{
	struct letter *mine = arg;
	unsigned sender = (unsigned)((mine - letters[0]) / LETTERS);

	for (int i = 0; i < LETTERS; i++) {
		mine[i].number = i;
		mailbox_post(&box, &mine[i].mail, sender);
	}
	return NULL;
}

START_TEST(all_letters_arrive_in_each_senders_order)
{
	pthread_t senders[SENDERS];
	int next[SENDERS] = {0};

	sem_init(&awake, 0, 0);
	mailbox_init(&box, wake, &awake);
	for (int i = 0; i < SENDERS; i++)
		ck_assert_int_eq(pthread_create(&senders[i], NULL, send_all, letters[i]), 0);
	/* Sleeping between two looks: a wake that is missing hangs the test. */
	for (int left = SENDERS * LETTERS; left > 0;) {
		sem_wait(&awake);
		for (struct mail *mail = mailbox_collect(&box); mail != NULL; mail = mail->next) {
			struct letter *letter = (struct letter *)mail;

			ck_assert_uint_lt(mail->kind, SENDERS);
			ck_assert_int_eq(letter->number, next[mail->kind]);
			next[mail->kind]++;
			left--;
		}
	}
	for (int i = 0; i < SENDERS; i++) {
		pthread_join(senders[i], NULL);
		ck_assert_int_eq(next[i], LETTERS);
	}
	ck_assert_ptr_null(mailbox_collect(&box));
	sem_destroy(&awake);
}
END_TEST

static void
count_wake(void *arg)
{
	++*(int *)arg;
}

START_TEST(only_the_first_letter_into_an_empty_box_wakes)
{
	struct letter one, two, three;
	int wakes = 0;

	mailbox_init(&box, count_wake, &wakes);
	ck_assert_ptr_null(mailbox_collect(&box));
	mailbox_post(&box, &one.mail, 7);
	mailbox_post(&box, &two.mail, 8);
	ck_assert_int_eq(wakes, 1);
	struct mail *mail = mailbox_collect(&box);

	ck_assert_ptr_eq(mail, &one.mail);
	ck_assert_uint_eq(mail->kind, 7);
	ck_assert_ptr_eq(mail->next, &two.mail);
	ck_assert_ptr_null(mail->next->next);
	mailbox_post(&box, &three.mail, 9);
	ck_assert_int_eq(wakes, 2);
	ck_assert_ptr_eq(mailbox_collect(&box), &three.mail);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(all_letters_arrive_in_each_senders_order),
    SUITE_TEST(only_the_first_letter_into_an_empty_box_wakes),
    {0},
};

SUITE_MAIN("base/mailbox", tests)
