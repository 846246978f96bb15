/* SPDX-License-Identifier: MIT */
/* inquiry.c -- the verbs of the control socket. */

#include "admin/inquiry.h"

#include "admin/source_list.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/glob.h"
#include "base/json.h"
#include "base/quantity.h"
#include "base/utf8.h"

#include <stddef.h>
#include <string.h>

_Static_assert(offsetof(struct egress_report, mail) == 0 && offsetof(struct errand, mail) == 0,
    "a letter is found by its mail");

struct verb {
	const char *name;
	bool by_workers; /* the letter is an errand, else a report of the sinks */
	/* Take the arguments. NULL: a letter is on its way. Else a sentence that
	 * says what is wrong with them. */
	const char *(*begin)(struct inquiry *inquiry, char *arguments);
	/* The letter is back. */
	void (*answer)(struct inquiry *inquiry, struct json *json);
};

const char *
inquiry_pattern_problem(const char *pattern)
{
	size_t len = strlen(pattern);

	if (len == 0)
		return "there is no pattern";
	if (len >= BLOCK_BYTES)
		return "the pattern is longer than 255 bytes";
	for (const char *at = pattern; *at != '\0'; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			return "the pattern has a control byte, which no name has";
	if (!utf8_valid(pattern, len))
		return "the pattern is no UTF-8, as every name is";
	return glob_problem(pattern);
}

static const char *
keep_pattern(struct inquiry *inquiry, const char *pattern)
{
	const char *problem = inquiry_pattern_problem(pattern);

	if (problem == NULL)
		memcpy(inquiry->pattern, pattern, strlen(pattern) + 1);
	return problem;
}

/* The workers pass it on, from the first to the last. */
static void
send_errand(struct inquiry *inquiry, enum errand_verb verb, int64_t until_ns)
{
	struct errand *errand = &inquiry->letter.errand;

	errand->verb = verb;
	errand->pattern = inquiry->pattern;
	errand->until_ns = until_ns;
	errand->to = inquiry->desk->to;
	errand->kind = inquiry->desk->kind;
	mailbox_post(&inquiry->desk->ingest->workers[0].thread.inbox, &errand->mail, WORKER_ERRAND);
}

/* ---- status ---- */

static const char *
begin_status(struct inquiry *inquiry, char *arguments)
{
	struct egress_report *report = &inquiry->letter.report;

	if (*arguments != '\0')
		return "status takes no arguments";
	report->to = inquiry->desk->to;
	report->kind = inquiry->desk->kind;
	egress_ask(inquiry->desk->egress, report);
	return NULL;
}

static void
answer_status(struct inquiry *inquiry, struct json *json)
{
	status_write(inquiry->desk->sources, &inquiry->letter.report.out, json);
	text_fini(&inquiry->letter.report.out);
}

/* ---- sources ---- */

static const char *
begin_sources(struct inquiry *inquiry, char *arguments)
{
	if (*arguments != '\0')
		return "sources takes no arguments";
	send_errand(inquiry, ERRAND_REPORT, 0);
	return NULL;
}

static void
answer_sources(struct inquiry *inquiry, struct json *json)
{
	source_list_write(inquiry->desk->ingest->sources, json);
	source_list_write_prefixes(&inquiry->letter.errand.prefixes, json);
}

/* ---- block and forget ---- */

/* "-", or a number of seconds: the nanoseconds, or BLOCK_FOREVER. */
static bool
take_seconds(const char *word, int64_t *ns_out)
{
	int64_t seconds;

	*ns_out = BLOCK_FOREVER;
	if (strcmp(word, "-") == 0)
		return true;
	if (quantity_parse_int(word, strlen(word), &seconds) != QUANTITY_OK || seconds < 0)
		return false;
	if (seconds < BLOCK_FOREVER / CLOCK_SECOND)
		*ns_out = seconds * CLOCK_SECOND;
	return true;
}

/* A clock's time so long after now; so far ahead that it cannot be told is
 * forever. */
static int64_t
time_after(int64_t now_ns, int64_t ns)
{
	return ns < BLOCK_FOREVER - now_ns ? now_ns + ns : BLOCK_FOREVER;
}

static const char *
begin_block(struct inquiry *inquiry, char *arguments)
{
	char *space = strchr(arguments, ' ');
	int64_t ns;

	if (*arguments == '\0') {
		send_errand(inquiry, ERRAND_REPORT, 0);
		return NULL;
	}
	if (space == NULL)
		return "block takes SECONDS and a PATTERN, or nothing";
	*space = '\0';
	if (!take_seconds(arguments, &ns))
		return "the time is a number of seconds, or -";
	const char *problem = keep_pattern(inquiry, space + 1);

	if (problem != NULL)
		return problem;
	inquiry->until_ns = ns == 0 ? 0 : time_after(clock_wall_ns(), ns);
	send_errand(
	    inquiry, ns == 0 ? ERRAND_UNBLOCK : ERRAND_BLOCK, time_after(clock_mono_ns(), ns));
	return NULL;
}

/* Seconds since 1970, to a millisecond; null is forever. */
static void
write_until(struct json *json, int64_t wall_ns)
{
	int64_t ms = wall_ns / CLOCK_MS;

	if (wall_ns == BLOCK_FOREVER)
		json_none(json, "until");
	else
		json_number(json, "until", (double)ms / 1e3);
}

static void
write_blocks(const struct blocks *blocks, struct json *json)
{
	int64_t wall_ahead_ns = clock_wall_ns() - clock_mono_ns();

	json_open_array(json, "blocks");
	for (unsigned i = 0; i < blocks->count; i++) {
		const struct block *block = &blocks->at[i];

		json_open_object(json, NULL);
		json_text(json, "pattern", block->pattern);
		write_until(json,
		    block->until_ns == BLOCK_FOREVER ? BLOCK_FOREVER
						     : time_after(wall_ahead_ns, block->until_ns));
		json_close_object(json);
	}
	json_close_array(json);
}

static void
answer_block(struct inquiry *inquiry, struct json *json)
{
	const struct errand *errand = &inquiry->letter.errand;

	if (errand->verb == ERRAND_REPORT) {
		write_blocks(&errand->blocks, json);
		return;
	}
	json_text(json, "pattern", inquiry->pattern);
	json_uint(json, "series", errand->series);
	json_bool(json, "blocked", errand->verb == ERRAND_BLOCK);
	if (errand->verb == ERRAND_BLOCK)
		write_until(json, inquiry->until_ns);
}

static const char *
begin_forget(struct inquiry *inquiry, char *arguments)
{
	const char *problem = keep_pattern(inquiry, arguments);

	if (problem == NULL)
		send_errand(inquiry, ERRAND_FORGET, 0);
	return problem;
}

static void
answer_forget(struct inquiry *inquiry, struct json *json)
{
	json_text(json, "pattern", inquiry->pattern);
	json_uint(json, "series", inquiry->letter.errand.series);
}

/* ---- all of them ---- */

static const struct verb verbs[] = {
    {"status", false, begin_status, answer_status},
    {"sources", true, begin_sources, answer_sources},
    {"block", true, begin_block, answer_block},
    {"forget", true, begin_forget, answer_forget},
};

static const struct verb *
find_verb(const char *name)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

static void
write_error(const char *sentence, struct text *answer)
{
	struct json json = {.out = answer};

	json_open_object(&json, NULL);
	json_text(&json, "error", sentence);
	json_close_object(&json);
}

bool
inquiry_begin(
    struct inquiry *inquiry, const struct inquiry_desk *desk, char *line, struct text *answer)
{
	const char *problem = "there is no such verb; there are status, sources, block and forget";

	line[strcspn(line, "\r")] = '\0';
	char *arguments = line + strcspn(line, " ");

	if (*arguments == ' ')
		*arguments++ = '\0';
	inquiry->desk = desk;
	inquiry->verb = find_verb(line);
	if (inquiry->verb != NULL)
		problem = inquiry->verb->begin(inquiry, arguments);
	if (problem == NULL)
		return false;
	write_error(problem, answer);
	return true;
}

struct inquiry *
inquiry_of(struct mail *mail)
{
	return (struct inquiry *)((char *)mail - offsetof(struct inquiry, letter));
}

void
inquiry_answer(struct inquiry *inquiry, struct text *answer)
{
	struct json json = {.out = answer};

	if (inquiry->verb->by_workers && inquiry->letter.errand.problem != NULL) {
		write_error(inquiry->letter.errand.problem, answer);
		return;
	}
	json_open_object(&json, NULL);
	inquiry->verb->answer(inquiry, &json);
	json_close_object(&json);
}
