/* SPDX-License-Identifier: MIT */
/* bench.c -- put a known load on a server, and hold it to its own ledger. */

#include "base/json.h"
#include "cli/bench_payload.h"
#include "cli/bench_send.h"
#include "cli/bench_verify.h"
#include "cli/command.h"
#include "cli/human.h"
#include "cli/load.h"
#include "cli/target.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#define SERIES_MAX 100000000
#define LINES_MAX UINT64_C(1000000000000)
#define TAGS_MAX 64

struct bench {
	struct load load;
	struct settings settings;
	const char *target;
	struct payload_options payload;
	uint64_t rate; /* lines a second; 0: flat out */
	size_t senders;
	bool verify, json;
	struct bench_ledger grown;
	bool balanced;
};

/* A whole number with an optional k or M, within bounds. */
static bool
parse_count(const char *text, uint64_t least, uint64_t most, uint64_t *out)
{
	char *end;
	uint64_t scale = 1;

	if (*text < '0' || *text > '9')
		return false;
	unsigned long long count = strtoull(text, &end, 10);

	if (*end == 'k' || *end == 'M')
		scale = *end++ == 'k' ? 1000 : 1000000;
	if (*end != '\0' || count > most / scale || count * scale < least)
		return false;
	*out = count * scale;
	return true;
}

enum {
	OPT_RATE = 256,
	OPT_LINES,
	OPT_SERIES,
	OPT_MIX,
	OPT_PACKET,
	OPT_TAGS,
	OPT_SENDERS,
	OPT_SEED,
	OPT_VERIFY,
	OPT_JSON
};

/* Whether the option and its value are right. */
static bool
take_option(struct bench *bench, int option, const char *value)
{
	struct payload_options *payload = &bench->payload;
	uint64_t count;

	switch (option) {
	case OPT_RATE: return parse_count(value, 1, 1000000000, &bench->rate);
	case OPT_LINES: return parse_count(value, 1, LINES_MAX, &payload->lines);
	case OPT_MIX: return bench_mix_parse(value, &payload->mix) == 0;
	case OPT_VERIFY: return bench->verify = true;
	case OPT_JSON: return bench->json = true;
	case OPT_SERIES:
		if (!parse_count(value, 1, SERIES_MAX, &count))
			return false;
		payload->series = count;
		return true;
	case OPT_PACKET:
		if (!parse_count(value, 1, TARGET_DATAGRAM_MAX, &count))
			return false;
		payload->packet_bytes = count;
		return true;
	case OPT_TAGS:
		if (!parse_count(value, 0, TAGS_MAX, &count))
			return false;
		payload->tags = (unsigned)count;
		return true;
	case OPT_SENDERS:
		if (!parse_count(value, 1, BENCH_SENDERS_MAX, &count))
			return false;
		bench->senders = count;
		return true;
	case OPT_SEED: return parse_count(value, 0, UINT32_MAX, &payload->seed);
	default: return load_option(&bench->load, option, value);
	}
}

static double
per(double amount, double count)
{
	return count > 0 ? amount / count : 0;
}

static void
print_json(const struct bench *bench, const struct bench_sent *sent, struct text *out)
{
	struct json json = {.out = out};

	json_open_object(&json, NULL);
	json_text(&json, "target", bench->target);
	json_uint(&json, "series", bench->payload.series);
	json_uint(&json, "senders", bench->senders);
	json_uint(&json, "datagrams", sent->datagrams);
	json_uint(&json, "lines", sent->lines);
	json_uint(&json, "bytes", sent->bytes);
	json_number(&json, "lines_per_datagram", per((double)sent->lines, (double)sent->datagrams));
	json_number(&json, "seconds", sent->seconds);
	json_number(&json, "lines_per_second", per((double)sent->lines, sent->seconds));
	json_number(&json, "cpu_ns_per_line", per(sent->cpu_ns, (double)sent->lines));
	json_uint(&json, "failures", sent->failures);
	if (bench->verify) {
		json_open_object(&json, "verify");
		json_uint(&json, "datagrams_read", bench->grown.read);
		json_uint(&json, "datagrams_dropped", bench->grown.dropped);
		json_uint(&json, "datagrams_filtered", bench->grown.filtered);
		json_uint(&json, "lines_read", bench->grown.lines);
		json_uint(&json, "lines_accepted", bench->grown.accepted);
		json_uint(&json, "lines_refused", bench->grown.refused);
		json_bool(&json, "balanced", bench->balanced);
		json_close_object(&json);
	}
	json_close_object(&json);
	text_byte(out, '\n');
}

static void
print_ledger(const struct bench *bench, const struct bench_sent *sent, struct text *out)
{
	const struct bench_ledger *grown = &bench->grown;

	human_count(out, sent->datagrams);
	text_puts(out, " datagrams sent = ");
	human_count(out, grown->read);
	text_puts(out, " read + ");
	human_count(out, grown->dropped);
	text_puts(out, " dropped by the kernel");
	if (grown->filtered > 0) {
		text_puts(out, " + ");
		human_count(out, grown->filtered);
		text_puts(out, " filtered");
	}
	text_byte(out, '\n');
	human_count(out, grown->lines);
	text_puts(out, " lines read = ");
	human_count(out, grown->accepted);
	text_puts(out, " accepted + ");
	human_count(out, grown->refused);
	text_puts(out, " refused\n");
	if (!bench->balanced)
		text_puts(out,
		    "these do not balance: other clients were sending too, "
		    "or the daemon lost count\n");
}

static void
print_text(const struct bench *bench, const struct bench_sent *sent, struct text *out)
{
	struct human_table table = {.align = "lr"};
	double lines = (double)sent->lines, datagrams = (double)sent->datagrams;

	human_cell(&table, "lines");
	human_cell_count(&table, sent->lines);
	human_cell(&table, "datagrams");
	human_cell_count(&table, sent->datagrams);
	human_cell(&table, "lines per datagram");
	human_cell(&table, "%.1f", per(lines, datagrams));
	human_cell(&table, "bytes per datagram");
	human_cell(&table, "%.0f", per((double)sent->bytes, datagrams));
	human_cell(&table, "seconds");
	human_cell(&table, "%.3f", sent->seconds);
	human_cell(&table, "lines per second");
	human_cell_count(&table, (uint64_t)per(lines, sent->seconds));
	human_cell(&table, "sender's CPU per line");
	human_cell(&table, "%.0f ns", per(sent->cpu_ns, lines));
	if (sent->failures > 0) {
		human_cell(&table, "failed calls%s%s", sent->last_error != 0 ? ", " : "",
		    sent->last_error != 0 ? strerror(sent->last_error) : "");
		human_cell_count(&table, sent->failures);
	}
	human_table_print(&table, out);
	if (bench->verify)
		print_ledger(bench, sent, out);
}

static void
report(const struct bench *bench, const struct bench_sent *sent)
{
	struct text out = {0};

	if (bench->json)
		print_json(bench, sent, &out);
	else
		print_text(bench, sent, &out);
	fwrite(out.bytes, 1, out.len, stdout);
	text_fini(&out);
}

/* Sends over the socket, which is closed then, and others like it. */
static int
send_from_all(
    const struct bench *bench, int fd, const struct payload *payload, struct bench_sent *sent)
{
	const struct bench_plan plan = {.lines = bench->payload.lines, .rate = (double)bench->rate};
	struct bench_sockets sockets;
	int status = bench_sockets_open(&sockets, fd, bench->senders);

	if (status == 0)
		bench_send(&sockets, payload, &plan, sent);
	else
		fprintf(stderr, "tidemill bench: socket %zu of %zu: %s\n", sockets.count + 1,
		    bench->senders, strerror(-status));
	bench_sockets_close(&sockets);
	return status;
}

static int
measure(struct bench *bench, const struct payload *payload)
{
	const struct control_settings *control = &bench->settings.control;
	struct bench_ledger before;
	struct bench_sent sent = {0};

	if (bench->verify && bench_ledger_read(control, &before) < 0)
		return EXIT_FAILURE;
	int fd = target_open("bench", bench->target,
	    payload->bytes.bytes + payload->datagrams[0].offset, payload->datagrams[0].bytes);

	if (fd < 0)
		return EXIT_FAILURE;
	if (send_from_all(bench, fd, payload, &sent) < 0)
		return EXIT_FAILURE;
	if (bench->verify) {
		if (bench_ledger_await(control, &before, sent.datagrams, &bench->grown) < 0)
			return EXIT_FAILURE;
		bench->balanced = bench_ledger_balances(&bench->grown, sent.datagrams);
	}
	report(bench, &sent);
	return bench->verify && !bench->balanced ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int
run(struct bench *bench)
{
	struct payload payload;
	int status = 0;

	/* Only the place of the control socket is of interest. */
	if (bench->verify)
		status = settings_load(&bench->load, &bench->settings);
	if (status == 0) {
		payload_prepare(&payload, &bench->payload);
		status = measure(bench, &payload);
		payload_fini(&payload);
	}
	if (bench->verify)
		settings_free(&bench->settings);
	return status;
}

static const char details[] =
    "  TARGET           host:port, [v6]:port or :port, by UDP, or the /path of a unix socket\n"
    "  --lines N        how many, default 1M; N may end in k or M\n"
    "  --rate N         lines a second; default flat out\n"
    "  --series N       different names, default 1k\n"
    "  --mix MIX        kinds of series, default c:100; like c:60,ms:30,g:8,s:2\n"
    "  --packet BYTES   datagrams of at most so many, default 1432; 1: one line each\n"
    "  --tags N         on each series, default 0\n"
    "  --senders N      sockets to send from in turn, default 1\n"
    "  --seed N         of the order of the series and their values, default 1\n"
    "  --verify         ask the daemon on this machine what it read, and balance\n"
    "  --json           figures for programs\n"
    "  -c FILE, -o KEY=VALUE\n"
    "                   the daemon's configuration, for --verify\n";

int
bench_command(int argc, char **argv)
{
	static const struct option options[] = {
	    {"rate", required_argument, NULL, OPT_RATE},
	    {"lines", required_argument, NULL, OPT_LINES},
	    {"series", required_argument, NULL, OPT_SERIES},
	    {"mix", required_argument, NULL, OPT_MIX},
	    {"packet", required_argument, NULL, OPT_PACKET},
	    {"tags", required_argument, NULL, OPT_TAGS},
	    {"senders", required_argument, NULL, OPT_SENDERS},
	    {"seed", required_argument, NULL, OPT_SEED},
	    {"verify", no_argument, NULL, OPT_VERIFY},
	    {"json", no_argument, NULL, OPT_JSON},
	    {"help", no_argument, NULL, 'h'},
	    {0},
	};
	struct bench bench = {
	    .payload = {.mix.weight[KIND_COUNTER] = 100,
		.series = 1000,
		.lines = 1000000,
		.packet_bytes = 1432,
		.seed = 1},
	    .senders = 1,
	};
	int letter, which = 0, status = 0;
	bool right = true;

	while (right) {
		letter = getopt_long(argc, argv, "h" LOAD_LETTERS, options, &which);
		if (letter == -1)
			break;
		if (letter == 'h') {
			load_fini(&bench.load);
			return command_help(argv[0], details);
		}
		right = take_option(&bench, letter, optarg);
		if (!right && letter != '?')
			fprintf(stderr, "tidemill bench: --%s cannot be \"%s\"\n",
			    options[which].name, optarg);
	}
	if (!right || optind != argc - 1) {
		status = command_misused(argv[0]);
	} else {
		bench.target = argv[optind];
		status = run(&bench);
	}
	load_fini(&bench.load);
	return status;
}
