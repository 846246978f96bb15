/* SPDX-License-Identifier: MIT */
/* source.c -- where a line came from. */

#include "metric/source.h"

#include <arpa/inet.h>
#include <string.h>

#define UID_AT 12

static const uint8_t users[UID_AT] = {1};
static const uint8_t mapped[UID_AT] = {[10] = 0xff, 0xff};

const uint8_t source_none[SOURCE_BYTES];

void
source_of_user(uint32_t uid, uint8_t *source_out)
{
	const uint32_t ordered = htonl(uid);

	memcpy(source_out, users, UID_AT);
	memcpy(source_out + UID_AT, &ordered, sizeof(ordered));
}

void
source_print(const uint8_t *source, struct text *out)
{
	char shown[INET6_ADDRSTRLEN] = "?";
	uint32_t uid;

	if (memcmp(source, users, UID_AT) == 0) {
		memcpy(&uid, source + UID_AT, sizeof(uid));
		text_printf(out, "uid %u", ntohl(uid));
		return;
	}
	if (memcmp(source, source_none, SOURCE_BYTES) == 0) {
		text_puts(out, "stdin");
		return;
	}
	if (memcmp(source, mapped, UID_AT) == 0)
		inet_ntop(AF_INET, source + UID_AT, shown, sizeof(shown));
	else
		inet_ntop(AF_INET6, source, shown, sizeof(shown));
	text_puts(out, shown);
}
