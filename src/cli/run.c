/* SPDX-License-Identifier: MIT */
/* run.c -- `tidemill run`: the daemon, in the foreground. */

#include "base/log.h"
#include "cli/command.h"
#include "cli/daemon.h"
#include "cli/load.h"

#include <getopt.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What is at least as large goes back to the system once it is free: else
 * the C library would keep what the largest flush took. */
#define MMAP_THRESHOLD (128 << 10)

static const char details[] =
    "  -c FILE             the configuration; else $TIDEMILL_CONFIG, else " LOAD_DEFAULT_FILE
    " if it\n                      exists, else the built-in defaults\n"
    "  -o KEY=VALUE        set one key, with dots: -o interval=1s\n"
    "  --stdin[=LISTENER]  read lines from standard input instead of sockets, as this listener\n"
    "                      or the first one would; LISTENER.graphite: Graphite's lines.\n"
    "                      At the end flush, deliver and exit\n";

/* What the command line asks for. */
struct run {
	struct load load;
	struct settings settings;
	bool reads_stdin;
	const char *listener; /* NULL: the first */
};

/* What became of everything goes into the log; a ledger that does not balance
 * is a bug of ours. */
static bool
say_goodbye(const struct account *account)
{
	struct text sentence = {0};
	bool balances = account_balances(account);

	account_sentence(account, &sentence);
	if (balances)
		log_info("stopped: %s", text_string(&sentence));
	else
		log_error("bug: the ledger does not balance: %s", text_string(&sentence));
	text_fini(&sentence);
	return balances;
}

/* A batch job has failed unless all of its input has gone all the way. */
static bool
batch_is_done(const struct account *account, bool read_all)
{
	if (!read_all)
		log_error("standard input was not read to its end");
	return read_all && account->delivered == account->points;
}

/* What is odd about the rules. */
static void
log_warnings(const struct text *warnings)
{
	const char *at = warnings->bytes, *end = at + warnings->len;

	while (at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));

		if (stop == NULL)
			stop = end;
		log_warn("%.*s", (int)(stop - at), at);
		at = stop + (stop < end);
	}
}

/* Whose lines standard input has, and which ones: Graphite's are said to be
 * that, or else are those of a listener that takes no others. */
static bool
choose_lines(const struct run *run, struct daemon_plan *plan)
{
	const struct item_map *listen = &run->settings.listen;
	const char *name = run->listener != NULL ? run->listener : listen->at[0].name;
	size_t listener;
	bool graphite;

	if (!listen_of_name(listen, name, &listener, &graphite)) {
		fprintf(stderr, "tidemill run: there is no listener %s\n", name);
		return false;
	}
	if (graphite && !listen_takes(listen->at[listener].settings, true)) {
		fprintf(stderr,
		    "tidemill run: the listener %s has no address for Graphite's lines\n",
		    listen->at[listener].name);
		return false;
	}
	plan->stdin_listener = listener;
	plan->stdin_graphite = graphite || !listen_takes(listen->at[listener].settings, false);
	return true;
}

static int
run_daemon(const struct run *run)
{
	struct daemon_plan plan = {
	    .settings = &run->settings,
	    .rules = run->load.rules,
	    .reads_stdin = run->reads_stdin,
	};
	struct text error = {0};
	struct account account;

	if (run->reads_stdin && !choose_lines(run, &plan))
		return EXIT_USAGE;
	log_start(&run->settings.log);
	log_info("configuration: %s", load_source(&run->load));
	if (run->load.warnings.len > 0)
		log_warnings(&run->load.warnings);
	struct daemon *daemon = daemon_open(&plan, &error);

	if (daemon == NULL) {
		log_error("%s", text_string(&error));
		log_stop();
		text_fini(&error);
		return EXIT_FAILURE;
	}
	daemon_run(daemon);
	bool read_all = daemon_read_all(daemon);

	daemon_close(&daemon, &account);
	bool done = !run->reads_stdin || batch_is_done(&account, read_all);

	done = say_goodbye(&account) && done;
	log_stop();
	text_fini(&error);
	return done ? EXIT_SUCCESS : EXIT_FAILURE;
}

int
run_command(int argc, char **argv)
{
	static const struct option options[] = {
	    {"stdin", optional_argument, NULL, 's'}, {"help", no_argument, NULL, 'h'}, {0}};
	struct run run = {0};
	int letter;

	while ((letter = getopt_long(argc, argv, "h" LOAD_LETTERS, options, NULL)) != -1) {
		if (letter == 'h')
			return command_help("run", details);
		if (letter == 's') {
			run.reads_stdin = true;
			run.listener = optarg;
		} else if (!load_option(&run.load, letter, optarg)) {
			return command_misused("run");
		}
	}
	if (optind < argc)
		return command_misused("run");
	mallopt(M_MMAP_THRESHOLD, MMAP_THRESHOLD);
	int status = settings_load(&run.load, &run.settings);

	if (status == 0)
		status = run_daemon(&run);
	settings_free(&run.settings);
	load_fini(&run.load);
	return status;
}
