/* SPDX-License-Identifier: MIT */
/* source_list.c -- who sends how much, as JSON. */

#include "admin/source_list.h"

#include "base/clock.h"
#include "base/mem.h"

#include <stdlib.h>

/* Most lines first; then by address, so that the order is always the same. */
static int
compare_figures(const void *a, const void *b)
{
	const struct source_figures *left = a, *right = b;

	if (left->lines != right->lines)
		return left->lines < right->lines ? 1 : -1;
	return memcmp(left->address, right->address, SOURCE_BYTES);
}

static void
write_figures(
    struct json *json, const char *key, const struct source_figures *figures, int64_t wall_ahead_ns)
{
	int64_t seen_ms = (figures->seen_ns + wall_ahead_ns) / CLOCK_MS;
	struct text source = {0};

	json_open_object(json, key);
	if (!figures->others) {
		source_print(figures->address, &source);
		json_bytes(json, "source", source.bytes, source.len);
	}
	json_uint(json, "lines", figures->lines);
	json_uint(json, "refused", figures->refused);
	json_uint(json, "series", figures->series);
	json_uint(json, "series_refused", figures->series_refused);
	json_number(json, "last_seen", (double)seen_ms / 1e3);
	json_close_object(json);
	text_fini(&source);
}

void
source_list_write(const struct sources *sources, struct json *json)
{
	struct source_figures *figures = mem_alloc(SOURCES_MOST * sizeof(*figures));
	int64_t wall_ahead_ns = clock_wall_ns() - clock_mono_ns();
	size_t count = sources_read(sources, figures);
	size_t first = count > 0 && figures[0].others ? 1 : 0;

	qsort(figures + first, count - first, sizeof(*figures), compare_figures);
	json_open_array(json, "sources");
	for (size_t i = first; i < count; i++)
		write_figures(json, NULL, &figures[i], wall_ahead_ns);
	json_close_array(json);
	if (first > 0)
		write_figures(json, "others", &figures[0], wall_ahead_ns);
	else
		json_none(json, "others");
	free(figures);
}

void
source_list_write_prefixes(const struct space_saving *prefixes, struct json *json)
{
	json_open_array(json, "prefixes");
	for (uint32_t i = 0; i < prefixes->count; i++) {
		const struct space_saving_item *item = &prefixes->item[i];

		json_open_object(json, NULL);
		json_bytes(json, "prefix", item->key, item->len);
		json_uint(json, "refused", item->count);
		json_uint(json, "error", item->error);
		json_close_object(json);
	}
	json_close_array(json);
}
