/* SPDX-License-Identifier: MIT */
/* encode_table.c -- a flush as an aligned table, for people.
 *
 *   16:40:10  4 series, 2 idle
 *     timer    api.latency               120  mean 12.3  median 11.9  p90 20.1  lower 3.2  upper 48
 *     counter  api.requests  env:prod   1200  120/s
 *     gauge    queue.depth                17
 *     set      users                     412  distinct
 *     event    Deployed                version 12 is out  env:prod
 *     check    db.ping                 critical  no answer  host:db1
 *     daemon   3 datagrams, 1324 lines, 0 refused, 0 dropped by the kernel
 *
 * The first number of a series stands in a column that all kinds share, what
 * follows in columns of its kind. Numbers are rounded to six digits; a ~ is
 * before those that come out of a sketch. */

#include "base/mem.h"
#include "sink/encoder.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Of one row, the shared one included; percentiles beyond are left out. */
#define CELLS_MAX 17

/* Bytes of an event's words; what is cut off is three dots. */
#define WORDS_MAX 200

/* A longer name pushes its own row to the right, not everybody else's. */
#define NAME_WIDTH_MAX 60

struct cell {
	char label[32]; /* before the number: "mean " */
	char number[40];
};

struct cells {
	size_t count;
	struct cell cell[CELLS_MAX];
};

/* What the daemon says of itself. */
struct own_counts {
	bool given;
	double datagrams, lines, refused, dropped;
};

struct table {
	int64_t timestamp_ns;
	const struct batch *first;
	const struct row **rows;     /* those with samples, by name */
	size_t shown, series, idle;  /* a series may have several rows */
	const struct event **events; /* as they came */
	size_t event_count;
	struct own_counts own;
	size_t name_width, first_width;
	size_t widths[KINDS][CELLS_MAX];
};

/* Whole numbers in full, others to six digits, and never 1.2e+06. */
static void
print_rounded(char *out, size_t size, double value)
{
	double size_of_value = fabs(value);

	if (size_of_value < 1e15 && value == floor(value))
		snprintf(out, size, "%.0f", value == 0 ? 0 : value);
	else if (size_of_value >= 1e5 && size_of_value < 1e15)
		snprintf(out, size, "%.0f", value);
	else
		snprintf(out, size, "%.6g", value);
}

static void
add_text(struct cells *cells, const char *label, const char *number)
{
	struct cell *cell = &cells->cell[cells->count++];

	snprintf(cell->label, sizeof(cell->label), "%s", label);
	snprintf(cell->number, sizeof(cell->number), "%s", number);
}

static void
add_cell(struct cells *cells, const char *label, double value, const char *unit)
{
	char number[32], with_unit[40];

	print_rounded(number, sizeof(number), value);
	snprintf(with_unit, sizeof(with_unit), "%s%s", number, unit);
	add_text(cells, label, with_unit);
}

/* A value that is exact or, of a sketch, nearly so. */
static void
add_nearly(struct cells *cells, const char *label, double value, bool sketched)
{
	char number[32], marked[40];

	print_rounded(number, sizeof(number), value);
	snprintf(marked, sizeof(marked), "%s%s", sketched ? "~" : "", number);
	add_text(cells, label, marked);
}

static void
add_quantile(struct cells *cells, const struct quantile *q, bool sketched)
{
	double percent = q->asked.percent;
	char label[32];

	snprintf(label, sizeof(label), "%s%g ", percent > 0 ? "p" : "top", fabs(percent));
	if (q->count > 0)
		add_nearly(cells, label, q->boundary, sketched);
	else
		add_text(cells, label, "-");
}

static void
add_timer(struct cells *cells, const struct timer_row *timer)
{
	add_cell(cells, "", (double)timer->n, "");
	add_cell(cells, "mean ", timer->mean, "");
	add_nearly(cells, "median ", timer->median, timer->sketched);
	for (size_t i = 0; i < timer->quantiles && cells->count < CELLS_MAX - 3; i++) {
		const struct quantile *q = &timer->quantile[i];

		if (q->usual && q->asked.rule == RANK_STATSD)
			add_quantile(cells, q, timer->sketched);
	}
	add_cell(cells, "lower ", timer->lower, "");
	add_cell(cells, "upper ", timer->upper, "");
}

/* The time of day, UTC. */
static void
print_clock(char *out, size_t size, int64_t timestamp_ns)
{
	int64_t day = INT64_C(86400) * 1000000000;
	int second = (int)((timestamp_ns % day + day) % day / 1000000000);

	snprintf(out, size, "%02d:%02d:%02d", second / 3600, second / 60 % 60, second % 60);
}

/* When a value was, if not in this interval. */
static void
add_time(struct cells *cells, const struct row *row)
{
	char clock[32];

	if (row->timestamp_ns == 0)
		return;
	print_clock(clock, sizeof(clock), row->timestamp_ns);
	add_text(cells, "at ", clock);
}

static void
fill_cells(const struct table *table, const struct row *row, struct cells *cells)
{
	cells->count = 0;
	switch (row->kind) {
	case KIND_COUNTER:
		add_cell(cells, "", row->counter.delta, "");
		add_cell(
		    cells, "", row->counter.delta / batch_row_seconds(table->first, row), "/s");
		break;
	case KIND_GAUGE: add_cell(cells, "", row->gauge.value, ""); break;
	case KIND_SET:
		add_cell(cells, "", (double)row->set.count, "");
		add_text(cells, "distinct", "");
		break;
	case KIND_TIMER: add_timer(cells, row->timer); break;
	}
	add_time(cells, row);
}

static int
compare_bytes(const char *a, size_t a_len, const char *b, size_t b_len)
{
	int order = memcmp(a, b, a_len < b_len ? a_len : b_len);

	return order != 0 ? order : (a_len > b_len) - (a_len < b_len);
}

static int
compare_series(const struct row *a, const struct row *b)
{
	int order = compare_bytes(a->name, a->name_len, b->name, b->name_len);

	if (order == 0)
		order = compare_bytes(row_tags(a), a->tags_len, row_tags(b), b->tags_len);
	return order != 0 ? order : (int)a->kind - (int)b->kind;
}

static int
compare_rows(const void *left, const void *right)
{
	const struct row *a = *(const struct row *const *)left;
	const struct row *b = *(const struct row *const *)right;
	int order = compare_series(a, b);

	return order != 0
	    ? order
	    : (a->timestamp_ns > b->timestamp_ns) - (a->timestamp_ns < b->timestamp_ns);
}

static bool
ends_in(const struct row *row, const char *end)
{
	size_t len = strlen(end);

	return row->name_len >= len && memcmp(row->name + row->name_len - len, end, len) == 0;
}

static void
note_own(struct own_counts *own, const struct row *row)
{
	double value = row->kind == KIND_COUNTER ? row->counter.delta
	    : row->kind == KIND_GAUGE            ? row->gauge.value
						 : 0;

	own->given = true;
	if (ends_in(row, "packets_received"))
		own->datagrams += value;
	else if (ends_in(row, "metrics_received"))
		own->lines += value;
	else if (ends_in(row, "bad_lines_seen"))
		own->refused += value;
	else if (ends_in(row, "datagrams_dropped"))
		own->dropped += value;
}

/* In characters, not bytes; text_escape() has left nothing but UTF-8. */
static size_t
display_width(const char *bytes, size_t len)
{
	size_t width = 0;

	for (size_t i = 0; i < len; i++)
		width += ((unsigned char)bytes[i] & 0xc0) != 0x80;
	return width;
}

/* Name and tags; returns how wide they are. */
static size_t
put_name(struct text *out, const struct row *row)
{
	size_t start = out->len;

	text_escape(out, row->name, row->name_len);
	if (row->tags_len > 0) {
		text_puts(out, "  ");
		text_escape(out, row_tags(row), row->tags_len);
	}
	return display_width(out->bytes + start, out->len - start);
}

/* Words of a client's, on one line: cut off after WORDS_MAX bytes. A newline,
 * which is a backslash and an n on the wire, is left as it is. */
static void
put_words(struct text *out, const struct span *words)
{
	size_t len = words->len <= WORDS_MAX ? words->len : WORDS_MAX;
	const char *at = words->at;

	if (len == 0)
		return;
	while (len < words->len && len > 0 && ((unsigned char)at[len] & 0xc0) == 0x80)
		len--;
	for (const char *end = at + len; at < end;) {
		const char *slash = memmem(at, (size_t)(end - at), "\\n", 2);

		text_escape(out, at, (size_t)((slash != NULL ? slash : end) - at));
		if (slash != NULL)
			text_puts(out, "\\n");
		at = slash != NULL ? slash + 2 : end;
	}
	if (len < words->len)
		text_puts(out, "...");
}

/* As put_name(). */
static size_t
put_title(struct text *out, const struct event *event)
{
	size_t start = out->len;

	put_words(out, &event->title);
	return display_width(out->bytes + start, out->len - start);
}

static void
widen(size_t *width, size_t to)
{
	if (*width < to)
		*width = to;
}

static size_t
cell_width(const struct cell *cell)
{
	return strlen(cell->label) + strlen(cell->number);
}

static void
measure(struct table *table, const struct row *row, struct text *scratch)
{
	struct cells cells;

	text_reset(scratch);
	size_t width = put_name(scratch, row);

	widen(&table->name_width, width < NAME_WIDTH_MAX ? width : NAME_WIDTH_MAX);
	fill_cells(table, row, &cells);
	widen(&table->first_width, cell_width(&cells.cell[0]));
	for (size_t i = 1; i < cells.count; i++)
		widen(&table->widths[row->kind][i], cell_width(&cells.cell[i]));
}

static void
measure_event(struct table *table, const struct event *event, struct text *scratch)
{
	text_reset(scratch);
	size_t width = put_title(scratch, event);

	widen(&table->name_width, width < NAME_WIDTH_MAX ? width : NAME_WIDTH_MAX);
}

static void
gather_events(struct table *table, struct batch *const *batches, size_t count)
{
	size_t cap = 0;

	for (size_t i = 0; i < count; i++) {
		for (const struct event *at = batches[i]->events; at != NULL; at = at->next) {
			table->events = mem_room(
			    table->events, table->event_count, &cap, sizeof(struct event *));
			table->events[table->event_count++] = at;
		}
	}
}

static void
sort_rows(struct table *table, struct batch *const *batches, size_t count)
{
	size_t rows = 0;

	for (size_t i = 0; i < count; i++)
		rows += batches[i]->count;
	table->rows = mem_alloc(rows * sizeof(struct row *));
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < batches[i]->count; j++) {
			const struct row *row = &batches[i]->rows[j];

			if (row->own)
				note_own(&table->own, row);
			else if (row->idle)
				table->idle++;
			else
				table->rows[table->shown++] = row;
		}
	}
	qsort(table->rows, table->shown, sizeof(struct row *), compare_rows);
	for (size_t i = 0; i < table->shown; i++)
		table->series += i == 0 || compare_series(table->rows[i - 1], table->rows[i]) != 0;
}

static struct table *
table_new(struct batch *const *batches, size_t count)
{
	struct table *table = mem_zero(1, sizeof(*table));
	struct text scratch = {0};

	table->timestamp_ns = batches[0]->timestamp_ns;
	table->first = batches[0];
	sort_rows(table, batches, count);
	gather_events(table, batches, count);
	for (size_t i = 0; i < table->shown; i++)
		measure(table, table->rows[i], &scratch);
	for (size_t i = 0; i < table->event_count; i++)
		measure_event(table, table->events[i], &scratch);
	text_fini(&scratch);
	return table;
}

static bool
is_empty(const struct table *table)
{
	return table->shown == 0 && table->event_count == 0 && table->own.lines == 0 &&
	    table->own.dropped == 0;
}

static void
put_header(const struct table *table, struct text *out)
{
	char clock[32];

	print_clock(clock, sizeof(clock), table->timestamp_ns);
	text_printf(out, "%s  ", clock);
	if (is_empty(table))
		text_puts(out, "nothing came");
	else
		text_printf(out, "%zu series", table->series);
	if (table->idle > 0)
		text_printf(out, ", %zu idle", table->idle);
	text_byte(out, '\n');
}

static void
put_spaces(struct text *out, size_t width, size_t filled)
{
	while (filled++ < width)
		text_byte(out, ' ');
}

/* Label at the left, number at the right of its column. Trailing space is
 * left to the next cell. */
static void
put_cell(struct text *out, const struct cell *cell, size_t width)
{
	text_puts(out, "  ");
	text_puts(out, cell->label);
	if (cell->number[0] == '\0')
		return;
	put_spaces(out, width, cell_width(cell));
	text_puts(out, cell->number);
}

static void
put_row(const struct table *table, const struct row *row, struct text *out)
{
	struct cells cells;

	fill_cells(table, row, &cells);
	text_printf(out, "  %-7s  ", kind_names[row->kind]);
	put_spaces(out, table->name_width, put_name(out, row));
	put_cell(out, &cells.cell[0], table->first_width);
	for (size_t i = 1; i < cells.count; i++)
		put_cell(out, &cells.cell[i], table->widths[row->kind][i]);
	text_byte(out, '\n');
}

static void
put_part(struct text *out, const char *label, const struct span *words)
{
	if (words->len == 0)
		return;
	text_puts(out, "  ");
	text_puts(out, label);
	put_words(out, words);
}

static void
put_event(const struct table *table, const struct event *event, struct text *out)
{
	text_printf(out, "  %-7s  ", event->check ? "check" : "event");
	put_spaces(out, table->name_width, put_title(out, event));
	if (event->check)
		text_printf(out, "  %s", check_status_names[event->alert]);
	else if (event->alert != EVENT_INFO)
		text_printf(out, "  %s", event_alert_names[event->alert]);
	put_part(out, "", &event->text);
	put_part(out, "host:", &event->host);
	put_part(out, "", &event->tags);
	text_byte(out, '\n');
}

static void
put_footer(const struct table *table, struct text *out)
{
	const struct own_counts *own = &table->own;

	text_printf(out,
	    "  daemon   %.0f datagrams, %.0f lines, %.0f refused, %.0f dropped by the kernel\n",
	    own->datagrams, own->lines, own->refused, own->dropped);
}

static size_t
table_points(const void *settings, const struct batch *batch)
{
	(void)settings;
	return batch->count;
}

static void
table_encode(const void *settings, struct batch *const *batches, size_t count,
    struct cursor *cursor, struct text *out)
{
	(void)settings;
	if (cursor->state == NULL) {
		cursor->state = table_new(batches, count);
		put_header(cursor->state, out);
	}
	const struct table *table = cursor->state;

	size_t shown = table->shown, all = shown + table->event_count;

	/* The cursor's row is one of the sorted ones, of all batches; behind them
	 * are the events. */
	for (; cursor->row < all && out->len < ENCODER_CHUNK; cursor->row++) {
		if (cursor->row < shown)
			put_row(table, table->rows[cursor->row], out);
		else
			put_event(table, table->events[cursor->row - shown], out);
	}
	if (cursor->row < all)
		return;
	if (table->own.given && !is_empty(table))
		put_footer(table, out);
	cursor->batch = count;
}

static void
table_release(struct cursor *cursor)
{
	struct table *table = cursor->state;

	if (table == NULL)
		return;
	free(table->events);
	free(table->rows);
	free(table);
	cursor->state = NULL;
}

const struct encoder table_encoder = {
    .points = table_points,
    .encode = table_encode,
    .release = table_release,
    .whole = true,
};
