/* SPDX-License-Identifier: MIT */
/* encode_table.c -- a flush as an aligned table, for people.
 *
 *   16:40:10  4 series, 2 idle
 *     timer    api.latency               120  mean 12.3  median 11.9  p90 20.1  lower 3.2  upper 48
 *     counter  api.requests  env:prod   1200  120/s
 *     gauge    queue.depth                17
 *     set      users                     412  distinct
 *     daemon   3 datagrams, 1324 lines, 0 refused, 0 dropped by the kernel
 *
 * The first number of a series stands in a column that all kinds share, what
 * follows in columns of its kind. Numbers are rounded to six digits. */

#include "base/mem.h"
#include "sink/encoder.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Of one row, the shared one included; percentiles beyond are left out. */
#define CELLS_MAX 16

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
	double datagrams, lines, refused, dropped;
};

struct table {
	int64_t timestamp_ns;
	double seconds;          /* of the interval */
	const struct row **rows; /* those with samples, by name */
	size_t shown, idle;
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

static void
add_timer(struct cells *cells, const struct timer_row *timer)
{
	char label[32];

	add_cell(cells, "", (double)timer->n, "");
	add_cell(cells, "mean ", timer->mean, "");
	add_cell(cells, "median ", timer->median, "");
	for (size_t i = 0; i < timer->quantiles && cells->count < CELLS_MAX - 2; i++) {
		const struct quantile *q = &timer->quantile[i];

		snprintf(
		    label, sizeof(label), "%s%g ", q->percent > 0 ? "p" : "top", fabs(q->percent));
		if (q->count > 0)
			add_cell(cells, label, q->boundary, "");
		else
			add_text(cells, label, "-");
	}
	add_cell(cells, "lower ", timer->lower, "");
	add_cell(cells, "upper ", timer->upper, "");
}

static void
fill_cells(const struct table *table, const struct row *row, struct cells *cells)
{
	cells->count = 0;
	switch (row->kind) {
	case KIND_COUNTER:
		add_cell(cells, "", row->counter.delta, "");
		add_cell(cells, "", row->counter.delta / table->seconds, "/s");
		break;
	case KIND_GAUGE: add_cell(cells, "", row->gauge.value, ""); break;
	case KIND_SET:
		add_cell(cells, "", (double)row->set.count, "");
		add_text(cells, "distinct", "");
		break;
	case KIND_TIMER: add_timer(cells, row->timer); break;
	}
}

static int
compare_bytes(const char *a, size_t a_len, const char *b, size_t b_len)
{
	int order = memcmp(a, b, a_len < b_len ? a_len : b_len);

	return order != 0 ? order : (a_len > b_len) - (a_len < b_len);
}

static int
compare_rows(const void *left, const void *right)
{
	const struct row *a = *(const struct row *const *)left;
	const struct row *b = *(const struct row *const *)right;
	int order = compare_bytes(a->name, a->name_len, b->name, b->name_len);

	if (order == 0)
		order = compare_bytes(a->tags, a->tags_len, b->tags, b->tags_len);
	return order != 0 ? order : (int)a->kind - (int)b->kind;
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
		text_escape(out, row->tags, row->tags_len);
	}
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
}

static struct table *
table_new(struct batch *const *batches, size_t count)
{
	struct table *table = mem_zero(1, sizeof(*table));
	struct text scratch = {0};

	table->timestamp_ns = batches[0]->timestamp_ns;
	table->seconds = interval_seconds(&batches[0]->interval);
	sort_rows(table, batches, count);
	for (size_t i = 0; i < table->shown; i++)
		measure(table, table->rows[i], &scratch);
	text_fini(&scratch);
	return table;
}

static bool
is_empty(const struct table *table)
{
	return table->shown == 0 && table->own.lines == 0 && table->own.dropped == 0;
}

static void
put_header(const struct table *table, struct text *out)
{
	int64_t second = table->timestamp_ns / 1000000000 % 86400;

	text_printf(out, "%02d:%02d:%02d  ", (int)(second / 3600), (int)(second / 60 % 60),
	    (int)(second % 60));
	if (is_empty(table))
		text_puts(out, "nothing came");
	else
		text_printf(out, "%zu series", table->shown);
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

	/* The cursor's row is one of the sorted ones, of all batches. */
	while (cursor->row < table->shown && out->len < ENCODER_CHUNK)
		put_row(table, table->rows[cursor->row++], out);
	if (cursor->row < table->shown)
		return;
	if (!is_empty(table))
		put_footer(table, out);
	cursor->batch = count;
}

static void
table_release(struct cursor *cursor)
{
	struct table *table = cursor->state;

	if (table == NULL)
		return;
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
