/* SPDX-License-Identifier: MIT */
/* steer_test.c -- the program that the kernel steers by says what the lists
 * say, of every host; run here by a machine of its own. */

#include "net/steer.h"

#include "base/mem.h"
#include "net/inet.h"
#include "test/unit/random.h"
#include "test/unit/suite.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>

/* An IP header and the UDP one behind it. */
struct packet {
	uint8_t bytes[64];
	uint32_t random; /* what the kernel draws */
};

struct machine {
	uint32_t a, x, memory[BPF_MEMWORDS];
};

static uint32_t
big_endian(const uint8_t *bytes, unsigned size)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < size; i++)
		value = value << 8 | bytes[i];
	return value;
}

static void
load(struct machine *machine, const struct sock_filter *at, const struct packet *packet)
{
	unsigned size = BPF_SIZE(at->code) == BPF_W ? 4 : BPF_SIZE(at->code) == BPF_H ? 2 : 1;
	uint32_t offset = at->k - (uint32_t)SKF_NET_OFF;

	switch (BPF_MODE(at->code)) {
	case BPF_IMM: machine->a = at->k; return;
	case BPF_MEM: machine->a = machine->memory[at->k]; return;
	case BPF_ABS:
		if (at->k == (uint32_t)(SKF_AD_OFF + SKF_AD_RANDOM)) {
			machine->a = packet->random;
			return;
		}
		break;
	case BPF_IND: offset += machine->x; break;
	default: ck_abort_msg("a load of kind %u", BPF_MODE(at->code));
	}
	ck_assert_uint_le(offset + size, sizeof(packet->bytes));
	machine->a = big_endian(packet->bytes + offset, size);
}

static void
load_index(struct machine *machine, const struct sock_filter *at, const struct packet *packet)
{
	if (BPF_MODE(at->code) == BPF_MEM)
		machine->x = machine->memory[at->k];
	else if (BPF_MODE(at->code) == BPF_MSH)
		machine->x = 4 * (packet->bytes[at->k - (uint32_t)SKF_NET_OFF] & 0xfu);
	else
		ck_abort_msg("an index of kind %u", BPF_MODE(at->code));
}

static void
calculate(struct machine *machine, const struct sock_filter *at)
{
	uint32_t operand = BPF_SRC(at->code) == BPF_X ? machine->x : at->k;

	switch (BPF_OP(at->code)) {
	case BPF_ADD: machine->a += operand; break;
	case BPF_MUL: machine->a *= operand; break;
	case BPF_MOD: machine->a %= operand; break;
	case BPF_AND: machine->a &= operand; break;
	case BPF_XOR: machine->a ^= operand; break;
	case BPF_RSH: machine->a >>= operand; break;
	default: ck_abort_msg("an operation %u", BPF_OP(at->code));
	}
}

/* What the program answers. */
static uint32_t
run(const struct sock_filter *program, size_t len, const struct packet *packet)
{
	struct machine machine = {0};

	for (size_t i = 0; i < len; i++) {
		const struct sock_filter *at = &program[i];

		switch (BPF_CLASS(at->code)) {
		case BPF_LD: load(&machine, at, packet); break;
		case BPF_LDX: load_index(&machine, at, packet); break;
		case BPF_ST: machine.memory[at->k] = machine.a; break;
		case BPF_ALU: calculate(&machine, at); break;
		case BPF_MISC: machine.x = machine.a; break;
		case BPF_RET: return BPF_RVAL(at->code) == BPF_A ? machine.a : at->k;
		case BPF_JMP:
			if (BPF_OP(at->code) == BPF_JA)
				i += at->k;
			else
				i += machine.a == at->k ? at->jt : at->jf;
			break;
		default: ck_abort_msg("an instruction %x", at->code);
		}
	}
	ck_abort_msg("the program has no end");
}

/* From a host, mapped into IPv6 if of IPv4, and a port. */
static struct packet
packet_from(bool v4, const uint8_t *host, uint16_t port)
{
	struct packet packet = {.random = 4711};
	uint8_t *udp = packet.bytes + (v4 ? 24 : 40);

	if (v4) { /* with four bytes of options */
		packet.bytes[0] = 0x46;
		memcpy(packet.bytes + 12, host + 12, 4);
	} else {
		packet.bytes[0] = 0x60;
		packet.bytes[6] = IPPROTO_UDP;
		memcpy(packet.bytes + 8, host, 16);
	}
	udp[0] = (uint8_t)(port >> 8);
	udp[1] = (uint8_t)port;
	return packet;
}

static const char *const few[] = {"10.0.0.0/8", "192.0.2.0/25", "192.0.2.7", "0.0.0.0/0", "::/0",
    "fd00::/8", "2001:db8::/33", "2001:db8:0:1::/64", "2001:db8::7", "2001:db8::/96", "any"};
#define FEW (sizeof(few) / sizeof(*few))

/* Some of the few, in any order. */
static struct item_list
random_list(uint64_t *seed, const char **room)
{
	struct item_list list = {.count = random_below(seed, 5), .at = room};

	for (size_t i = 0; i < list.count; i++)
		room[i] = few[random_below(seed, FEW)];
	return list;
}

/* Near the edge of one of the few: its address, but for some bits. */
static void
random_host(uint64_t *seed, bool *v4_out, uint8_t *host_out)
{
	struct network networks[NETWORK_WORD_MOST];
	const char *error;
	size_t count;

	ck_assert_int_eq(network_parse(few[random_below(seed, FEW)], networks, &count, &error), 0);
	*v4_out = networks[0].v4;
	memcpy(host_out, networks[0].bytes, NETWORK_BYTES);
	for (unsigned flips = random_below(seed, 3); flips > 0; flips--) {
		unsigned first = *v4_out ? 96 : 0;
		unsigned bit = first + random_below(seed, 128 - first);

		host_out[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
	}
}

START_TEST(what_the_lists_refuse_goes_to_the_bin_and_nothing_else)
{
	struct sock_filter *program = mem_zero(BPF_MAXINSNS, sizeof(*program));
	uint64_t seed = random_seed();
	unsigned refused = 0;

	for (unsigned round = 0; round < 5000; round++) {
		const char *allow_room[4], *deny_room[4];
		const struct item_list allow = random_list(&seed, allow_room),
				       deny = random_list(&seed, deny_room);
		struct text error = {0};
		struct access *access = access_new(&allow, &deny, &error);
		struct steering steering = {.access = access, .workers = 1 + round % 4};

		steering.random = random_below(&seed, 2);
		for (unsigned i = 0; i < 4; i++) {
			uint8_t host[NETWORK_BYTES];
			bool v4;

			random_host(&seed, &v4, host);
			steering.family = v4 ? AF_INET : AF_INET6;
			const struct packet packet =
			    packet_from(v4, host, (uint16_t)random_next(&seed));
			int len = steer_program(&steering, program);
			uint32_t number = run(program, (size_t)len, &packet);

			ck_assert_uint_le(number, steering.workers);
			ck_assert((number > 0) == access_admits_host(access, host));
			refused += number == 0;
		}
		access_free(&access);
	}
	ck_assert_uint_gt(refused, 1000);
	ck_assert_uint_lt(refused, 19000);
	free(program);
}
END_TEST

/* By a client's port alone, and by its address alone, whichever bits of it. */
START_TEST(clients_spread_over_the_workers_and_stay_where_they_are)
{
	static const unsigned places[] = {12, 13, 14, 15, 0, 3, 7};
	static const struct access *const nobody_refused = NULL;
	struct sock_filter program[BPF_MAXINSNS];

	for (size_t place = 0; place < sizeof(places) / sizeof(*places); place++) {
		bool v4 = place < 4;
		const struct steering steering = {
		    .family = v4 ? AF_INET : AF_INET6, .access = nobody_refused, .workers = 4};
		size_t len = (size_t)steer_program(&steering, program);
		unsigned by_port[4] = {0}, by_host[4] = {0};

		for (unsigned i = 0; i < 256; i++) {
			uint8_t host[NETWORK_BYTES] = {[15] = 1};

			const struct packet port = packet_from(v4, host, (uint16_t)(32768 + 2 * i));

			host[places[place]] = (uint8_t)i;
			const struct packet other = packet_from(v4, host, 8125);

			by_port[run(program, len, &port)]++;
			by_host[run(program, len, &other)]++;
			ck_assert_uint_eq(run(program, len, &other), run(program, len, &other));
		}
		for (unsigned i = 0; i < 4; i++) {
			ck_assert_uint_gt(by_port[i], 256 / 8);
			ck_assert_uint_gt(by_host[i], 256 / 8);
		}
	}
}
END_TEST

START_TEST(a_port_behind_another_header_is_left_out)
{
	struct sock_filter program[BPF_MAXINSNS];
	const struct steering steering = {.family = AF_INET6, .workers = 64};
	size_t len = (size_t)steer_program(&steering, program);
	uint8_t host[NETWORK_BYTES] = {[15] = 1};
	uint32_t number = UINT32_MAX;

	for (uint16_t port = 1; port < 100; port++) {
		struct packet packet = packet_from(false, host, port);

		packet.bytes[6] = IPPROTO_HOPOPTS;
		if (number == UINT32_MAX)
			number = run(program, len, &packet);
		ck_assert_uint_eq(run(program, len, &packet), number);
	}
}
END_TEST

START_TEST(a_drawn_number_chooses_the_worker)
{
	struct sock_filter program[BPF_MAXINSNS];
	const struct steering steering = {.family = AF_INET, .random = true, .workers = 3};
	size_t len = (size_t)steer_program(&steering, program);
	uint8_t host[NETWORK_BYTES] = {0};

	for (uint32_t drawn = 0; drawn < 9; drawn++) {
		struct packet packet = packet_from(true, host, 1);

		packet.random = drawn;
		ck_assert_uint_eq(run(program, len, &packet), drawn % 3);
	}
}
END_TEST

START_TEST(too_many_networks_are_said_to_be)
{
	struct sock_filter program[BPF_MAXINSNS];
	char texts[2000][24], *pointers[2000];
	const struct item_list none = {0};
	struct item_list many = {.at = pointers};
	struct steering steering = {.family = AF_INET, .workers = 1};
	struct text error = {0};

	for (unsigned i = 0; i < 2000; i++) {
		snprintf(texts[i], sizeof(texts[i]), "10.%u.%u.0/24", i / 256, i % 256);
		pointers[i] = texts[i];
	}
	for (many.count = 1000; many.count <= 2000; many.count += 1000) {
		struct access *access = access_new(&many, &none, &error);

		steering.access = access;
		int len = steer_program(&steering, program);

		ck_assert(many.count == 1000 ? len > 4000 : len == -E2BIG);
		access_free(&access);
	}
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(what_the_lists_refuse_goes_to_the_bin_and_nothing_else),
    SUITE_TEST(clients_spread_over_the_workers_and_stay_where_they_are),
    SUITE_TEST(a_port_behind_another_header_is_left_out),
    SUITE_TEST(a_drawn_number_chooses_the_worker),
    SUITE_TEST(too_many_networks_are_said_to_be),
    {0},
};

SUITE_MAIN("net/steer", tests)
