/* SPDX-License-Identifier: MIT */
/* ledger.c -- ask the daemon what it counted, and hold it to its books. */

#include "test/scenario/play.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

/* How the sentence begins. */
#define LEDGER_MARK ": datagrams "

int
play_connect(const struct play *play)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	const struct timeval limit = {.tv_sec = WAIT_SECONDS};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	snprintf(at.sun_path, sizeof(at.sun_path), "%s", play->control);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	if (connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0)
		return fd;
	close(fd);
	return -1;
}

char *
play_ask(const struct play *play, const char *line)
{
	int fd = play_connect(play);
	char *answer = NULL;
	size_t len = 0;

	if (fd < 0)
		return NULL;
	if (send(fd, line, strlen(line), MSG_NOSIGNAL) < 0) {
		close(fd);
		return NULL;
	}
	for (;;) {
		answer = realloc(answer, len + 65537);
		ssize_t got = recv(fd, answer + len, 65536, 0);

		if (got <= 0)
			break;
		len += (size_t)got;
	}
	answer[len] = '\0';
	close(fd);
	return answer;
}

json_t *
play_ask_json(const struct play *play, const char *line)
{
	char *answer = play_ask(play, line);

	ck_assert_ptr_nonnull(answer);
	json_t *parsed = json_loads(answer, 0, NULL);

	ck_assert_msg(json_is_object(parsed), "%s is answered by %s", line, answer);
	free(answer);
	return parsed;
}

json_t *
play_status(struct play *play)
{
	char *answer = play_ask(play, "status\n");
	json_error_t error;

	if (answer == NULL || answer[0] == '\0') {
		free(answer);
		return NULL;
	}
	json_t *status = json_loads(answer, JSON_REJECT_DUPLICATES, &error);

	ck_assert_msg(json_is_object(status), "status is not JSON (%s): %s", error.text, answer);
	free(answer);
	return status;
}

json_t *
status_at(json_t *at, const char *path)
{
	char step[64];

	while (at != NULL && *path != '\0') {
		size_t len = strcspn(path, ".");

		ck_assert_uint_lt(len, sizeof(step));
		memcpy(step, path, len);
		step[len] = '\0';
		path += path[len] == '.' ? len + 1 : len;
		at = json_is_array(at) ? json_array_get(at, (size_t)strtoul(step, NULL, 10))
				       : json_object_get(at, step);
	}
	return at;
}

static double
json_sum(json_t *at)
{
	const char *key;
	json_t *member;
	double sum = 0;

	if (!json_is_object(at))
		return json_number_value(at);
	json_object_foreach(at, key, member)
	{
		sum += json_sum(member);
	}
	return sum;
}

double
play_number(struct play *play, const char *path)
{
	json_t *status = play_status(play);
	double number = json_sum(status_at(status, path));

	json_decref(status);
	return number;
}

/* What the kernel charges for a small one, and half of it in reserve. */
#define DATAGRAM_CHARGE (832 * 2)

int
play_room(struct play *play)
{
	return (int)play_number(play, "listeners.0.sockets.0.receive_buffer_bytes") /
	    DATAGRAM_CHARGE;
}

bool
play_text_has(struct play *play, const char *path, const char *text)
{
	json_t *status = play_status(play);
	const char *at = json_string_value(status_at(status, path));
	bool has = at != NULL && strstr(at, text) != NULL;

	json_decref(status);
	return has;
}

static uint64_t
ledger_number(json_t *status, const char *path)
{
	json_t *at = status_at(status, path);

	ck_assert_msg(at != NULL, "status has no %s", path);
	return (uint64_t)json_sum(at);
}

struct ledger
play_ledger(struct play *play)
{
	json_t *status = play_status(play);

	ck_assert_ptr_nonnull(status);
	struct ledger ledger = {
	    .datagrams_read = ledger_number(status, "ledger.datagrams.read"),
	    .datagrams_dropped = ledger_number(status, "ledger.datagrams.dropped"),
	    .datagrams_filtered = ledger_number(status, "ledger.datagrams.filtered"),
	    .lines_read = ledger_number(status, "ledger.lines.read"),
	    .lines_accepted = ledger_number(status, "ledger.lines.accepted"),
	    .lines_refused = ledger_number(status, "ledger.lines.refused"),
	    .offered = ledger_number(status, "ledger.points.offered"),
	    .delivered = ledger_number(status, "ledger.points.delivered"),
	    .queued = ledger_number(status, "ledger.points.queued"),
	    .dropped = ledger_number(status, "ledger.points.dropped"),
	};

	ck_assert_uint_eq(ledger_number(status, "flush.imbalance"), 0);
	json_decref(status);
	return ledger;
}

bool
ledger_balances(const struct ledger *ledger)
{
	return ledger->lines_read == ledger->lines_accepted + ledger->lines_refused &&
	    ledger->offered == ledger->delivered + ledger->queued + ledger->dropped;
}

void
ledger_assert(const struct ledger *ledger)
{
	ck_assert_uint_eq(ledger->lines_read, ledger->lines_accepted + ledger->lines_refused);
	ck_assert_uint_eq(ledger->offered, ledger->delivered + ledger->queued + ledger->dropped);
}

void
play_settle(struct play *play)
{
	WAIT_UNTIL(play_number(play, "ledger.datagrams") >= (double)play->sent);
}

static bool
status_balances(struct play *play)
{
	struct ledger ledger = play_ledger(play);

	return ledger_balances(&ledger);
}

void
play_balance(struct play *play)
{
	play_settle(play);
	WAIT_UNTIL(status_balances(play));
}

/* The next number from *at on, but for what stands in brackets; *at is left
 * behind it. */
static uint64_t
next_number(const char **at)
{
	char *end;

	*at += strcspn(*at, "(0123456789\n");
	if (**at == '(')
		*at += strcspn(*at, ")\n");
	*at += strcspn(*at, "0123456789\n");
	ck_assert_msg(isdigit((unsigned char)**at), "the ledger in the log lacks a number");
	uint64_t number = strtoull(*at, &end, 10);

	*at = end;
	return number;
}

/* The last line that has it. */
static const char *
last_line_with(const char *text, const char *mark)
{
	const char *last = NULL;

	for (const char *at = text; (at = strstr(at, mark)) != NULL; at++)
		last = at;
	return last;
}

struct ledger
ledger_of_log(const struct play *play)
{
	char *log = play_log(play);
	const char *at = last_line_with(log, LEDGER_MARK);
	struct ledger ledger;

	ck_assert_msg(at != NULL, "no ledger in the log: %s", log);
	ledger.datagrams_read = next_number(&at);
	ledger.datagrams_dropped = next_number(&at);
	/* Said where there were any. */
	ledger.datagrams_filtered = at[strcspn(at, "+;")] == '+' ? next_number(&at) : 0;
	ledger.lines_read = next_number(&at);
	ledger.lines_accepted = next_number(&at);
	ledger.lines_refused = next_number(&at);
	ledger.offered = next_number(&at);
	ledger.delivered = next_number(&at);
	ledger.queued = next_number(&at);
	ledger.dropped = next_number(&at);
	free(log);
	return ledger;
}
