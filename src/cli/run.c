/* SPDX-License-Identifier: MIT */
/* run.c -- `tidemill run`: the daemon, in the foreground. */

#include "base/log.h"
#include "cli/command.h"
#include "cli/daemon.h"
#include "cli/load.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What is at least as large goes back to the system once it is free: else
 * the C library would keep what the largest flush took. */
#define MMAP_THRESHOLD (128 << 10)

static const char details[] =
    "  -c FILE        the configuration; else $TIDEMILL_CONFIG, else " LOAD_DEFAULT_FILE
    " if it exists,\n                 else the built-in defaults\n"
    "  -o KEY=VALUE   set one key, with dots: -o interval=1s\n";

/* What became of everything goes into the log; a ledger that does not balance
 * is a bug of ours. */
static int
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
	return balances ? EXIT_SUCCESS : EXIT_FAILURE;
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

static int
run_settings(const struct load *load, const struct settings *settings)
{
	struct text error = {0};
	struct account account;

	log_start(&settings->log);
	log_info("configuration: %s", load_source(load));
	if (load->warnings.len > 0)
		log_warnings(&load->warnings);
	struct daemon *daemon = daemon_open(settings, load->rules, &error);

	if (daemon == NULL) {
		log_error("%s", text_string(&error));
		log_stop();
		text_fini(&error);
		return EXIT_FAILURE;
	}
	daemon_run(daemon);
	daemon_close(&daemon, &account);
	int status = say_goodbye(&account);

	log_stop();
	text_fini(&error);
	return status;
}

int
run_command(int argc, char **argv)
{
	struct load load = {0};
	struct settings settings;
	int letter;

	while ((letter = getopt(argc, argv, "h" LOAD_LETTERS)) != -1) {
		if (letter == 'h')
			return command_help("run", details);
		if (!load_option(&load, letter, optarg))
			return command_misused("run");
	}
	if (optind < argc)
		return command_misused("run");
	mallopt(M_MMAP_THRESHOLD, MMAP_THRESHOLD);
	int status = settings_load(&load, &settings);

	if (status == 0)
		status = run_settings(&load, &settings);
	settings_free(&settings);
	load_fini(&load);
	return status;
}
