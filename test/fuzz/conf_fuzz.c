/* SPDX-License-Identifier: MIT */
/* conf_fuzz.c -- any bytes as a configuration: up to the first NUL a file,
 * what stands between further ones are options. Nothing may crash, every
 * problem is one line that can be shown, and what is accepted can be printed
 * and read back as the same; except where a variable's own value holds %{,
 * which nothing can spell. */

#include "base/check.h"
#include "base/mem.h"
#include "cli/settings.h"
#include "conf/conf.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void
check_problems(const struct conf *conf)
{
	for (size_t i = 0; i < conf_problem_count(conf); i++) {
		const char *sentence = conf_problem(conf, i);

		CHECK(sentence[0] != '\0');
		for (; *sentence != '\0'; sentence++)
			CHECK((unsigned char)*sentence >= ' ' && *sentence != 0x7f);
	}
}

/* Whether the settings were accepted; then *out is how they print. */
static bool
apply(struct conf *conf, struct text *out)
{
	struct settings settings;
	size_t problems = conf_apply(conf, &settings);

	CHECK(problems == conf_problem_count(conf));
	check_problems(conf);
	if (problems == 0)
		conf_print(conf, &settings, false, out);
	conf_settings_free(&settings_items, &settings);
	return problems == 0;
}

static void
read_input(struct conf *conf, const char *bytes, size_t len)
{
	const char *end = bytes + len;
	size_t file_len = strnlen(bytes, len);

	conf_read_text(conf, "fuzz.yaml", bytes, file_len);
	for (const char *at = bytes + file_len; at < end;) {
		size_t option_len = strnlen(at + 1, (size_t)(end - at - 1));
		char *option = mem_copy_text(at + 1, option_len);

		conf_read_option(conf, option);
		free(option);
		at += 1 + option_len;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct conf *conf = conf_new(&settings_items);
	struct text printed = {0}, again = {0};

	read_input(conf, (const char *)bytes, len);
	if (apply(conf, &printed) && memmem(printed.bytes, printed.len, "%{", 2) == NULL) {
		struct conf *second = conf_new(&settings_items);

		conf_read_text(second, "printed.yaml", printed.bytes, printed.len);
		CHECK(apply(second, &again));
		CHECK(again.len == printed.len &&
		    memcmp(again.bytes, printed.bytes, printed.len) == 0);
		conf_free(second);
	}
	conf_free(conf);
	text_fini(&printed);
	text_fini(&again);
	return 0;
}
