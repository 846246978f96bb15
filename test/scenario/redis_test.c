/* SPDX-License-Identifier: MIT */
/* redis_test.c -- what a Redis server makes of the same members: our
 * HyperLogLog has its registers, and its count. Debian's redis-server. */

#include "aggregate/hyperloglog.h"
#include "aggregate/set.h"
#include "base/hash.h"
#include "test/scenario/peer.h"
#include "test/scenario/play.h"
#include "test/unit/random.h"
#include "test/unit/suite.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define REDIS_SERVER "/usr/bin/redis-server"

struct redis {
	pid_t pid;
	int port;
	FILE *stream; /* its answers; commands go to the descriptor beneath */
};

/* Is it there? Else says SKIPPED, loudly; under REQUIRE_PEERS=1 it must be. */
static bool
redis_present(void)
{
	const char *required = getenv("REQUIRE_PEERS");

	if (access(REDIS_SERVER, X_OK) == 0)
		return true;
	ck_assert_msg(required == NULL || strcmp(required, "1") != 0, "redis-server is missing");
	printf("SKIPPED: redis-server is missing\n");
	return false;
}

static struct sockaddr_in
loopback(int port)
{
	return (struct sockaddr_in){.sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	    .sin_port = htons((uint16_t)port)};
}

static int
free_tcp_port(void)
{
	struct sockaddr_in at = loopback(0);
	socklen_t at_len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&at, &at_len), 0);
	close(fd);
	return ntohs(at.sin_port);
}

static bool
redis_connect(struct redis *redis)
{
	const struct sockaddr_in at = loopback(redis->port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (connect(fd, (const struct sockaddr *)&at, sizeof(at)) < 0) {
		close(fd);
		return false;
	}
	redis->stream = fdopen(fd, "r");
	ck_assert_ptr_nonnull(redis->stream);
	return true;
}

/* A server with nothing in it that keeps nothing, and whose HyperLogLogs are
 * dense from their first member. */
static struct redis
redis_start(void)
{
	struct redis redis = {.port = free_tcp_port()};
	char port[16];

	snprintf(port, sizeof(port), "%d", redis.port);
	redis.pid = peer_start((const char *const[]){REDIS_SERVER, "--port", port, "--bind",
	    "127.0.0.1", "--save", "", "--appendonly", "no", "--daemonize", "no", "--logfile",
	    "/dev/null", "--hll-sparse-max-bytes", "0", NULL});
	WAIT_UNTIL(redis_connect(&redis));
	ck_assert_int_eq(waitpid(redis.pid, NULL, WNOHANG), 0);
	return redis;
}

static void
redis_stop(struct redis *redis)
{
	fclose(redis->stream);
	ck_assert_int_eq(kill(redis->pid, SIGTERM), 0);
	WAIT_UNTIL(waitpid(redis->pid, NULL, WNOHANG) == redis->pid);
}

static void
redis_say(struct redis *redis, const void *bytes, size_t len)
{
	const char *at = bytes;

	while (len > 0) {
		ssize_t sent = send(fileno(redis->stream), at, len, MSG_NOSIGNAL);

		ck_assert_int_gt(sent, 0);
		at += sent;
		len -= (size_t)sent;
	}
}

/* The number an answer begins with: ":5", or the length of "$5". */
static long
redis_number(struct redis *redis, char kind)
{
	char line[256];

	ck_assert_ptr_nonnull(fgets(line, sizeof(line), redis->stream));
	ck_assert_msg(line[0] == kind, "redis-server says %s", line);
	return strtol(line + 1, NULL, 10);
}

/* PFADD one member, of any bytes. The answer is still to be read. */
static void
redis_add(struct redis *redis, const char *key, const char *member, size_t len)
{
	char text[512];
	int head = snprintf(text, sizeof(text), "*3\r\n$5\r\nPFADD\r\n$%zu\r\n%s\r\n$%zu\r\n",
	    strlen(key), key, len);

	ck_assert_uint_lt((size_t)head + len + 2, sizeof(text));
	memcpy(text + head, member, len);
	memcpy(text + head + len, "\r\n", 2);
	redis_say(redis, text, (size_t)head + len + 2);
}

static uint64_t
redis_count(struct redis *redis, const char *key)
{
	char text[64];
	int len = snprintf(text, sizeof(text), "PFCOUNT %s\r\n", key);

	redis_say(redis, text, (size_t)len);
	return (uint64_t)redis_number(redis, ':');
}

#define HEADER_BYTES 16
#define REGISTER_BITS 6
#define DENSE_BYTES (HEADER_BYTES + HYPERLOGLOG_REGISTERS * REGISTER_BITS / 8)

/* "HYLL", encoding 0, 3 unused, 8 of a cached count; then registers of 6 bits,
 * from the lowest bit of the first byte on. */
static void
redis_registers(struct redis *redis, const char *key, uint8_t *registers)
{
	static unsigned char dense[DENSE_BYTES + 2];
	char text[64];
	int len = snprintf(text, sizeof(text), "GET %s\r\n", key);

	redis_say(redis, text, (size_t)len);
	ck_assert_int_eq(redis_number(redis, '$'), DENSE_BYTES);
	ck_assert_uint_eq(fread(dense, 1, sizeof(dense), redis->stream), sizeof(dense));
	ck_assert_mem_eq(dense, "HYLL\0", 5);
	for (size_t i = 0; i < HYPERLOGLOG_REGISTERS; i++) {
		size_t bit = i * REGISTER_BITS;
		const unsigned char *at = dense + HEADER_BYTES + bit / 8;

		/* behind the last register stands the answer's end */
		registers[i] = (uint8_t)((at[0] | at[1] << 8) >> bit % 8 & 63);
	}
}

/* Any bytes, of any length up to 40. */
static uint32_t
draw_member(uint64_t *state, char member[static 40])
{
	uint32_t len = random_below(state, 41);

	for (uint32_t i = 0; i < len; i++)
		member[i] = (char)random_next(state);
	return len;
}

/* Answers are read this many commands later, so that nobody waits. */
#define PIPELINE 500

/* Give members to a key of the server's and to a set of ours. */
static struct set_record *
feed_both(struct redis *redis, const char *key, struct set_record *record, struct arena *arena,
    const struct budget *budget, unsigned members, uint64_t *state)
{
	char member[40];

	for (unsigned i = 0; i < members; i++) {
		const struct sample sample = {
		    .kind = KIND_SET, .member = member, .member_len = draw_member(state, member)};

		record = set_fold(record, arena, &sample, budget);
		ck_assert_ptr_nonnull(record);
		redis_add(redis, key, member, sample.member_len);
		if (i % PIPELINE == PIPELINE - 1)
			for (unsigned k = 0; k < PIPELINE; k++)
				redis_number(redis, ':');
	}
	for (unsigned k = 0; k < members % PIPELINE; k++)
		redis_number(redis, ':');
	return record;
}

static const struct budget roomy = {.bytes = 64 << 20};
static const struct budget spent = {.bytes = 1 << 14};

START_TEST(registers_and_count_are_those_of_redis)
{
	static uint8_t theirs[HYPERLOGLOG_REGISTERS];
	struct arena arena = {0};
	struct set_record *record = NULL;

	if (!redis_present())
		return;
	uint64_t state = random_seed();
	struct redis redis = redis_start();

	hash_init();
	for (unsigned round = 0; round < 8; round++) {
		record = feed_both(&redis, "all", record, &arena, &roomy, 12500, &state);
		if (record->registers == NULL)
			continue;
		redis_registers(&redis, "all", theirs);
		ck_assert_mem_eq(record->registers, theirs, HYPERLOGLOG_REGISTERS);
		ck_assert_uint_eq(set_count(&record->record, &arena), redis_count(&redis, "all"));
	}
	ck_assert_ptr_nonnull(record->registers);
	arena_fini(&arena);
	redis_stop(&redis);
}
END_TEST

/* However few they are: Redis estimates what we still know exactly. */
START_TEST(few_members_have_the_registers_of_redis)
{
	static uint8_t ours[HYPERLOGLOG_REGISTERS], theirs[HYPERLOGLOG_REGISTERS];
	char member[40];

	if (!redis_present())
		return;
	uint64_t state = random_seed();
	struct redis redis = redis_start();

	for (unsigned i = 1; i <= 1000; i++) {
		size_t len = draw_member(&state, member);

		hyperloglog_add(ours, hash_member(member, len));
		redis_add(&redis, "few", member, len);
		redis_number(&redis, ':');
		if (i > 10 && i % 100 != 0)
			continue;
		redis_registers(&redis, "few", theirs);
		ck_assert_mem_eq(ours, theirs, HYPERLOGLOG_REGISTERS);
		ck_assert_uint_eq(hyperloglog_count(ours), redis_count(&redis, "few"));
	}
	redis_stop(&redis);
}
END_TEST

START_TEST(workers_unite_as_redis_merges)
{
	static uint8_t theirs[HYPERLOGLOG_REGISTERS];
	struct arena arenas[3] = {{0}};
	struct set_record *records[3];
	const char *const keys[] = {"one", "two", "three"};

	if (!redis_present())
		return;
	uint64_t state = random_seed();
	struct redis redis = redis_start();

	hash_init();
	/* two of registers, one exact */
	for (unsigned i = 0; i < 3; i++)
		records[i] = feed_both(&redis, keys[i], NULL, &arenas[i], i < 2 ? &spent : &roomy,
		    2000 + 1000 * i, &state);
	records[0]->record.next = &records[1]->record;
	records[1]->record.next = &records[2]->record;
	ck_assert_ptr_null(records[2]->registers);
	uint64_t count = set_count(&records[0]->record, &arenas[0]);

	ck_assert_uint_eq(count, redis_count(&redis, "one two three"));
	redis_say(&redis, "PFMERGE all one two three\r\n", 27);
	char line[16];

	ck_assert_ptr_nonnull(fgets(line, sizeof(line), redis.stream));
	ck_assert_str_eq(line, "+OK\r\n");
	redis_registers(&redis, "all", theirs);
	ck_assert_mem_eq(records[0]->registers, theirs, HYPERLOGLOG_REGISTERS);
	for (unsigned i = 0; i < 3; i++)
		arena_fini(&arenas[i]);
	redis_stop(&redis);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(registers_and_count_are_those_of_redis),
    SUITE_TEST(few_members_have_the_registers_of_redis),
    SUITE_TEST(workers_unite_as_redis_merges),
    {0},
};

SUITE_MAIN("scenario/redis", tests)
