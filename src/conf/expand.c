/* SPDX-License-Identifier: MIT */
/* expand.c -- %{host} and %{env:NAME} in a text. */

#include "conf/expand.h"

#include "base/mem.h"
#include "base/utf8.h"

#include <stdlib.h>

#define ENV "env:"

static bool
expand_variable(const char *name, struct text *out, struct text *why)
{
	const char *value = getenv(name);

	if (value == NULL)
		text_printf(why, "%%{env:%.60s}: the environment has no such variable", name);
	else if (!utf8_valid(value, strlen(value)))
		text_printf(why, "%%{env:%.60s}: the variable is not UTF-8 text", name);
	else
		text_puts(out, value);
	return why->len == 0;
}

static bool
expand_one(const char *name, const char *host, struct text *out, struct text *why)
{
	if (strcmp(name, "host") == 0) {
		text_puts(out, host);
		return true;
	}
	if (strncmp(name, ENV, strlen(ENV)) == 0)
		return expand_variable(name + strlen(ENV), out, why);
	text_printf(why, "%%{%.60s} is unknown; there are %%{host} and %%{env:NAME}", name);
	return false;
}

bool
expand(const char *text, const char *host, struct text *out, struct text *why)
{
	for (;;) {
		const char *open = strstr(text, "%{");

		if (open == NULL) {
			text_puts(out, text);
			return true;
		}
		const char *close = strchr(open, '}');

		text_append(out, text, (size_t)(open - text));
		if (close == NULL) {
			text_printf(why, "a brace is not closed in \"%.60s\"", open);
			return false;
		}
		char *name = mem_copy_text(open + 2, (size_t)(close - open - 2));
		bool done = expand_one(name, host, out, why);

		free(name);
		if (!done)
			return false;
		text = close + 1;
	}
}
