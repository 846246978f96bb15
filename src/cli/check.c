/* SPDX-License-Identifier: MIT */
/* check.c -- is the configuration right, and is it wise? */

#include "base/clock.h"
#include "base/network.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/load.h"
#include "conf/conf.h"
#include "net/access.h"
#include "parse/framing.h"
#include "sink/egress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char details[] =
    "Every problem is printed with its file, line and column; the exit status is\n"
    "then 78. Warnings are about what works, but hardly as meant.\n"
    "  -c FILE       check this file, not $TIDEMILL_CONFIG or " LOAD_DEFAULT_FILE "\n"
    "  -o KEY=VALUE  set a key, above all files\n";

static void warn(const struct load *load, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* About the value of a key, at the place it came from. */
static void
warn(const struct load *load, const char *key, const char *format, ...)
{
	struct text raw = {0}, shown = {0};
	va_list args;

	conf_origin(load->conf, key, &raw);
	text_printf(&raw, ": warning: %s: ", key);
	va_start(args, format);
	text_vprintf(&raw, format, args);
	va_end(args);
	text_escape(&shown, raw.bytes, raw.len);
	fprintf(stderr, "%s\n", text_string(&shown));
	text_fini(&raw);
	text_fini(&shown);
}

static bool
has_graphite(const struct settings *settings)
{
	for (size_t i = 0; i < settings->sinks.count; i++)
		if (strcmp(sink_variants[settings->sinks.at[i].variant]->name, "graphite") == 0)
			return true;
	return false;
}

static void
warn_of_interval(const struct load *load, const struct settings *settings)
{
	const int64_t minute = 60 * CLOCK_SECOND;
	int64_t interval = settings->flush.interval_ns;

	if (interval < minute && minute % interval != 0)
		warn(load, "interval",
		    "it does not divide a minute: some minutes get more flushes "
		    "than others");
	else if (interval > minute && interval % minute != 0)
		warn(load, "interval", "it is not a whole number of minutes");
	if (interval % CLOCK_SECOND != 0 && has_graphite(settings))
		warn(load, "interval",
		    "Graphite keeps whole seconds only; of several points in one, the last stays");
}

/* Does a list of networks name one that everybody is in? */
static bool
lets_in_all(const struct item_list *allow)
{
	struct network networks[NETWORK_WORD_MOST];
	const char *error;
	size_t count;

	for (size_t i = 0; i < allow->count; i++)
		if (network_parse(((char **)allow->at)[i], networks, &count, &error) == 0)
			for (size_t j = 0; j < count; j++)
				if (networks[j].bits == (networks[j].v4 ? 96 : 0))
					return true;
	return false;
}

/* Keys that mean something to some of a listener's addresses only. */
static void
warn_of_idle_keys(const struct load *load, const char *name, const struct listen_settings *listener)
{
	const struct {
		const char *key, *of;
		bool said;
		size_t count;
	} keys[] = {
	    {"framing", "of unix_stream", listener->framing == FRAMING_LENGTH,
		listener->unix_stream.count},
	    {"socket_group", "of unix sockets", listener->socket_group[0] != '\0',
		listener->unix_datagram.count + listener->unix_stream.count},
	    {"graphite_timestamps", "of graphite", listener->graphite_timestamps == GRAPHITE_BUCKET,
		listener->graphite.count},
	    {"steer", "of udp and graphite", listener->steer == STEER_RANDOM,
		listener->udp.count + listener->graphite.count},
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		struct text key = {0};

		text_printf(&key, "listen.%s.%s", name, keys[i].key);
		if (keys[i].said && keys[i].count == 0)
			warn(load, text_string(&key), "it is %s, and there is none", keys[i].of);
		text_fini(&key);
	}
}

/* Names are looked up at the start, and this may be another machine. */
static void
warn_of_unknown(const struct load *load, const char *key, const struct item_list *list)
{
	const struct item_list none = {0};
	struct text error = {0};
	struct access *access = access_new(list, &none, &error);

	if (access == NULL)
		warn(load, key, "%s on this machine, where tidemill would not start",
		    text_string(&error));
	access_free(&access);
	text_fini(&error);
}

/* Who is named, and can never be met. */
static void
warn_of_absent(const struct load *load, const char *name, const char *which,
    const struct listen_settings *listener, const struct item_list *list)
{
	size_t hosts = listener->udp.count + listener->tcp.count + listener->graphite.count;
	size_t paths = listener->unix_datagram.count + listener->unix_stream.count;
	bool networks = false, users = false;
	struct text key = {0};

	for (size_t i = 0; i < list->count; i++) {
		bool user = access_is_user(((char **)list->at)[i]);

		users |= user;
		networks |= !user;
	}
	text_printf(&key, "listen.%s.%s", name, which);
	if (networks && hosts == 0)
		warn(load, text_string(&key),
		    "networks do not count at unix sockets, and there "
		    "is nothing else; name users, as in uid:www-data");
	if (users && paths == 0)
		warn(load, text_string(&key),
		    "users and groups count at unix sockets only, and there is none");
	warn_of_unknown(load, text_string(&key), list);
	text_fini(&key);
}

static void
warn_of_listeners(const struct load *load, const struct settings *settings)
{
	for (size_t i = 0; i < settings->listen.count; i++) {
		const struct item_entry *entry = &settings->listen.at[i];
		const struct listen_settings *listener = entry->settings;
		struct text key = {0};

		text_printf(&key, "listen.%s.allow", entry->name);
		if (lets_in_all(&listener->allow))
			warn(load, text_string(&key),
			    "it takes metrics from whoever reaches this machine");
		text_fini(&key);
		warn_of_absent(load, entry->name, "allow", listener, &listener->allow);
		warn_of_absent(load, entry->name, "deny", listener, &listener->deny);
		warn_of_idle_keys(load, entry->name, listener);
	}
}

static bool
is_default(const struct load *load, const char *key)
{
	struct text origin = {0};

	conf_origin(load->conf, key, &origin);
	bool yes = strcmp(text_string(&origin), "default") == 0;

	text_fini(&origin);
	return yes;
}

/* For ever is as long as a series can be kept. */
static void
warn_of_idle(const struct load *load, const struct idle_settings *idle)
{
	static const int64_t longest = 366 * 86400 * CLOCK_SECOND;
	const struct {
		const char *key;
		const struct idle_kind_settings *kind;
	} kinds[] = {
	    {"idle.counters.for", &idle->counters},
	    {"idle.timers.for", &idle->timers},
	    {"idle.sets.for", &idle->sets},
	    {"idle.gauges.for", &idle->gauges},
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		int64_t time = kinds[i].kind->for_ns;

		if (time == ITEM_WORD || time > longest)
			time = longest;
		if (kinds[i].kind->send == IDLE_SEND_NOTHING || time <= idle->forget_ns)
			continue;
		if (is_default(load, kinds[i].key))
			warn(load, "idle.forget", "series are forgotten before %s is over",
			    kinds[i].key);
		else
			warn(load, kinds[i].key,
			    "it ends when the series is forgotten, see idle.forget");
	}
}

static bool
takes_all(const struct rule_settings *rule)
{
	return rule->include[0] == '\0' && rule->match_type == MATCH_GLOB &&
	    strcmp(rule->match, "*") == 0 && rule->type.count == 0;
}

static void
warn_of_rules(const struct load *load, const struct item_list *rules)
{
	const struct rule_settings *each = rules->at;

	for (size_t i = 0; i + 1 < rules->count; i++)
		if (takes_all(&each[i])) {
			struct text key = {0};

			text_printf(&key, "rules[%zu]", i + 2);
			warn(load, text_string(&key),
			    "it is never asked: rules[%zu] takes every name", i + 1);
			text_fini(&key);
			return;
		}
}

static int
check(struct load *load)
{
	struct settings settings;
	int status = settings_load(load, &settings);

	if (status == 0) {
		warn_of_interval(load, &settings);
		warn_of_listeners(load, &settings);
		warn_of_idle(load, &settings.flush.idle);
		warn_of_rules(load, &settings.rules);
		fputs(text_string(&load->warnings), stderr);
		printf("%s: the configuration is good\n", load_source(load));
	}
	settings_free(&settings);
	return status;
}

int
check_command(int argc, char **argv)
{
	struct load load = {0};
	int letter, status = -1;

	while (status < 0 && (letter = getopt(argc, argv, "h" LOAD_LETTERS)) != -1) {
		if (letter == 'h')
			status = command_help(argv[0], details);
		else if (!load_option(&load, letter, optarg))
			status = command_misused(argv[0]);
	}
	if (status < 0 && optind < argc)
		status = command_misused(argv[0]);
	if (status < 0)
		status = check(&load);
	load_fini(&load);
	return status;
}
