/* SPDX-License-Identifier: MIT */
/* datagram_fuzz.c -- any bytes as a datagram, to listeners of every grammar
 * and setting: nothing may crash, and every line must be accounted for. */

#include "base/check.h"
#include "base/hash.h"
#include "ingest/intake.h"

#define DIALECTS_ALL ((UINT32_C(1) << (DIALECT_SIGNALFX + 1)) - 1)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static struct item_pair tags[] = {{(char[]){"k"}, (char[]){"v"}}, {(char[]){"z"}, (char[]){"1"}}};

/* A profile each. */
static const struct origin origins[] = {
    {.rules = {.clean = true, .dialects = DIALECTS_ALL, .prefix = ""}},
    {.rules = {.dialects = DIALECTS_ALL, .prefix = "p.", .tags = {2, tags}}, .absolute = true},
    {.rules = {.clean = true, .dialects = 1 << DIALECT_INFLUX, .prefix = ""}, .cumulative = true},
    {.rules = {.letter = true, .clean = true, .prefix = ""}},
    {.rules = {.letter = true, .prefix = "p.", .tags = {2, tags}}, .cumulative = true},
};

static void
check_balance(const counter *counters, const struct window *window)
{
	uint64_t refused = 0, samples = 0, hits = window->dated.count;
	struct entry_cursor at = entry_list_begin(&window->touched);
	const struct entry *entry;

	for (size_t i = 0; i < REASONS; i++)
		refused += counter_get(&counters[INTAKE_LINES_REFUSED + i]);
	for (size_t i = 0; i < KINDS; i++)
		samples += counter_get(&counters[INTAKE_SAMPLES + i]);
	while ((entry = entry_list_next(&at)) != NULL)
		hits += cell_hits(entry->cell[1].meta);
	CHECK(counter_get(&counters[INTAKE_LINES]) ==
	    counter_get(&counters[INTAKE_LINES_ACCEPTED]) + refused);
	CHECK(samples == hits);
	CHECK(counter_get(&counters[INTAKE_EVENTS]) + counter_get(&counters[INTAKE_CHECKS]) ==
	    window->events.count);
	CHECK(counter_get(&counters[INTAKE_LINES_REFUSED + REASON_NONE]) == 0);
}

static void
take(struct intake *intake, size_t profile, counter *counters, const uint8_t *bytes, size_t len)
{
	for (uint8_t round = 0; round < 3; round++) {
		const uint8_t source[SOURCE_BYTES] = {round};
		const struct arrival arrival = {.stamp = 1, .source = source};
		struct origin origin = origins[profile];

		origin.profile = UINT32_C(1) << profile;
		origin.rules.most_bytes = 128;
		origin.rules.most_tags = 4;
		origin.counters = counters;
		intake_datagram(intake, &origin, (const char *)bytes, len, round == 2, &arrival);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	const struct budget budget = {.timer_values = 16, .bytes = 16384, .scale = 6};
	static counter counters[INTAKE_COUNTERS];
	struct series_quota quota = {.most = 20};
	struct intake intake;
	struct window window;

	for (size_t i = 0; i < INTAKE_COUNTERS; i++)
		counter_set(&counters[i], 0);
	if (hash_secret[0] == 0)
		hash_init();
	intake_init(&intake, &budget, &quota, NULL, len % 2 == 0);
	window_init(&window, 0, 1);
	window_open(&window, 1);
	intake.window = &window;
	for (size_t i = 0; i < sizeof(origins) / sizeof(*origins); i++)
		take(&intake, i, counters, bytes, len);
	check_balance(counters, &window);
	intake_fini(&intake);
	window_fini(&window);
	return 0;
}
