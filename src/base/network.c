/* SPDX-License-Identifier: MIT */
/* network.c -- networks of IPv4 and IPv6 addresses. */

#include "base/network.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

/* What IPv4 addresses are mapped into: ::ffff:0:0/96. */
#define MAPPED_BITS 96
static const uint8_t mapped[MAPPED_BITS / 8] = {[10] = 0xff, [11] = 0xff};

static const struct word {
	const char *word;
	const char *networks[NETWORK_WORD_MOST];
} words[] = {
    {"any", {"0.0.0.0/0", "::/0"}},
    {"loopback", {"127.0.0.0/8", "::1"}},
    {"private",
	{"127.0.0.0/8", "::1", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16",
	    "fc00::/7", "fe80::/10"}},
};

static bool
is_mapped(const uint8_t *host)
{
	return memcmp(host, mapped, sizeof(mapped)) == 0;
}

/* Are two the same in so many bits from the front? */
static bool
same_bits(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;

	return memcmp(a, b, whole) == 0 && (rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0);
}

bool
network_holds(const struct network *network, const uint8_t *host)
{
	return network->v4 == is_mapped(host) && same_bits(network->bytes, host, network->bits);
}

bool
network_is_loopback(const uint8_t *host)
{
	static const uint8_t v6[NETWORK_BYTES] = {[15] = 1};

	return is_mapped(host) ? host[MAPPED_BITS / 8] == 127 : memcmp(host, v6, sizeof(v6)) == 0;
}

/* The number behind the slash: decimal, without sign, without leading zeros. */
static bool
parse_bits(const char *text, unsigned most, unsigned *bits_out)
{
	unsigned bits = 0;
	size_t len = strspn(text, "0123456789");

	if (len == 0 || len > 3 || text[len] != '\0' || (text[0] == '0' && len > 1))
		return false;
	for (; *text != '\0'; text++)
		bits = bits * 10 + (unsigned)(*text - '0');
	*bits_out = bits;
	return bits <= most;
}

static bool
parse_host(const char *host, struct network *out)
{
	if (inet_pton(AF_INET, host, out->bytes + MAPPED_BITS / 8) == 1)
		memcpy(out->bytes, mapped, sizeof(mapped));
	else if (inet_pton(AF_INET6, host, out->bytes) != 1)
		return false;
	out->v4 = strchr(host, ':') == NULL;
	return true;
}

/* Is nothing set beyond the bits that count? */
static bool
ends_in_zeros(const struct network *network)
{
	for (unsigned bit = network->bits; bit < 8 * NETWORK_BYTES; bit++)
		if ((network->bytes[bit / 8] & 0x80 >> bit % 8) != 0)
			return false;
	return true;
}

static int
parse_one(const char *text, struct network *out, const char **error_out)
{
	size_t len = strcspn(text, "/");
	char host[INET6_ADDRSTRLEN] = "";

	*out = (struct network){.bits = 8 * NETWORK_BYTES};
	if (len < sizeof(host))
		memcpy(host, text, len);
	if (!parse_host(host, out)) {
		*error_out = "expected a network, 10.0.0.0/8 or fd00::/8, an address, or one of "
			     "any, private, loopback";
		return -EINVAL;
	}
	unsigned most = out->v4 ? 32 : 128;

	if (text[len] == '/' && !parse_bits(text + len + 1, most, &out->bits)) {
		*error_out = out->v4 ? "the length of an IPv4 network is 0 to 32"
				     : "the length of an IPv6 network is 0 to 128";
		return -EINVAL;
	}
	if (text[len] == '/' && out->v4)
		out->bits += MAPPED_BITS;
	/* Written as IPv6, but meant as what it stands for. */
	out->v4 = is_mapped(out->bytes) && out->bits >= MAPPED_BITS;
	if (!ends_in_zeros(out)) {
		*error_out = "the address has bits set beyond the network's length";
		return -EINVAL;
	}
	return 0;
}

int
network_parse(
    const char *text, struct network *networks_out, size_t *count_out, const char **error_out)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		const struct word *word = &words[i];

		if (strcmp(text, word->word) != 0)
			continue;
		*count_out = 0;
		while (*count_out < NETWORK_WORD_MOST && word->networks[*count_out] != NULL) {
			(void)parse_one(
			    word->networks[*count_out], &networks_out[*count_out], error_out);
			++*count_out;
		}
		return 0;
	}
	*count_out = 1;
	return parse_one(text, networks_out, error_out);
}
