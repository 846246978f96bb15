/* SPDX-License-Identifier: MIT */
/* status_text_test.c -- what a person reads of the daemon's status. */

#include "cli/status_text.h"

#include "test/unit/suite.h"

static const char healthy[] =
    "{\"version\":\"9.9.9\",\"pid\":77,\"uptime_seconds\":11520.4,\"interval_seconds\":10,"
    "\"next_flush_seconds\":4.21,"
    "\"ledger\":{\"datagrams\":{\"read\":1234,\"dropped\":5},"
    "\"lines\":{\"read\":100,\"accepted\":90,\"refused\":{\"rate\":10,\"tags\":0}},"
    "\"elements_refused\":0,\"samples\":{\"counter\":90},"
    "\"points\":{\"offered\":9,\"delivered\":8,\"queued\":1,"
    "\"dropped\":{\"queue_full\":0,\"shutdown\":0}},\"sentence\":\"the sentence\"},"
    "\"series\":{\"used\":1234,\"limit\":1000000,\"refused\":{\"series_limit\":0}},"
    "\"memory\":{\"limit_bytes\":536870912,\"used_bytes\":64172851,\"parts\":{\"tables\":1}},"
    "\"listeners\":[{\"name\":\"default\",\"sockets\":["
    "{\"transport\":\"udp\",\"graphite\":false,\"address\":\"127.0.0.1:8125\","
    "\"worker\":0,\"receive_buffer_bytes\":67108864,\"receive_buffer_datagrams\":29127,"
    "\"queued_bytes\":0,\"peak_bytes\":2048},"
    "{\"transport\":\"tcp\",\"graphite\":true,\"address\":\"127.0.0.1:2003\",\"worker\":0},"
    "{\"transport\":\"unix_stream\",\"graphite\":false,\"address\":\"/run/a\\u0007\","
    "\"worker\":0}],\"datagrams\":1234,\"dropped\":5,\"filtered\":0,"
    "\"bytes\":50000,\"lines\":100,\"accepted\":90,\"refused\":10,"
    "\"connections\":{\"open\":0,\"accepted\":0,\"closed\":{\"end\":0,\"crowded\":0},"
    "\"accept_pauses\":0}}],"
    "\"workers\":[{\"worker\":0,\"busy_seconds\":1.25,\"keys\":12,"
    "\"series\":{\"counter\":9,\"gauge\":1,\"timer\":2,\"set\":0}}],"
    "\"flush\":{\"count\":3,\"late\":0,\"duration_seconds\":0.0012,\"timestamp\":1000000000,"
    "\"series\":12,\"clock_steps\":{\"forward\":0,\"backward\":0},\"imbalance\":0},"
    "\"sinks\":[{\"name\":\"graphite\",\"type\":\"graphite\",\"address\":\"127.0.0.1:2003\","
    "\"state\":\"down\",\"since\":1000000000,\"last_error\":\"refused\\u0007\","
    "\"ack\":\"eof\",\"points\":{\"offered\":9,\"delivered\":8,\"queued\":1,"
    "\"dropped\":{\"queue_full\":3,\"shutdown\":4}},\"queue_bytes\":100,"
    "\"queue_limit_bytes\":67108864}],\"log\":{\"suppressed\":0}}";

static json_t *
parse(const char *text)
{
	json_t *status = json_loads(text, 0, NULL);

	ck_assert_ptr_nonnull(status);
	return status;
}

static void
must_show(const char *shown, const char *expected)
{
	ck_assert_msg(strstr(shown, expected) != NULL, "\"%s\" is not in:\n%s", expected, shown);
}

START_TEST(sentence_comes_first_and_every_part_is_shown)
{
	static const char *const expected[] = {
	    "refused  lines  because of\n"
	    "rate        10  a sample rate that is not in (0, 1]\n\n",
	    "tidemill 9.9.9, pid 77, up 3 h 12 min; next flush in 4.2 s, every 10 s\n",
	    "3 flushes, 0 late; the newest, for 2001-09-09 01:46:40, took 1.2 ms; 12 series\n",
	    "default       1,234        5  48.8 KiB    100        90       10\n",
	    "1,234 of 1,000,000 series in the workers; 61.2 MiB of 512.0 MiB of memory\n",
	    "udp 127.0.0.1:8125                0  64.0 MiB         29,127     0 B  2.0 KiB\n",
	    "tcp graphite 127.0.0.1:2003       0\n",
	    "unix_stream /run/a\\x07            0\n",
	    "0       1.2 s    12         9       1       2     0\n",
	    "graphite  graphite  127.0.0.1:2003  down   2001-09-09 01:46:40          8       1        7  "
	    "100 B  64.0 MiB  eof\n",
	    "last errors\ngraphite  refused\\x07\n",
	};
	struct text out = {0};

	setenv("TZ", "UTC0", 1);
	json_t *status = parse(healthy);

	status_print(status, &out);
	const char *shown = text_string(&out);

	ck_assert(strncmp(shown, "the sentence\n\n", 14) == 0);
	for (size_t i = 0; i < sizeof(expected) / sizeof(*expected); i++)
		must_show(shown, expected[i]);
	ck_assert_ptr_null(strstr(shown, "tags"));
	ck_assert_ptr_null(strstr(shown, "held back"));
	ck_assert_ptr_null(strstr(shown, "clock"));
	ck_assert_ptr_null(strstr(shown, "connection"));
	ck_assert_ptr_null(strstr(shown, "filtered"));
	ck_assert_ptr_null(strstr(shown, "tidemill sources"));
	ck_assert_ptr_null(strstr(shown, "event"));
	ck_assert_ptr_null(strstr(shown, "sketch"));
	ck_assert_ptr_null(strstr(shown, "bug"));
	json_decref(status);
	text_fini(&out);
}
END_TEST

START_TEST(what_is_out_of_the_ordinary_is_said)
{
	struct text out = {0};
	json_t *status =
	    parse("{\"flush\":{\"count\":1,\"imbalance\":-4,\"clock_steps\":{\"forward\":1,"
		  "\"backward\":2},\"dated_late\":3,\"gauges_ambiguous\":4,\"type_conflicts\":5},"
		  "\"ledger\":{\"events\":1000,\"checks\":7},\"workers\":[{\"timers_sketched\":8},"
		  "{\"timers_sketched\":9}],\"log\":{\"suppressed\":1234}}");

	status_print(status, &out);
	const char *shown = text_string(&out);

	must_show(shown, "the clock was set forward 1 times, back 2 times");
	must_show(shown, "-4 accepted samples did not reach the flush");
	must_show(shown, "1,000 events\n7 service checks\n");
	must_show(shown, "17 times a timer had more values than are kept exactly\n");
	must_show(shown, "3 values with timestamps came too late\n");
	must_show(shown, "4 gauge changes were ambiguous\n");
	must_show(shown, "5 times a series was not sent because another type had its name\n");
	must_show(shown, "1,234 log lines were held back");
	json_decref(status);
	text_fini(&out);
}
END_TEST

START_TEST(connections_and_what_was_filtered_are_shown_where_there_were_any)
{
	struct text out = {0};
	json_t *status =
	    parse("{\"listeners\":[{\"name\":\"quiet\",\"filtered\":0,"
		  "\"connections\":{\"open\":0,\"accepted\":0,\"closed\":{\"end\":0}}},"
		  "{\"name\":\"busy\",\"datagrams\":5,\"filtered\":1234,"
		  "\"connections\":{\"open\":12,\"accepted\":1234,\"closed\":{\"end\":1200,"
		  "\"error\":0,\"crowded\":22},\"accept_pauses\":3}},"
		  "{\"name\":\"strict\",\"connections\":{\"closed\":{\"denied\":7},"
		  "\"accept_pauses\":4}}]}");

	status_print(status, &out);
	const char *shown = text_string(&out);

	must_show(shown,
	    "listener  datagrams  dropped  filtered  received  lines  accepted  refused\n"
	    "quiet             0        0         0       0 B      0         0        0\n"
	    "busy              5        0     1,234       0 B      0         0        0\n");
	must_show(shown,
	    "\n\nconnections  open  accepted  closed\n"
	    "busy           12     1,234  end 1,200, crowded 22\n"
	    "strict          0         0  denied 7\n\n");
	must_show(
	    shown, "\n7 times no connection could be accepted for want of descriptors or memory\n");
	json_decref(status);
	text_fini(&out);
}
END_TEST

START_TEST(who_exceeds_a_limit_is_told_elsewhere)
{
	static const char *const reasons[] = {"series_limit", "source_limit", "memory_limit"};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++) {
		struct text out = {0};
		json_t *status = json_pack(
		    "{s{s{s{sisi}}}}", "ledger", "lines", "refused", "rate", 1, reasons[i], 2);

		status_print(status, &out);
		must_show(text_string(&out),
		    "\n`tidemill sources` tells who sends new series, and which\n\n");
		json_decref(status);
		text_fini(&out);
	}
}
END_TEST

START_TEST(nonsense_is_survived)
{
	static const char *const cases[] = {
	    "{}",
	    "{\"sinks\":[1,null,{}],\"workers\":[{}],\"listeners\":[{\"sockets\":[{}]}]}",
	    "{\"sinks\":{},\"workers\":1,\"listeners\":\"x\",\"flush\":[],\"ledger\":3}",
	    "{\"series\":3,\"memory\":[],\"listeners\":[{\"connections\":3}]}",
	    "{\"series\":{},\"memory\":{},\"listeners\":[{\"connections\":{\"closed\":[1]}}]}",
	    "{\"version\":3,\"pid\":-1,\"ledger\":{\"lines\":{\"refused\":{\"a\":\"b\"}}}}",
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct text out = {0};
		json_t *status = parse(cases[i]);

		status_print(status, &out);
		must_show(text_string(&out), "tidemill ?, pid 0");
		json_decref(status);
		text_fini(&out);
	}
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(sentence_comes_first_and_every_part_is_shown),
    SUITE_TEST(what_is_out_of_the_ordinary_is_said),
    SUITE_TEST(connections_and_what_was_filtered_are_shown_where_there_were_any),
    SUITE_TEST(who_exceeds_a_limit_is_told_elsewhere),
    SUITE_TEST(nonsense_is_survived),
    {0},
};

SUITE_MAIN("cli/status_text", tests)
