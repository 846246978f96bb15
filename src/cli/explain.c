/* SPDX-License-Identifier: MIT */
/* explain.c -- what becomes of a line, step by step: how it is read, of which
 * series it is, and what each sink would send. */

#include "base/hash.h"
#include "base/number.h"
#include "cli/command.h"
#include "cli/load.h"
#include "cli/trial.h"
#include "parse/event.h"
#include "parse/graphite.h"
#include "parse/letter.h"
#include "parse/line.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char details[] =
    "Without a LINE, lines are read from standard input. Nothing is sent.\n"
    "  -l LISTENER   read lines as this listener does; default: the first\n"
    "  --graphite    read them as its Graphite sockets do: name value timestamp\n"
    "  -c FILE       read this file, not $TIDEMILL_CONFIG or " LOAD_DEFAULT_FILE "\n"
    "  -o KEY=VALUE  set a key, above all files\n"
    "\n"
    "  tidemill explain -o 'sinks.g={type: graphite, address: \":2003\"}' 'a b:1|c|@0.1'\n";

static const struct option long_options[] = {
    {"graphite", no_argument, NULL, 'G'},
    {0},
};

struct explain {
	struct trial trial;
	const struct rules *rules;
	struct text out;
	size_t element;      /* of the line in hand, from 1 */
	enum reason refused; /* the first of the line in hand */
};

/* A name, a tag or a value, with all that a terminal could stumble over
 * escaped. */
static void
put_bytes(struct explain *explain, const char *bytes, size_t len)
{
	text_escape(&explain->out, bytes, len);
}

static void
put_refusal(struct explain *explain, enum reason reason)
{
	text_printf(
	    &explain->out, "  refused  %s: %s", reason_defs[reason].name, reason_defs[reason].help);
	if (explain->element > 0)
		text_printf(&explain->out, " (element %zu)", explain->element);
	text_byte(&explain->out, '\n');
	if (explain->refused == REASON_NONE)
		explain->refused = reason;
}

static void
put_rule(struct explain *explain, const struct ruling *ruling)
{
	if (ruling->rule == 0)
		return;
	text_printf(&explain->out, "    rule %zu: ", ruling->rule);
	rules_describe(explain->rules, ruling->rule, &explain->out);
	text_byte(&explain->out, '\n');
}

static void
put_number(struct explain *explain, double number)
{
	char digits[NUMBER_TEXT_MAX];
	size_t len = number_print(number, digits);

	text_append(&explain->out, digits, len);
}

/* A running total has no weight and no time of its own; a gauge that has its
 * time is absolute. */
static void
put_value(struct explain *explain, const struct sample *sample, uint8_t modes, bool total)
{
	struct text *out = &explain->out;

	if (sample->kind == KIND_SET) {
		text_puts(out, "member ");
		put_bytes(explain, sample->member, sample->member_len);
		return;
	}
	if (total)
		text_puts(out, "running total ");
	put_number(explain, sample->value);
	if (sample->relative && sample->timestamp == 0 && (modes & ENTRY_ABSOLUTE) == 0)
		text_puts(out, ", added");
	if (sample->weight != 1 && !total && sample->kind != KIND_GAUGE) {
		text_puts(out, ", weighing ");
		put_number(explain, sample->weight);
	}
	if (sample->timestamp != 0 && !sample->total && !total)
		text_printf(out, ", of %lld", (long long)sample->timestamp);
}

/* One element that could be parsed: its series, or why it has none. */
static void
put_sample(struct explain *explain, const struct sample *sample)
{
	struct trial *trial = &explain->trial;
	struct ruling ruling;
	struct sample form;
	enum reason reason = intake_form(&trial->intake, &trial->origin, sample, &ruling, &form);
	uint8_t modes = intake_modes(&trial->origin, sample, &ruling);

	if (reason != REASON_NONE) {
		put_refusal(explain, reason);
	} else {
		text_printf(&explain->out, "  %-7s  ", kind_names[form.kind]);
		put_bytes(explain, form.name, form.name_len);
		text_puts(&explain->out, "  ");
		if (form.tags_len > 0) {
			put_bytes(explain, form.tags, form.tags_len);
			text_puts(&explain->out, "  ");
		}
		put_value(explain, sample, modes, form.total || (modes & ENTRY_CUMULATIVE) != 0);
		text_byte(&explain->out, '\n');
	}
	put_rule(explain, &ruling);
}

static void
put_element(struct explain *explain, const struct sample *sample, enum reason reason)
{
	explain->element++;
	if (reason != REASON_NONE)
		put_refusal(explain, reason);
	else
		put_sample(explain, sample);
}

static void
put_elements(struct explain *explain, const char *bytes, const char *end)
{
	struct sample sample;
	enum reason reason;

	if (explain->trial.origin.graphite) {
		/* A line is but one element. */
		if (!graphite_line(bytes, end, &sample, &reason))
			return;
		if (reason != REASON_NONE)
			put_refusal(explain, reason);
		else
			put_sample(explain, &sample);
	} else if (explain->trial.origin.rules.letter) {
		struct letter letter;

		if (!letter_begin(&letter, bytes, end))
			return;
		while (letter_next(&letter, &sample, &reason))
			put_element(explain, &sample, reason);
	} else {
		struct line line;

		if (!line_begin(&line, bytes, end))
			return;
		while (line_next(&line, &sample, &reason)) {
			sample.total |=
			    sample.kind == KIND_COUNTER && explain->trial.origin.cumulative;
			put_element(explain, &sample, reason);
		}
	}
}

/* True: the line is an event or a service check. */
static bool
put_event(struct explain *explain, const char *bytes, const char *end)
{
	const struct canonical_rules *rules = &explain->trial.origin.rules;
	struct event event;

	if (explain->trial.origin.graphite || rules->letter ||
	    (rules->dialects & UINT32_C(1) << DIALECT_DOGSTATSD) == 0 || !event_begins(bytes, end))
		return false;
	enum reason reason = event_parse(bytes, end, &event);

	if (reason != REASON_NONE) {
		put_refusal(explain, reason);
		return true;
	}
	text_puts(&explain->out, event.check ? "  service check  " : "  event  ");
	put_bytes(explain, event.title.at, event.title.len);
	text_byte(&explain->out, '\n');
	return true;
}

static void
put_sinks(struct explain *explain)
{
	const struct item_map *sinks = &explain->trial.settings->sinks;
	struct text sent = {0};

	for (size_t i = 0; i < sinks->count; i++) {
		text_reset(&sent);
		trial_encode(&explain->trial, i, &sent);
		for (size_t at = 0; at < sent.len;) {
			const char *line = sent.bytes + at;
			const char *stop = memchr(line, '\n', sent.len - at);
			size_t len = stop != NULL ? (size_t)(stop - line) : sent.len - at;

			text_printf(&explain->out, "    %s  ", sinks->at[i].name);
			put_bytes(explain, line, len);
			text_byte(&explain->out, '\n');
			at += len + 1;
		}
	}
	text_fini(&sent);
}

/* True: no part of the line is refused. */
static bool
explain_line(struct explain *explain, const char *bytes, size_t len)
{
	uint64_t elements;

	text_reset(&explain->out);
	explain->element = 0;
	explain->refused = REASON_NONE;
	put_bytes(explain, bytes, len);
	text_byte(&explain->out, '\n');
	if (!put_event(explain, bytes, bytes + len))
		put_elements(explain, bytes, bytes + len);
	enum reason reason = trial_line(&explain->trial, bytes, len, &elements);

	/* What only the state of the table can tell: a limit, a conflict. */
	explain->element = 0;
	if (reason != REASON_NONE && explain->refused == REASON_NONE)
		put_refusal(explain, reason);
	if (reason == REASON_NONE)
		put_sinks(explain);
	if (explain->trial.late > 0)
		text_puts(&explain->out,
		    "    not sent: the series has sent a point of that time, or of a later one\n");
	fwrite(explain->out.bytes, 1, explain->out.len, stdout);
	return reason == REASON_NONE && elements == 0;
}

/* An empty line is no line. */
static bool
explain_text(struct explain *explain, const char *at, const char *end)
{
	bool good = true;

	while (at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));

		if (stop == NULL)
			stop = end;
		if (stop > at)
			good &= explain_line(explain, at, (size_t)(stop - at));
		at = stop + 1;
	}
	return good;
}

static bool
explain_input(struct explain *explain)
{
	char *line = NULL;
	size_t cap = 0;
	ssize_t len;
	bool good = true;

	while ((len = getline(&line, &cap, stdin)) > 0)
		good &= explain_text(explain, line, line + len);
	free(line);
	if (!ferror(stdin))
		return good;
	fprintf(stderr, "tidemill explain: standard input: %s\n", strerror(errno));
	return false;
}

/* The first listener that takes such lines, or else the first of all. */
static size_t
first_taking(const struct item_map *listen, bool graphite)
{
	for (size_t i = 0; i < listen->count; i++)
		if (listen_takes(listen->at[i].settings, graphite))
			return i;
	return 0;
}

/* The listener of this name; without one the first that takes such lines. */
static bool
find_listener(const struct settings *settings, const char *name, bool graphite, size_t *index_out)
{
	const struct item_map *listen = &settings->listen;

	if (name == NULL) {
		*index_out = first_taking(listen, graphite);
		return true;
	}
	*index_out = item_map_find(listen, name, strlen(name));
	if (*index_out < listen->count)
		return true;
	fprintf(stderr, "tidemill explain: there is no listener %s, but", name);
	for (size_t i = 0; i < listen->count; i++)
		fprintf(stderr, "%s %s", i > 0 ? "," : "", listen->at[i].name);
	fputc('\n', stderr);
	return false;
}

static int
explain_lines(const struct load *load, const struct settings *settings, const char *listener,
    bool graphite, char **lines, int count)
{
	struct explain explain = {0};
	size_t index;
	bool good = true;

	if (!find_listener(settings, listener, graphite, &index))
		return EXIT_USAGE;
	hash_init();
	explain.rules = load->rules;
	graphite = graphite || !listen_takes(settings->listen.at[index].settings, false);
	trial_init(&explain.trial, settings, load->rules, index, graphite);
	for (int i = 0; i < count; i++)
		good &= explain_text(&explain, lines[i], lines[i] + strlen(lines[i]));
	if (count == 0)
		good = explain_input(&explain);
	trial_fini(&explain.trial);
	text_fini(&explain.out);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

int
explain_command(int argc, char **argv)
{
	struct load load = {0};
	const char *listener = NULL;
	bool graphite = false;
	int letter, status = -1;

	while (status < 0 &&
	    (letter = getopt_long(argc, argv, "hl:" LOAD_LETTERS, long_options, NULL)) != -1) {
		if (letter == 'h')
			status = command_help(argv[0], details);
		else if (letter == 'l')
			listener = optarg;
		else if (letter == 'G')
			graphite = true;
		else if (!load_option(&load, letter, optarg))
			status = command_misused(argv[0]);
	}
	if (status < 0) {
		struct settings settings;

		status = settings_load(&load, &settings);
		if (status == 0)
			status = explain_lines(
			    &load, &settings, listener, graphite, argv + optind, argc - optind);
		settings_free(&settings);
	}
	load_fini(&load);
	return status;
}
