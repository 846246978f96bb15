/* SPDX-License-Identifier: MIT */
/* human.c -- figures and tables for people. */

#include "cli/human.h"

#include "base/check.h"
#include "base/number.h"

#include <inttypes.h>
#include <stdbool.h>
#include <time.h>

void
human_count(struct text *out, uint64_t count)
{
	char digits[NUMBER_TEXT_MAX];
	size_t len = number_print_uint(count, digits);

	for (size_t i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			text_byte(out, ',');
		text_byte(out, digits[i]);
	}
}

void
human_bytes(struct text *out, uint64_t bytes)
{
	static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	double value = (double)bytes / 1024;
	size_t unit = 0;

	if (bytes < 1024) {
		text_printf(out, "%u B", (unsigned)bytes);
		return;
	}
	/* 1023.95 would be printed as 1024.0. */
	while (value >= 1023.95) {
		value /= 1024;
		unit++;
	}
	text_printf(out, "%.1f %s", value, units[unit]);
}

void
human_seconds(struct text *out, double seconds)
{
	uint64_t whole = seconds < 0 ? 0 : (uint64_t)(seconds + 0.5);

	if (seconds < 0.001)
		text_printf(out, "%.0f us", seconds < 0 ? 0 : seconds * 1e6);
	else if (seconds < 0.9995)
		text_printf(out, "%.1f ms", seconds * 1e3);
	else if (seconds < 9.95)
		text_printf(out, "%.1f s", seconds);
	else if (whole < 120)
		text_printf(out, "%u s", (unsigned)whole);
	else if (whole < 7200)
		text_printf(out, "%u min %u s", (unsigned)whole / 60, (unsigned)whole % 60);
	else if (whole < 2 * 86400)
		text_printf(out, "%u h %u min", (unsigned)whole / 3600, (unsigned)whole / 60 % 60);
	else
		text_printf(
		    out, "%" PRIu64 " d %u h", whole / 86400, (unsigned)(whole / 3600 % 24));
}

void
human_time(struct text *out, double epoch)
{
	time_t at = (time_t)epoch, now = time(NULL);
	struct tm then, today;
	char shown[32];

	if (localtime_r(&at, &then) == NULL || localtime_r(&now, &today) == NULL)
		return;
	bool is_today = then.tm_year == today.tm_year && then.tm_yday == today.tm_yday;

	strftime(shown, sizeof(shown), is_today ? "%H:%M:%S" : "%Y-%m-%d %H:%M:%S", &then);
	text_puts(out, shown);
}

static void
end_cell(struct human_table *table)
{
	text_byte(&table->cells, '\0');
	table->count++;
}

void
human_cell(struct human_table *table, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	text_vprintf(&table->cells, format, args);
	va_end(args);
	end_cell(table);
}

void
human_titles(struct human_table *table, const char *titles)
{
	for (size_t len; *titles != '\0'; titles += len + (titles[len] == '|')) {
		len = strcspn(titles, "|");
		human_cell(table, "%.*s", (int)len, titles);
	}
}

void
human_cell_count(struct human_table *table, uint64_t count)
{
	human_count(&table->cells, count);
	end_cell(table);
}

void
human_cell_bytes(struct human_table *table, uint64_t bytes)
{
	human_bytes(&table->cells, bytes);
	end_cell(table);
}

static void
pad(struct text *out, size_t spaces)
{
	while (spaces-- > 0)
		text_byte(out, ' ');
}

/* Nothing is aligned behind what stands last in a row. */
static void
end_row(struct text *out)
{
	while (out->len > 0 && out->bytes[out->len - 1] == ' ')
		out->len--;
	text_byte(out, '\n');
}

void
human_table_print(struct human_table *table, struct text *out)
{
	size_t columns = strlen(table->align), width[HUMAN_COLUMNS] = {0};
	const char *cell = table->cells.bytes;

	CHECK(columns <= HUMAN_COLUMNS && table->count % columns == 0);
	for (size_t i = 0; i < table->count; i++, cell += strlen(cell) + 1)
		if (strlen(cell) > width[i % columns])
			width[i % columns] = strlen(cell);
	cell = table->cells.bytes;
	for (size_t i = 0; i < table->count; i++, cell += strlen(cell) + 1) {
		size_t column = i % columns, space = width[column] - strlen(cell);
		bool last = column == columns - 1;

		if (table->align[column] == 'r')
			pad(out, space);
		text_puts(out, cell);
		if (table->align[column] == 'l' && !last)
			pad(out, space);
		if (last)
			end_row(out);
		else
			text_puts(out, "  ");
	}
	text_fini(&table->cells);
	table->count = 0;
}
