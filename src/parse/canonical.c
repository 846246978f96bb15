/* SPDX-License-Identifier: MIT */
/* canonical.c -- the one spelling of a series.
 *
 * Without cleaning a name is kept to the byte, or refused if it is not plain.
 *
 * A tag without a value means true, as most who store tags have it. What
 * separates tags in the canonical list cannot stand in a key or value, nor
 * what Graphite refuses in one: it becomes an underscore. So does, in a name,
 * what would begin tags: the canonical spelling of a canonical spelling is
 * itself.
 *
 * To the letter, the key is what StatsD makes it: name and tags joined by
 * semicolons, then cleaned as one, whatever it was that the client wrote. What
 * is listed as a tag is what stands between semicolons of that key. */

#include "parse/canonical.h"

#include "base/mem.h"
#include "parse/clean.h"
#include "parse/scan.h"

#include <stdlib.h>
#include <string.h>

#define KEY_UNWANTED ";=:,!^"
#define VALUE_UNWANTED ";,"

/* ---- bytes ------------------------------------------------------------------- */

static enum reason
append_bytes(const struct canonical_rules *rules, struct text *out, const char *bytes, size_t len)
{
	if (rules->clean)
		clean_append(out, bytes, len);
	else if (clean_is_plain(bytes, len))
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

/* A name in which nothing changes, nor begins a tag. */
static inline bool
is_simple(const char *name, size_t len)
{
	return len > 0 && clean_is_simple(name, len, '_', '_');
}

/* ---- one tag ----------------------------------------------------------------- */

/* What `bytes` holds from `from` to `end` is one tag more. */
static void
keep_tag(struct canonical *canonical, size_t from, size_t key_end, size_t end,
    enum tag_strength strength)
{
	canonical->found = mem_room(canonical->found, canonical->tags_found, &canonical->tags_cap,
	    sizeof(*canonical->found));
	canonical->found[canonical->tags_found] = (struct tag){
	    .at = from,
	    .len = end - from,
	    .key_len = key_end - from,
	    .strength = strength,
	    .order = canonical->tags_found,
	};
	canonical->tags_found++;
}

/* The key that was written since `from`, to be followed by a colon. */
static enum reason
end_key(struct text *out, size_t from)
{
	if (out->len == from)
		return REASON_TAGS;
	replace_bytes(out->bytes + from, out->len - from, KEY_UNWANTED);
	text_byte(out, ':');
	return REASON_NONE;
}

/* The value that was written since `from`. */
static void
end_value(struct text *out, size_t from)
{
	if (out->len == from) {
		text_puts(out, "true");
		return;
	}
	replace_bytes(out->bytes + from, out->len - from, VALUE_UNWANTED);
	if (out->bytes[from] == '~')
		out->bytes[from] = '_';
}

/* A client's "k=v", or "k:v", or "k". */
static enum reason
add_tag(const struct canonical_rules *rules, struct canonical *canonical, const char *at,
    const char *end, char assign)
{
	struct text *out = &canonical->bytes;
	size_t from = out->len;

	while (at < end && *at == '#')
		at++;
	if (at == end)
		return REASON_NONE;
	const char *key_end = scan_byte(at, end, assign);
	enum reason reason = append_bytes(rules, out, at, (size_t)(key_end - at));

	if (reason == REASON_NONE)
		reason = end_key(out, from);
	if (reason != REASON_NONE)
		return reason;
	size_t value_from = out->len;

	if (key_end < end)
		reason = append_bytes(rules, out, key_end + 1, (size_t)(end - key_end - 1));
	if (reason != REASON_NONE)
		return reason;
	end_value(out, value_from);
	keep_tag(canonical, from, value_from - 1, out->len, TAG_CLIENT);
	return REASON_NONE;
}

static enum reason
add_tags(const struct canonical_rules *rules, struct canonical *canonical, const char *at,
    const char *end, char separator, char assign)
{
	enum reason reason = REASON_NONE;

	while (at < end && reason == REASON_NONE) {
		const char *stop = scan_byte(at, end, separator);

		reason = add_tag(rules, canonical, at, stop, assign);
		at = stop < end ? stop + 1 : end;
	}
	return reason;
}

/* ---- tags in a name ---------------------------------------------------------- */

/* The tags behind `mark`; *rest_out is what follows them, and belongs to the
 * name. */
static enum reason
add_name_tags(const struct canonical_rules *rules, struct canonical *canonical, const char *mark,
    const char *end, bool closes, const char **rest_out)
{
	const char *tags_end = end;

	*rest_out = end;
	if (*mark == '[') {
		if (!closes)
			return REASON_TAGS;
		tags_end = scan_byte(mark, end, ']');
		*rest_out = tags_end + 1;
	}
	return add_tags(rules, canonical, mark + 1, tags_end, *mark == ';' ? ';' : ',', '=');
}

/* A name, and the tags that stand in it. */
static enum reason
split_name(
    const struct canonical_rules *rules, const struct sample *sample, struct canonical *canonical)
{
	const char *name = sample->name, *end = name + sample->name_len, *rest = end;
	size_t prefix_len = canonical->name.len;
	bool closes = false;
	const char *mark = dialect_find(rules->dialects, name, end, &closes);
	enum reason reason = append_bytes(rules, &canonical->name, name, (size_t)(mark - name));

	if (reason == REASON_NONE && mark < end)
		reason = add_name_tags(rules, canonical, mark, end, closes, &rest);
	if (reason == REASON_NONE)
		reason = append_bytes(rules, &canonical->name, rest, (size_t)(end - rest));
	if (reason == REASON_NONE && canonical->name.len == prefix_len)
		reason = REASON_BAD_NAME;
	if (reason == REASON_NONE)
		dialect_blunt(rules->dialects, canonical->name.bytes + prefix_len,
		    canonical->name.len - prefix_len);
	return reason;
}

static enum reason
make_safely(
    const struct canonical_rules *rules, const struct sample *sample, struct canonical *canonical)
{
	enum reason reason = REASON_NONE;

	if (is_simple(sample->name, sample->name_len))
		text_append(&canonical->name, sample->name, sample->name_len);
	else
		reason = split_name(rules, sample, canonical);
	if (reason != REASON_NONE || !dialect_is_on(rules->dialects, DIALECT_DOGSTATSD))
		return reason;
	return add_tags(rules, canonical, sample->tags, sample->tags + sample->tags_len, ',', ':');
}

/* ---- to the letter ----------------------------------------------------------- */

/* One tag behind |#: of its semicolons and colons StatsD replaces the first. */
static void
join_tag(struct text *key, const char *at, const char *end)
{
	const char *semicolon = scan_byte(at, end, ';'), *colon = scan_byte(at, end, ':');
	size_t from = key->len + 1;

	text_byte(key, ';');
	text_append(key, at, (size_t)(end - at));
	if (semicolon < end)
		key->bytes[from + (size_t)(semicolon - at)] = '_';
	if (colon < end)
		key->bytes[from + (size_t)(colon - at)] = '=';
}

/* Name and tags as StatsD joins them, before it cleans them. */
static void
join_key(const struct sample *sample, struct text *key)
{
	const char *at = sample->tags, *end = at + sample->tags_len;

	text_append(key, sample->name, sample->name_len);
	while (at <= end && sample->tags_len > 0) {
		const char *stop = scan_byte(at, end, ',');

		join_tag(key, at, stop);
		at = stop + 1;
	}
}

/* What `bytes` holds from `from` to `end` stands between semicolons of
 * StatsD's key. */
static void
keep_letter_tag(struct canonical *canonical, size_t from, size_t end)
{
	char *bytes = canonical->bytes.bytes;
	char *assign = memchr(bytes + from, '=', end - from);
	size_t key_end = assign != NULL ? (size_t)(assign - bytes) : end;

	replace_bytes(bytes + from, key_end - from, ",:");
	replace_bytes(bytes + key_end, end - key_end, ",");
	if (assign != NULL)
		*assign = ':';
	keep_tag(canonical, from, key_end, end, TAG_CLIENT);
}

static enum reason
make_to_the_letter(
    const struct canonical_rules *rules, const struct sample *sample, struct canonical *canonical)
{
	struct text *key = &canonical->bytes;

	join_key(sample, &canonical->tags);
	enum reason reason = append_bytes(rules, key, canonical->tags.bytes, canonical->tags.len);

	if (reason != REASON_NONE)
		return reason;
	const char *end = key->bytes + key->len;
	const char *stop = scan_byte(key->bytes, end, ';');

	text_append(&canonical->name, key->bytes, (size_t)(stop - key->bytes));
	while (stop < end) {
		const char *from = stop + 1;

		stop = scan_byte(from, end, ';');
		keep_letter_tag(
		    canonical, (size_t)(from - key->bytes), (size_t)(stop - key->bytes));
	}
	while (canonical->tags_found > 0 && canonical->found[canonical->tags_found - 1].len == 0)
		canonical->tags_found--;
	return REASON_NONE;
}

/* ---- canonical as it stands -------------------------------------------------- */

static int
compare_keys(const char *a, size_t a_len, const char *b, size_t b_len)
{
	int order = memcmp(a, b, a_len < b_len ? a_len : b_len);

	if (order != 0)
		return order;
	return (a_len > b_len) - (a_len < b_len);
}

/* Is it "k:v,k:v", by key, each key once? Its bytes are simple but for colons
 * and commas. */
static bool
are_own_tags(const char *at, const char *end, size_t most)
{
	const char *before = at;
	size_t before_len = 0;

	for (; most > 0; most--) {
		const char *colon = scan_first(at, end, ':', ',', '=');
		size_t key_len = (size_t)(colon - at);

		if (colon == end || *colon != ':' ||
		    compare_keys(before, before_len, at, key_len) >= 0)
			return false;
		const char *stop = scan_first(colon + 1, end, ':', ',', ',');

		if (stop == colon + 1)
			return false;
		if (stop == end)
			return true;
		if (*stop == ':')
			return false;
		before = at;
		before_len = key_len;
		at = stop + 1;
	}
	return false;
}

bool
canonical_is_own(const struct canonical_rules *rules, const struct sample *sample)
{
	const char *tags = sample->tags;
	size_t tags_len = sample->tags_len;

	if (rules->letter || rules->prefix[0] != '\0' || rules->tags.count > 0 ||
	    sample->name_len + tags_len > rules->most_bytes ||
	    !is_simple(sample->name, sample->name_len))
		return false;
	return tags_len == 0 ||
	    (dialect_is_on(rules->dialects, DIALECT_DOGSTATSD) &&
		clean_is_simple(tags, tags_len, ':', ',') &&
		are_own_tags(tags, tags + tags_len, rules->most_tags));
}

/* ---- the steps --------------------------------------------------------------- */

static enum reason
add_listener_tags(const struct canonical_rules *rules, struct canonical *canonical)
{
	enum reason reason = REASON_NONE;

	for (size_t i = 0; i < rules->tags.count && reason == REASON_NONE; i++) {
		const struct item_pair *tag = &rules->tags.at[i];

		reason = canonical_add_tag(rules, canonical, tag->key, strlen(tag->key), tag->value,
		    strlen(tag->value), TAG_WEAK);
	}
	return reason;
}

enum reason
canonical_make(
    const struct canonical_rules *rules, const struct sample *sample, struct canonical *canonical)
{
	text_reset(&canonical->name);
	text_reset(&canonical->tags);
	text_reset(&canonical->bytes);
	text_reserve(&canonical->name, 1);
	text_reserve(&canonical->tags, 1);
	text_reserve(&canonical->bytes, 1);
	canonical->tags_found = 0;
	if ((size_t)sample->name_len + sample->tags_len > rules->most_bytes)
		return REASON_NAME_TOO_LONG;
	text_puts(&canonical->name, rules->prefix);
	enum reason reason = rules->letter ? make_to_the_letter(rules, sample, canonical)
					   : make_safely(rules, sample, canonical);

	return reason == REASON_NONE ? add_listener_tags(rules, canonical) : reason;
}

void
canonical_rename(struct canonical *canonical, const char *name, size_t len)
{
	text_reset(&canonical->name);
	clean_append_plain(&canonical->name, name, len);
	replace_bytes(canonical->name.bytes, canonical->name.len, ";");
}

static void
append_own(const struct canonical_rules *rules, struct text *out, const char *bytes, size_t len)
{
	if (rules->clean)
		clean_append(out, bytes, len);
	else
		clean_append_plain(out, bytes, len);
}

enum reason
canonical_add_tag(const struct canonical_rules *rules, struct canonical *canonical, const char *key,
    size_t key_len, const char *value, size_t value_len, enum tag_strength strength)
{
	struct text *out = &canonical->bytes;
	size_t from = out->len;

	append_own(rules, out, key, key_len);
	enum reason reason = end_key(out, from);

	if (reason != REASON_NONE)
		return reason;
	size_t value_from = out->len;

	append_own(rules, out, value, value_len);
	end_value(out, value_from);
	keep_tag(canonical, from, value_from - 1, out->len, strength);
	return REASON_NONE;
}

static int
compare_tags(const void *left, const void *right, void *arg)
{
	const struct tag *a = left, *b = right;
	const char *bytes = arg;
	int order = compare_keys(bytes + a->at, a->key_len, bytes + b->at, b->key_len);

	if (order != 0)
		return order;
	if (a->strength != b->strength)
		return a->strength < b->strength ? -1 : 1;
	return a->order < b->order ? -1 : 1;
}

static bool
same_key(const struct canonical *canonical, const struct tag *a, const struct tag *b)
{
	const char *bytes = canonical->bytes.bytes;

	return a->key_len == b->key_len && memcmp(bytes + a->at, bytes + b->at, a->key_len) == 0;
}

/* By key, and the strongest and last of each. */
static void
order_tags(struct canonical *canonical)
{
	size_t count = canonical->tags_found, kept = 0;
	struct tag *found = canonical->found;

	if (count > 1)
		qsort_r(found, count, sizeof(*found), compare_tags, canonical->bytes.bytes);
	for (size_t i = 0; i < count; i++)
		if (i + 1 == count || !same_key(canonical, &found[i], &found[i + 1]))
			found[kept++] = found[i];
	canonical->tags_found = kept;
}

/* Does a tag from `first` on take the place of this one? */
static bool
is_replaced(const struct canonical *canonical, const struct tag *tag, size_t first)
{
	for (size_t i = first; i < canonical->tags_found; i++) {
		const struct tag *other = &canonical->found[i];
		bool wins = other->strength > tag->strength ||
		    (other->strength == tag->strength && other->order > tag->order);

		if (wins && same_key(canonical, tag, other))
			return true;
	}
	return false;
}

/* To the letter: the client's in their order, however often a key comes, then
 * the operator's, of which one may take the place of another and, where it is
 * the stronger, of the client's. */
static void
replace_tags(struct canonical *canonical)
{
	struct tag *found = canonical->found;
	size_t clients = 0, kept = 0;

	while (clients < canonical->tags_found && found[clients].strength == TAG_CLIENT)
		clients++;
	for (size_t i = 0; clients < canonical->tags_found && i < canonical->tags_found; i++)
		found[i].replaced = is_replaced(canonical, &found[i], i < clients ? clients : 0);
	for (size_t i = 0; i < canonical->tags_found; i++)
		if (!found[i].replaced)
			found[kept++] = found[i];
	canonical->tags_found = kept;
}

enum reason
canonical_finish(const struct canonical_rules *rules, struct canonical *canonical)
{
	if (canonical->name.len == 0 && !rules->letter)
		return REASON_BAD_NAME;
	if (rules->letter)
		replace_tags(canonical);
	else
		order_tags(canonical);
	if (canonical->tags_found > rules->most_tags)
		return REASON_TAGS;
	text_reset(&canonical->tags);
	for (size_t i = 0; i < canonical->tags_found; i++) {
		const struct tag *tag = &canonical->found[i];

		if (i > 0)
			text_byte(&canonical->tags, ',');
		text_append(&canonical->tags, canonical->bytes.bytes + tag->at, tag->len);
	}
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
