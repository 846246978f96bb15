/* SPDX-License-Identifier: MIT */
/* log.h -- what the daemon tells its operator.
 *
 * Messages go into a bounded ring that one thread empties into the target: a
 * full pipe costs log lines, never metrics. A call site that repeats itself
 * is held to LOG_SITE_BURST lines a second; how many it kept back is said
 * with its next line, and counted. */

#pragma once

#include "base/item.h"

#include <stdatomic.h>
#include <stdint.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };
enum log_format { LOG_FORMAT_AUTO, LOG_FORMAT_HUMAN, LOG_FORMAT_LOGFMT };
enum log_target { LOG_TARGET_STDERR, LOG_TARGET_STDOUT };

struct log_settings {
	int level;
	int format; /* auto: human on a terminal, logfmt else */
	int target;
};

extern const struct item_table log_items;

#define LOG_SITE_BURST 10

struct log_site {
	_Atomic int64_t second;      /* relaxed, as the others: a line too many does no harm */
	_Atomic uint32_t written;    /* in that second */
	_Atomic uint32_t suppressed; /* since the last line written */
};

/* Until log_start() messages are written at once, for people, to standard
 * error; after log_stop() again. */
void log_start(const struct log_settings *settings);
void log_stop(void); /* writes what is in the ring, within a second */

/* Lines kept back by a site's limit or a full ring, since the start. */
uint64_t log_suppressed(void);

void log_write(struct log_site *site, enum log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#define LOG_AT(level, ...)                                 \
	do {                                               \
		static struct log_site log_site_;          \
		log_write(&log_site_, level, __VA_ARGS__); \
	} while (0)

#define log_error(...) LOG_AT(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(...) LOG_AT(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(...) LOG_AT(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) LOG_AT(LOG_LEVEL_DEBUG, __VA_ARGS__)
