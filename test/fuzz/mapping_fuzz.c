/* SPDX-License-Identifier: MIT */
/* mapping_fuzz.c -- any bytes as a mapping file and then names: up to the
 * first NUL the file, what stands between further ones are names. Nothing may
 * crash, every problem and warning is one line that can be shown, and a rule
 * of an accepted file does the same to a name each time. */

#include "base/check.h"
#include "base/mem.h"
#include "ingest/rules.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* A regular expression gives up after so many steps; the input as a whole
 * must not take for ever either. */
#define NAMES_MOST 16

static const struct canonical_rules client_rules = {
    .clean = false,
    .dialects = 1 << DIALECT_DOGSTATSD,
    .prefix = "",
    .most_bytes = 1024,
    .most_tags = 8,
};

static void
check_lines(const struct text *text)
{
	CHECK(text->len == 0 || text->bytes[text->len - 1] == '\n');
	for (size_t i = 0; i < text->len; i++) {
		unsigned char byte = (unsigned char)text->bytes[i];

		CHECK(byte == '\n' ? i > 0 && text->bytes[i - 1] != '\n'
				   : byte >= ' ' && byte != 0x7f);
	}
}

static enum reason
apply(const struct rules *rules, struct rules_room *room, const struct sample *sample,
    struct canonical *canonical, struct ruling *ruling_out)
{
	enum reason reason = canonical_make(&client_rules, sample, canonical);

	if (reason == REASON_NONE)
		reason =
		    rules_apply(rules, room, &client_rules, sample->kind, canonical, ruling_out);
	return reason != REASON_NONE ? reason : canonical_finish(&client_rules, canonical);
}

static void
check_name(const struct rules *rules, struct rules_room *room, const struct sample *sample)
{
	struct canonical once = {0}, again = {0};
	struct ruling ruling = {0}, same = {0};
	enum reason reason = apply(rules, room, sample, &once, &ruling);

	CHECK(apply(rules, room, sample, &again, &same) == reason);
	CHECK(ruling.rule == same.rule && ruling.plan == same.plan);
	CHECK(ruling.plan <= rules_plans(rules));
	if (reason == REASON_NONE) {
		CHECK(once.name.len > 0 && once.name.len == again.name.len &&
		    memcmp(once.name.bytes, again.name.bytes, once.name.len) == 0);
		CHECK(once.tags.len == again.tags.len &&
		    (once.tags.len == 0 ||
			memcmp(once.tags.bytes, again.tags.bytes, once.tags.len) == 0));
	}
	canonical_fini(&once);
	canonical_fini(&again);
}

static void
check_names(const struct rules *rules, const char *at, const char *end)
{
	struct rules_room *room = rules_room_new(rules);

	for (int i = 0; at < end && i < NAMES_MOST; i++) {
		const char *name = at + 1;
		size_t len = strnlen(name, (size_t)(end - name));
		const struct sample sample = {
		    .name = name,
		    .name_len = (uint32_t)len,
		    .tags = "k:v",
		    .tags_len = 3,
		    .kind = (enum kind)(i % KINDS),
		};

		check_name(rules, room, &sample);
		at = name + len;
	}
	rules_room_free(room);
}

/* The rules of a file with these bytes; NULL if it has none. */
static struct rules *
read_rules(const char *bytes, size_t len)
{
	int fd = memfd_create("mapping", MFD_CLOEXEC);
	char path[32], none[] = "";
	struct text problems = {0}, warnings = {0};
	struct rule_settings settings = {.match = none, .rename = none, .include = path};

	CHECK(fd >= 0 && write(fd, bytes, len) == (ssize_t)len);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	struct rules *rules =
	    rules_new(&(struct item_list){.count = 1, .at = &settings}, &problems, &warnings);

	CHECK((rules == NULL) == (problems.len > 0));
	check_lines(&problems);
	check_lines(&warnings);
	text_fini(&problems);
	text_fini(&warnings);
	close(fd);
	return rules;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	const char *at = (const char *)bytes;
	size_t file_len = strnlen(at, len);
	struct rules *rules = read_rules(at, file_len);

	if (rules != NULL)
		check_names(rules, at + file_len, at + len);
	rules_free(rules);
	return 0;
}
