/* SPDX-License-Identifier: MIT */
/* canonical.c -- the one spelling of a series.
 *
 * Cleaning is StatsD's: a run of white space becomes one underscore, a slash
 * a dash, and everything outside [A-Za-z0-9_.;=-] goes away. Without cleaning
 * a name is kept to the byte, unless a backend could take it for something
 * else: white space, control bytes and invalid UTF-8 are refused.
 *
 * A tag without a value means true, as most who store tags have it. What
 * separates tags in the canonical list cannot stand in a key or value, nor
 * what Graphite refuses in one: it becomes an underscore. */

#include "parse/canonical.h"

#include "base/mem.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

/* White space as in a C locale's isspace(). */
static bool
is_space(char byte)
{
	return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

static bool
is_kept(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	    (byte >= '0' && byte <= '9') || (byte != '\0' && strchr("_-.;=", byte) != NULL);
}

static void
append_cleaned(struct text *out, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (is_space(bytes[i])) {
			if (i == 0 || !is_space(bytes[i - 1]))
				text_byte(out, '_');
		} else if (bytes[i] == '/') {
			text_byte(out, '-');
		} else if (is_kept(bytes[i])) {
			text_byte(out, bytes[i]);
		}
	}
}

static bool
is_plain(const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char byte = (unsigned char)bytes[i];

		if (byte <= ' ' || byte == 0x7f)
			return false;
	}
	return utf8_valid(bytes, len);
}

static enum reason
append_bytes(const struct canonical_rules *rules, struct text *out, const char *bytes, size_t len)
{
	if (rules->clean)
		append_cleaned(out, bytes, len);
	else if (is_plain(bytes, len))
		text_append(out, bytes, len);
	else
		return REASON_BAD_NAME;
	return REASON_NONE;
}

static void
replace_bytes(char *at, size_t len, const char *unwanted)
{
	for (size_t i = 0; i < len; i++)
		if (strchr(unwanted, at[i]) != NULL)
			at[i] = '_';
}

/* Append a key or value to canonical->bytes; its place and length. */
static enum reason
add_part(const struct canonical_rules *rules, struct canonical *canonical, const char *bytes,
    size_t len, const char *unwanted, size_t *at_out, size_t *len_out)
{
	struct text *out = &canonical->bytes;

	*at_out = out->len;
	enum reason reason = append_bytes(rules, out, bytes, len);

	*len_out = out->len - *at_out;
	if (reason == REASON_NONE)
		replace_bytes(out->bytes + *at_out, *len_out, unwanted);
	return reason;
}

static enum reason
add_value(const struct canonical_rules *rules, struct canonical *canonical, const char *bytes,
    size_t len, struct tag *tag)
{
	enum reason reason =
	    add_part(rules, canonical, bytes, len, ";,", &tag->value, &tag->value_len);

	if (tag->value_len == 0) {
		text_puts(&canonical->bytes, "true");
		tag->value_len = 4;
	} else if (canonical->bytes.bytes[tag->value] == '~') {
		canonical->bytes.bytes[tag->value] = '_';
	}
	return reason;
}

static enum reason
add_tag(const struct canonical_rules *rules, struct canonical *canonical, const char *bytes,
    size_t len, char assign)
{
	const char *mark = memchr(bytes, assign, len);
	size_t key_len = mark != NULL ? (size_t)(mark - bytes) : len;
	const char *value = mark != NULL ? mark + 1 : bytes + len;
	struct tag tag = {.order = canonical->tags_found};

	if (canonical->tags_found == rules->most_tags)
		return REASON_TAGS;
	enum reason reason =
	    add_part(rules, canonical, bytes, key_len, ";=:,!^", &tag.key, &tag.key_len);

	if (reason == REASON_NONE)
		reason = add_value(rules, canonical, value, (size_t)(bytes + len - value), &tag);
	if (reason != REASON_NONE)
		return reason;
	if (tag.key_len == 0)
		return REASON_TAGS;
	canonical->found =
	    mem_room(canonical->found, canonical->tags_found, &canonical->tags_cap, sizeof(tag));
	canonical->found[canonical->tags_found++] = tag;
	return REASON_NONE;
}

static enum reason
add_tags(const struct canonical_rules *rules, struct canonical *canonical, const char *bytes,
    size_t len, char separator, char assign)
{
	const char *end = bytes + len;
	enum reason reason = REASON_NONE;

	while (bytes < end && reason == REASON_NONE) {
		const char *stop = memchr(bytes, separator, (size_t)(end - bytes));

		if (stop == NULL)
			stop = end;
		if (stop > bytes)
			reason = add_tag(rules, canonical, bytes, (size_t)(stop - bytes), assign);
		bytes = stop + 1;
	}
	return reason;
}

static int
compare_tags(const void *left, const void *right, void *arg)
{
	const struct tag *a = left, *b = right;
	const char *bytes = arg;
	size_t shorter = a->key_len < b->key_len ? a->key_len : b->key_len;
	int order = memcmp(bytes + a->key, bytes + b->key, shorter);

	if (order != 0)
		return order;
	if (a->key_len != b->key_len)
		return a->key_len < b->key_len ? -1 : 1;
	return a->order < b->order ? -1 : 1;
}

static bool
same_key(const struct canonical *canonical, const struct tag *a, const struct tag *b)
{
	const char *bytes = canonical->bytes.bytes;

	return a->key_len == b->key_len && memcmp(bytes + a->key, bytes + b->key, a->key_len) == 0;
}

static void
write_tags(struct canonical *canonical)
{
	const char *bytes = canonical->bytes.bytes;

	if (canonical->tags_found > 1)
		qsort_r(canonical->found, canonical->tags_found, sizeof(struct tag), compare_tags,
		    canonical->bytes.bytes);
	for (size_t i = 0; i < canonical->tags_found; i++) {
		const struct tag *tag = &canonical->found[i];

		if (i + 1 < canonical->tags_found && same_key(canonical, tag, tag + 1))
			continue;
		if (canonical->tags.len > 0)
			text_byte(&canonical->tags, ',');
		text_append(&canonical->tags, bytes + tag->key, tag->key_len);
		text_byte(&canonical->tags, ':');
		text_append(&canonical->tags, bytes + tag->value, tag->value_len);
	}
}

enum reason
canonical_make(
    const struct canonical_rules *rules, const struct sample *sample, struct canonical *canonical)
{
	const char *semicolon = memchr(sample->name, ';', sample->name_len);
	size_t name_len = semicolon != NULL ? (size_t)(semicolon - sample->name) : sample->name_len;

	text_reset(&canonical->name);
	text_reset(&canonical->tags);
	text_reset(&canonical->bytes);
	text_reserve(&canonical->bytes, 1);
	canonical->tags_found = 0;
	if ((size_t)sample->name_len + sample->tags_len > rules->most_bytes)
		return REASON_NAME_TOO_LONG;
	enum reason reason = append_bytes(rules, &canonical->name, sample->name, name_len);

	if (reason == REASON_NONE && canonical->name.len == 0)
		reason = REASON_BAD_NAME;
	if (reason == REASON_NONE && semicolon != NULL)
		reason = add_tags(
		    rules, canonical, semicolon + 1, sample->name_len - name_len - 1, ';', '=');
	if (reason == REASON_NONE)
		reason = add_tags(rules, canonical, sample->tags, sample->tags_len, ',', ':');
	if (reason != REASON_NONE)
		return reason;
	write_tags(canonical);
	if (canonical->name.len + canonical->tags.len > rules->most_bytes)
		return REASON_NAME_TOO_LONG;
	return REASON_NONE;
}

void
canonical_fini(struct canonical *canonical)
{
	text_fini(&canonical->name);
	text_fini(&canonical->tags);
	text_fini(&canonical->bytes);
	free(canonical->found);
	*canonical = (struct canonical){0};
}
