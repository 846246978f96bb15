/* SPDX-License-Identifier: MIT */
/* human.h -- figures and tables for people. */

#pragma once

#include "base/text.h"

#include <stdint.h>

void human_count(struct text *out, uint64_t count);   /* 1,234,567 */
void human_bytes(struct text *out, uint64_t bytes);   /* 512 B, 1.5 KiB, 64.0 MiB */
void human_seconds(struct text *out, double seconds); /* 250 us, 3.1 ms, 42 s, 3 h 12 min */

/* "14:03:20" today, else with the date; in this machine's time zone. */
void human_time(struct text *out, double epoch);

#define HUMAN_COLUMNS 12

/* Cells, row by row. A table is initialised by its alignment alone:
 * struct human_table t = {.align = "lrr"}. */
struct human_table {
	const char *align; /* a letter per column, at most HUMAN_COLUMNS: l or r */
	struct text cells; /* each ends with a NUL */
	size_t count;
};

/* Append a cell, or several. */
void human_cell(struct human_table *table, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void human_titles(struct human_table *table, const char *titles); /* "one|the other" */
void human_cell_count(struct human_table *table, uint64_t count);
void human_cell_bytes(struct human_table *table, uint64_t bytes);

/* Print the rows, two spaces between columns, and empty the table. Rows are
 * complete: the number of cells is a multiple of the columns. */
void human_table_print(struct human_table *table, struct text *out);
