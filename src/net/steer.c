/* SPDX-License-Identifier: MIT */
/* steer.c -- which socket of a group gets a datagram.
 *
 *   source address -> M[0..3]
 *   is it of a denied network?     return 0
 *   is it of an allowed one?       go on, where any is named; else return 0
 *   hash address and port, or draw a number
 *   return 1 + that modulo the workers
 *
 * A jump on a condition reaches 255 instructions: each stays within the test
 * of one network, and what is allowed leaves by a jump without. A byte that a
 * datagram does not have ends the program with 0: it is refused. */

#include "net/steer.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

/* Of the IP header, wherever it begins. */
#define HEADER(offset) ((uint32_t)SKF_NET_OFF + (uint32_t)(offset))
#define V4_SOURCE 12
#define V6_SOURCE 8
#define V6_NEXT 6
#define V6_BYTES 40

/* A factor that spreads neighbours: 2^32 by the golden ratio. */
#define SPREAD 0x9e3779b1

struct program {
	struct sock_filter *at;
	unsigned len;
	bool too_long;
	unsigned words; /* of a source address */
};

static void
emit(struct program *program, uint16_t code, uint32_t k, uint8_t if_true, uint8_t if_false)
{
	if (program->len == BPF_MAXINSNS)
		program->too_long = true;
	else
		program->at[program->len++] =
		    (struct sock_filter){.code = code, .jt = if_true, .jf = if_false, .k = k};
}

static void
load_source(struct program *program, unsigned offset)
{
	for (unsigned i = 0; i < program->words; i++) {
		emit(program, BPF_LD | BPF_W | BPF_ABS, HEADER(offset + 4 * i), 0, 0);
		emit(program, BPF_ST, i, 0, 0);
	}
}

static uint32_t
word_at(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
	    bytes[3];
}

/* Instructions to compare an address's words with as many bits of a network. */
static unsigned
test_length(unsigned bits)
{
	return bits / 32 * 2 + (bits % 32 != 0 ? 3 : 0);
}

/* Go past one instruction more where the source is not of the network. */
static void
test_network(struct program *program, const struct network *network)
{
	const uint8_t *bytes = network->bytes + NETWORK_BYTES - 4 * program->words;
	unsigned bits = network->bits - 8 * (NETWORK_BYTES - 4 * program->words);

	for (unsigned i = 0; bits > 0; i++) {
		unsigned some = bits < 32 ? bits : 32;

		emit(program, BPF_LD | BPF_MEM, i, 0, 0);
		if (some < 32)
			emit(program, BPF_ALU | BPF_AND | BPF_K, ~(UINT32_MAX >> some), 0, 0);
		bits -= some;
		emit(program, BPF_JMP | BPF_JEQ | BPF_K, word_at(bytes + 4 * i), 0,
		    (uint8_t)(test_length(bits) + 1));
	}
}

static void
refuse_denied(struct program *program, const struct access *access, bool v4)
{
	const struct network *networks;
	size_t count = access_networks(access, ACCESS_DENY, &networks);

	for (size_t i = 0; i < count; i++) {
		if (networks[i].v4 != v4)
			continue;
		test_network(program, &networks[i]);
		emit(program, BPF_RET | BPF_K, 0, 0, 0);
	}
}

static void
refuse_others(struct program *program, const struct access *access, bool v4)
{
	const struct network *networks;
	size_t count = access_networks(access, ACCESS_ALLOW, &networks);
	unsigned first = program->len;

	if (count == 0)
		return;
	for (size_t i = 0; i < count; i++) {
		if (networks[i].v4 != v4)
			continue;
		test_network(program, &networks[i]);
		emit(program, BPF_JMP | BPF_JA, 0, 0, 0);
	}
	emit(program, BPF_RET | BPF_K, 0, 0, 0);
	for (unsigned i = first; i < program->len; i++)
		if (program->at[i].code == (BPF_JMP | BPF_JA))
			program->at[i].k = program->len - i - 1;
}

/* A: the source's port; 0 where it is not right behind an IPv6 header. */
static void
load_port(struct program *program)
{
	if (program->words == 1) {
		emit(program, BPF_LDX | BPF_B | BPF_MSH, HEADER(0), 0, 0);
		emit(program, BPF_LD | BPF_H | BPF_IND, HEADER(0), 0, 0);
		return;
	}
	emit(program, BPF_LD | BPF_B | BPF_ABS, HEADER(V6_NEXT), 0, 0);
	emit(program, BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDP, 2, 0);
	emit(program, BPF_LD | BPF_IMM, 0, 0, 0);
	emit(program, BPF_JMP | BPF_JA, 1, 0, 0);
	emit(program, BPF_LD | BPF_H | BPF_ABS, HEADER(V6_BYTES), 0, 0);
}

/* A: a hash of the client's address and port. A product's upper bits know of
 * all that is below them: they are folded onto the lower ones, and after the
 * next product they are what counts. */
static void
hash_client(struct program *program)
{
	load_port(program);
	for (unsigned i = 0; i < program->words; i++) {
		emit(program, BPF_ALU | BPF_MUL | BPF_K, SPREAD, 0, 0);
		emit(program, BPF_LDX | BPF_MEM, i, 0, 0);
		emit(program, BPF_ALU | BPF_XOR | BPF_X, 0, 0, 0);
	}
	emit(program, BPF_ALU | BPF_MUL | BPF_K, SPREAD, 0, 0);
	emit(program, BPF_MISC | BPF_TAX, 0, 0, 0);
	emit(program, BPF_ALU | BPF_RSH | BPF_K, 16, 0, 0);
	emit(program, BPF_ALU | BPF_XOR | BPF_X, 0, 0, 0);
	emit(program, BPF_ALU | BPF_MUL | BPF_K, SPREAD, 0, 0);
	emit(program, BPF_ALU | BPF_RSH | BPF_K, 16, 0, 0);
}

static void
choose_worker(struct program *program, const struct steering *steering)
{
	if (steering->random)
		emit(program, BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_RANDOM), 0,
		    0);
	else
		hash_client(program);
	emit(program, BPF_ALU | BPF_MOD | BPF_K, steering->workers, 0, 0);
	if (steering->access != NULL)
		emit(program, BPF_ALU | BPF_ADD, 1, 0, 0);
	emit(program, BPF_RET | BPF_A, 0, 0, 0);
}

int
steer_program(const struct steering *steering, struct sock_filter *program_out)
{
	bool v4 = steering->family == AF_INET;
	struct program program = {.at = program_out, .words = v4 ? 1 : 4};

	load_source(&program, v4 ? V4_SOURCE : V6_SOURCE);
	if (steering->access != NULL) {
		refuse_denied(&program, steering->access, v4);
		refuse_others(&program, steering->access, v4);
	}
	choose_worker(&program, steering);
	return program.too_long ? -E2BIG : (int)program.len;
}
