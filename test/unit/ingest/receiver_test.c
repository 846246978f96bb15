/* SPDX-License-Identifier: MIT */
/* receiver_test.c -- how much a turn takes, in what order samples came, and
 * what the end of a socket leaves behind: nothing that is not counted. */

#include "ingest/receiver.c"

#include "aggregate/gauge.h"
#include "base/hash.h"
#include "test/unit/suite.h"

#include <arpa/inet.h>
#include <sys/un.h>
#include <sys/wait.h>

struct stand {
	struct thread thread;
	struct intake intake;
	struct window window;
	struct series_quota quota;
	struct slots *slots;
	struct receiver receiver;
	counter counters[INTAKE_COUNTERS];
	int client;
};

static void
deliver(struct thread *thread, struct mail *mail)
{
	(void)thread;
	(void)mail;
}

static union inet_address
loopback(void)
{
	return (union inet_address){
	    .v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}};
}

/* A worker of one socket, and a client of its address. */
static struct stand *
stand_new(const struct inlet *inlet)
{
	const struct budget budget = {.timer_values = 16, .bytes = 1 << 20, .scale = 6};
	struct stand *stand = mem_zero(1, sizeof(*stand));

	if (hash_secret[0] == 0)
		hash_init();
	thread_init(&stand->thread, "stand", deliver);
	stand->quota.most = 100;
	intake_init(&stand->intake, &budget, &stand->quota, NULL, false);
	window_init(&stand->window, 0, 1);
	window_open(&stand->window, 1);
	stand->intake.window = &stand->window;
	stand->slots = slots_new();
	const struct origin origin = {.profile = 1,
	    .rules = {.clean = true, .prefix = "", .most_bytes = 1024, .most_tags = 8},
	    .counters = stand->counters};

	receiver_init(
	    &stand->receiver, &stand->thread, &stand->intake, stand->slots, &origin, inlet);
	stand->client = -1;
	return stand;
}

/* A client of the stand's, from a host, or a user's own. */
static void
stand_connect(struct stand *stand, const char *from)
{
	const union inet_address *to = &stand->receiver.inlet.address;
	union inet_address own = {.any.sa_family = AF_INET};

	stand->client = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(inet_pton(AF_INET, from, &own.v4.sin_addr), 1);
	ck_assert_int_eq(bind(stand->client, &own.any, inet_length(&own)), 0);
	ck_assert_int_eq(connect(stand->client, &to->any, inet_length(to)), 0);
}

static struct stand *
stand_open(size_t buffer_bytes)
{
	struct inlet inlet = {.address = loopback()};
	const struct udp_plan plan = {.buffer_bytes = buffer_bytes, .count = 1};
	struct text error = {0};

	ck_assert_int_eq(udp_open_shared(&inlet.address, &plan, &inlet.fd, &inlet.bin, &error), 0);
	struct stand *stand = stand_new(&inlet);

	stand_connect(stand, "127.0.0.1");
	return stand;
}

static void
stand_close(struct stand *stand)
{
	thread_finish(&stand->thread);
	thread_run(&stand->thread);
	thread_fini(&stand->thread);
	intake_fini(&stand->intake);
	window_fini(&stand->window);
	slots_free(stand->slots);
	if (stand->client >= 0)
		close(stand->client);
	free(stand);
}

static void
send_lines(struct stand *stand, size_t datagrams, size_t bytes)
{
	char *datagram = mem_alloc(bytes);

	memset(datagram, 'x', bytes);
	memcpy(datagram, "a:1|c\n", 6);
	for (size_t i = 0; i < datagrams; i++)
		ck_assert_int_eq(send(stand->client, datagram, bytes, 0), (ssize_t)bytes);
	free(datagram);
}

/* A user without privileges may be granted too little to fill. */
static bool
holds(const struct stand *stand, size_t bytes)
{
	if (stand->receiver.capacity >= bytes)
		return true;
	printf("SKIPPED: the receive buffer granted is %u bytes\n", stand->receiver.capacity);
	return false;
}

static uint64_t
seen(const struct stand *stand)
{
	return counter_get(&stand->counters[INTAKE_DATAGRAMS]) +
	    counter_get(&stand->counters[INTAKE_DATAGRAMS_DROPPED]);
}

START_TEST(a_turn_is_bounded_by_bytes)
{
	struct stand *stand = stand_open(32 << 20);

	if (holds(stand, 16 << 20)) {
		send_lines(stand, 200, 60000);
		ck_assert(!drain(&stand->receiver, TURN_BYTES));
		ck_assert_uint_le(stand->receiver.datagrams, SLOTS);
	}
	receiver_stop(&stand->receiver);
	stand_close(stand);
}
END_TEST

START_TEST(a_turn_takes_a_thousand_short_datagrams)
{
	struct stand *stand = stand_open(32 << 20);

	if (holds(stand, 2 << 20)) {
		send_lines(stand, 1000, 40);
		ck_assert(drain(&stand->receiver, TURN_BYTES));
		ck_assert_uint_eq(stand->receiver.datagrams, 1000);
		ck_assert_uint_eq(stand->receiver.bytes, 1000 * UDP_DATAGRAM_CHARGE);
	}
	receiver_stop(&stand->receiver);
	stand_close(stand);
}
END_TEST

/* Four datagrams a millisecond are a load. */
START_TEST(a_pause_is_a_millisecond_or_what_fills_an_eighth_of_the_buffer)
{
	static const struct {
		uint32_t capacity;
		size_t datagrams, bytes;
		int64_t elapsed_ns, pause_ns;
	} cases[] = {
	    /* Quiet, and at the edge of it. */
	    {1 << 20, 0, 0, CLOCK_MS, 0},
	    {1 << 20, 1, 832, CLOCK_MS, 0},
	    {1 << 20, 3, 3 * 832, CLOCK_MS, 0},
	    {1 << 20, 4, 4 * 832, CLOCK_MS, CLOCK_MS},
	    {1 << 20, 4, 4 * 832, CLOCK_MS + 1, 0},
	    {1 << 20, 39, 39 * 832, 10 * CLOCK_MS, 0},
	    {1 << 20, 40, 40 * 832, 10 * CLOCK_MS, CLOCK_MS},
	    /* After a silence, whatever its end brings. */
	    {1 << 20, 1300, 1300 * 832, 3600 * CLOCK_SECOND, 0},
	    {UINT32_MAX, 1300, 1300 * 832, INT64_MAX, 0},
	    /* An eighth of the buffer in less than a millisecond. */
	    {1 << 20, 100, 1 << 17, CLOCK_MS, CLOCK_MS},
	    {1 << 20, 100, 1 << 18, CLOCK_MS, CLOCK_MS / 2},
	    {1 << 20, 100, 1 << 18, CLOCK_MS / 2, CLOCK_MS / 4},
	    {1 << 20, 1000, 10 << 17, CLOCK_MS, CLOCK_MS / 10},
	    /* In less than an alarm is worth. */
	    {1 << 20, 1000, 11 << 17, CLOCK_MS, 0},
	    {0, 1000, 1000 * 832, CLOCK_MS, 0},
	    /* The same at any rate that the buffer has room for. */
	    {32 << 20, 4000, 4000 * 832, CLOCK_MS, CLOCK_MS},
	    {32 << 20, 8000, 1 << 23, CLOCK_MS, CLOCK_MS / 2},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		ck_assert_msg(receiver_pause(cases[i].capacity, cases[i].datagrams, cases[i].bytes,
				  cases[i].elapsed_ns) == cases[i].pause_ns,
		    "case %zu", i);
}
END_TEST

static int64_t
judge_after(struct receiver *receiver, bool paused, size_t datagrams, int64_t now)
{
	receiver->datagrams += datagrams;
	receiver->bytes += datagrams * UDP_DATAGRAM_CHARGE;
	return judge(receiver, paused, now);
}

/* Time is what the cases say. */
START_TEST(a_load_is_judged_over_a_millisecond_or_a_pause)
{
	struct receiver receiver = {.capacity = 1 << 20};
	static const struct {
		int64_t elapsed_ns;
		size_t datagrams;
		bool paused;
		int64_t pause_ns;
	} cases[] = {
	    {CLOCK_SECOND, 1, false, 0},
	    /* A pair, then a handful, in one another's wake. */
	    {1000, 1, false, 0},
	    {1000, 20, false, 0},
	    {CLOCK_SECOND, 1, false, 0},
	    /* One by one, ten a millisecond. */
	    {CLOCK_MS / 2, 5, false, 0},
	    {CLOCK_MS / 2, 5, false, CLOCK_MS},
	    {CLOCK_MS, 10, true, CLOCK_MS},
	    {CLOCK_MS + 50000, 10, true, CLOCK_MS},
	    /* It got quiet: the next one is waited for. */
	    {CLOCK_MS, 1, true, 0},
	    {CLOCK_MS, 1, false, 0},
	    /* A pause that was short is judged all the same. */
	    {CLOCK_MS, 315, false, CLOCK_MS / 2},
	    {CLOCK_MS / 2, 1, true, 0},
	};
	int64_t now = 0;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		now += cases[i].elapsed_ns;
		int64_t pause_ns = judge_after(&receiver, cases[i].paused, cases[i].datagrams, now);

		ck_assert_msg(pause_ns / 10000 == cases[i].pause_ns / 10000, "case %zu: %lld", i,
		    (long long)pause_ns);
	}
}
END_TEST

/* Its client learns at once that there is nobody any more. */
START_TEST(a_stop_takes_in_what_came_before_it_and_nothing_after)
{
	struct stand *stand = stand_open(1 << 20);

	send_lines(stand, 3000, 40);
	receiver_stop(&stand->receiver);
	ck_assert_int_eq(send(stand->client, "b:1|c", 5, 0), 5);
	ck_assert_int_eq(send(stand->client, "b:1|c", 5, 0), -1);
	ck_assert_int_eq(errno, ECONNREFUSED);
	uv_run(&stand->thread.loop, UV_RUN_NOWAIT);
	ck_assert(!stand->receiver.open);
	ck_assert_uint_eq(seen(stand), 3000);
	stand_close(stand);
}
END_TEST

static void
say(struct stand *stand, const char *line)
{
	ck_assert_int_eq(send(stand->client, line, strlen(line), 0), (ssize_t)strlen(line));
}

/* What the stand's window has of the gauge g; NULL: nothing. */
static struct record *
gauge_of(struct stand *stand)
{
	const struct sample sample = {.name = "g", .name_len = 1, .tags = "", .kind = KIND_GAUGE};
	const struct entry *entry =
	    table_find(&stand->intake.table, table_hash(&sample), &sample, 0);
	uint64_t seq = stand->window.interval.seq;

	if (entry == NULL || cell_seq(entry->cell[seq & 1].meta) != seq)
		return NULL;
	struct record *record = (struct record *)(uintptr_t)entry->cell[seq & 1].value;

	record->next = NULL;
	return record;
}

/* Read both sockets, this one first, and merge what they have of the gauge. */
static void
read_both(struct stand *const *stands, unsigned first, struct gauge_base *base)
{
	struct record *records[2];

	for (unsigned i = 0; i < 2; i++)
		drain(&stands[(first + i) % 2]->receiver, TURN_BYTES);
	for (unsigned i = 0; i < 2; i++)
		records[i] = gauge_of(stands[i]);
	if (records[0] != NULL)
		records[0]->next = records[1];
	gauge_merge(base, records[0] != NULL ? records[0] : records[1]);
	for (unsigned i = 0; i < 2; i++)
		window_open(&stands[i]->window, stands[i]->window.interval.seq + 1);
}

/* The kernel begins to stamp a while after it was asked to. */
static void
wait_for_stamps(struct stand *const *stands, struct gauge_base *base)
{
	int64_t deadline = clock_mono_ns() + 60 * CLOCK_SECOND, sent;

	do {
		say(stands[0], "g:0|g");
		sent = clock_mono_ns();
		ck_assert_msg(sent < deadline, "waited a minute for a stamp");
		read_both(stands, 0, base);
	} while (base->stamp / STAMPS_PER_NS >= (uint64_t)sent);
}

/* Whichever socket got the last datagram, and whichever is read first. */
START_TEST(a_gauge_steered_at_random_ends_at_its_last_value)
{
	struct inlet inlet = {.address = loopback()};
	const struct udp_plan plan = {
	    .buffer_bytes = 1 << 20, .steering = UDP_STEER_RANDOM, .count = 2};
	struct text error = {0};
	struct gauge_base base = {0};
	struct stand *stands[2];
	int fds[2];

	if (udp_open_shared(&inlet.address, &plan, fds, &inlet.bin, &error) != 0) {
		printf("SKIPPED: %s\n", text_string(&error));
		text_fini(&error);
		return;
	}
	for (unsigned i = 0; i < 2; i++) {
		inlet.fd = fds[i];
		stands[i] = stand_new(&inlet);
		stand_connect(stands[i], "127.0.0.1");
	}
	wait_for_stamps(stands, &base);
	for (unsigned round = 1; round <= 500; round++) {
		char line[32];

		for (unsigned i = 1; i <= 8; i++) {
			snprintf(line, sizeof(line), "g:%u|g", round * 10 + i);
			say(stands[0], line);
		}
		read_both(stands, round % 2, &base);
		ck_assert_msg(
		    base.value == round * 10 + 8, "round %u ends at %g", round, base.value);
	}
	for (unsigned i = 0; i < 2; i++) {
		ck_assert_uint_gt(counter_get(&stands[i]->counters[INTAKE_DATAGRAMS]), 1000);
		receiver_stop(&stands[i]->receiver);
		stand_close(stands[i]);
	}
}
END_TEST

/* By whatever clock the kernel stamps, nothing comes later than it is read. */
START_TEST(a_stamp_is_never_later_than_now)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct timespec))] = {0};
	struct msghdr message = {.msg_control = control, .msg_controllen = sizeof(control)};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	struct msghdr silent = {0};
	static const struct receiver receiver = {.wall_ahead_ns = 1000 * CLOCK_SECOND};
	static const struct {
		time_t wall_s;
		int64_t stamp_s;
	} cases[] = {{1005, 5}, {1010, 10}, {1011, 10}, {1000000, 10}};
	const struct timespec before = {.tv_sec = 7};

	header->cmsg_len = CMSG_LEN(sizeof(struct timespec));
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_TIMESTAMPNS;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct timespec time = {.tv_sec = cases[i].wall_s};

		memcpy(CMSG_DATA(header), &time, sizeof(time));
		ck_assert_uint_eq(stamp_of(&receiver, &message, 10 * CLOCK_SECOND),
		    (uint64_t)(cases[i].stamp_s * CLOCK_SECOND));
	}
	memcpy(CMSG_DATA(header), &before, sizeof(before));
	ck_assert_uint_eq(stamp_of(&receiver, &message, 10 * CLOCK_SECOND), 1);
	ck_assert_uint_eq(stamp_of(&receiver, &silent, 10 * CLOCK_SECOND), 10 * CLOCK_SECOND);
}
END_TEST

START_TEST(a_wall_clock_that_was_set_is_measured_anew)
{
	struct receiver receiver = {.wall_ahead_ns = measure_wall_ahead()};
	int64_t ahead = receiver.wall_ahead_ns;

	ck_assert_int_lt(llabs(clock_wall_ns() - clock_mono_ns() - ahead), CLOCK_SECOND);
	receiver.wall_ahead_ns += 3600 * CLOCK_SECOND;
	watch_wall_clock(&receiver, clock_mono_ns());
	ck_assert_int_lt(llabs(receiver.wall_ahead_ns - ahead), CLOCK_MS);
}
END_TEST

START_TEST(a_total_knows_its_client)
{
	struct stand *stand = stand_open(1 << 20);
	uint8_t source[SOURCE_BYTES];
	union inet_address client = loopback();

	say(stand, "a:5|C");
	say(stand, "a:6|C");
	drain(&stand->receiver, TURN_BYTES);
	ck_assert_uint_eq(stand->receiver.datagrams, 2);
	inet_host(&client, source);
	const struct sample sample = {.name = "a",
	    .name_len = 1,
	    .tags = "",
	    .kind = KIND_COUNTER,
	    .total = true,
	    .source = source};
	const struct entry *entry =
	    table_find(&stand->intake.table, table_hash(&sample), &sample, 0);

	ck_assert_ptr_nonnull(entry);
	ck_assert_uint_eq(cell_hits(entry->cell[1].meta), 2);
	receiver_stop(&stand->receiver);
	stand_close(stand);
}
END_TEST

/* Only 127.0.1.0/24 may, and nobody but user 4321 and group 1234. */
static struct access *
make_access(void)
{
	char network[] = "127.0.1.0/24", user[] = "uid:4321", group[] = "gid:1234";
	char *texts[] = {network, user, group};
	const struct item_list allow = {.count = 3, .at = texts}, deny = {0};
	struct text error = {0};
	struct access *access = access_new(&allow, &deny, &error);

	ck_assert_ptr_nonnull(access);
	return access;
}

static uint64_t
count_of(const struct stand *stand, enum intake_counter which)
{
	return counter_get(&stand->counters[which]);
}

/* By the kernel, and where it is of no help by the receiver. */
START_TEST(what_is_refused_is_counted_and_not_taken_in)
{
	struct access *access = make_access();

	for (int inherited = 0; inherited < 2; inherited++) {
		struct inlet inlet = {
		    .address = loopback(), .inherited = inherited, .access = access, .bin = -1};
		const struct udp_plan plan = {
		    .buffer_bytes = 1 << 20, .access = inherited ? NULL : access, .count = 1};
		struct text error = {0};

		ck_assert_int_eq(
		    udp_open_shared(&inlet.address, &plan, &inlet.fd, &inlet.bin, &error), 0);
		struct stand *stand = stand_new(&inlet);

		stand_connect(stand, "127.0.0.1");
		send_lines(stand, 70, 40);
		close(stand->client);
		stand_connect(stand, "127.0.1.1");
		send_lines(stand, 30, 40);
		drain(&stand->receiver, TURN_BYTES);
		receiver_look(&stand->receiver);
		receiver_look(&stand->receiver);
		ck_assert_uint_eq(count_of(stand, INTAKE_DATAGRAMS), 30);
		ck_assert_uint_eq(count_of(stand, INTAKE_DATAGRAMS_FILTERED), 70);
		ck_assert_uint_eq(count_of(stand, INTAKE_DATAGRAMS_DROPPED), 0);
		receiver_stop(&stand->receiver);
		stand_close(stand);
	}
	access_free(&access);
}
END_TEST

/* Others hold it, too: what is in it at the end is theirs. */
START_TEST(an_inherited_socket_is_left_as_it_is)
{
	struct inlet inlet = {.address = loopback(), .inherited = true};
	const struct udp_plan plan = {.buffer_bytes = 4096, .count = 1};
	struct text error = {0};
	char byte;

	ck_assert_int_eq(udp_open_shared(&inlet.address, &plan, &inlet.fd, &inlet.bin, &error), 0);
	int other = dup(inlet.fd);
	struct stand *stand = stand_new(&inlet);

	stand_connect(stand, "127.0.0.1");
	send_lines(stand, 1, 40);
	receiver_stop(&stand->receiver);
	send_lines(stand, 1, 40);
	ck_assert_uint_eq(seen(stand), 0);
	stand_close(stand);
	ck_assert_int_eq(recv(other, &byte, 1, MSG_DONTWAIT), 1);
	ck_assert_int_eq(recv(other, &byte, 1, MSG_DONTWAIT), 1);
	close(other);
}
END_TEST

/* What an inherited socket has dropped before was before our time. */
START_TEST(drops_of_an_earlier_owner_are_not_counted)
{
	struct inlet inlet = {.address = loopback(), .inherited = true};
	const struct udp_plan plan = {.buffer_bytes = 4096, .count = 1};
	struct text error = {0};

	ck_assert_int_eq(udp_open_shared(&inlet.address, &plan, &inlet.fd, &inlet.bin, &error), 0);
	int client = socket(AF_INET, SOCK_DGRAM, 0);

	for (unsigned i = 0; i < 100; i++)
		sendto(client, "a:1|c", 5, 0, &inlet.address.any, inet_length(&inlet.address));
	struct stand *stand = stand_new(&inlet);

	receiver_look(&stand->receiver);
	ck_assert_uint_eq(seen(stand), 0);
	for (unsigned i = 0; i < 100; i++)
		sendto(client, "a:1|c", 5, 0, &inlet.address.any, inet_length(&inlet.address));
	receiver_look(&stand->receiver);
	ck_assert_uint_eq(seen(stand), 100);
	close(client);
	receiver_stop(&stand->receiver);
	stand_close(stand);
}
END_TEST

/* A process of a user sends a line, with a descriptor, to a unix socket. */
static void
send_as(const char *path, uid_t uid, gid_t gid, int descriptor)
{
	pid_t child = fork();
	int status;

	ck_assert_int_ge(child, 0);
	if (child == 0) {
		struct sockaddr_un address = {.sun_family = AF_UNIX};
		_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {0};
		char line[] = "a:5|C";
		struct iovec piece = {line, 5};
		struct msghdr message = {.msg_name = &address,
		    .msg_namelen = sizeof(address),
		    .msg_iov = &piece,
		    .msg_iovlen = 1,
		    .msg_control = control,
		    .msg_controllen = sizeof(control)};
		struct cmsghdr *header = CMSG_FIRSTHDR(&message);
		int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

		header->cmsg_len = CMSG_LEN(sizeof(int));
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		memcpy(CMSG_DATA(header), &descriptor, sizeof(descriptor));
		strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
		_exit(setgid(gid) != 0 || setuid(uid) != 0 || sendmsg(fd, &message, 0) != 5);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
}

/* A stand whose unix socket is at a path in /tmp. */
static struct stand *
stand_at(char *path, const struct access *access, struct unix_name *name_out)
{
	struct text error = {0};

	sprintf(path, "/tmp/tidemill-receiver-%d", (int)getpid());
	const struct inlet inlet = {
	    .fd = unix_bind("listener", path, SOCK_DGRAM, 0666, "", name_out, &error),
	    .bin = -1,
	    .access = access,
	    .path = path,
	};

	ck_assert_msg(inlet.fd >= 0, "%s", text_string(&error));
	return stand_new(&inlet);
}

/* Nor do descriptors come in with what they send. */
START_TEST(users_are_let_in_by_what_the_kernel_says_they_are)
{
	struct access *access = make_access();
	struct unix_name name;
	char path[64];

	if (geteuid() != 0) {
		puts("SKIPPED: only root may become another user");
		access_free(&access);
		return;
	}
	struct stand *stand = stand_at(path, access, &name);
	struct text printed = {0};
	int next = dup(0);

	close(next);
	send_as(path, 4321, 1, 0);
	send_as(path, 1, 1234, 0);
	send_as(path, 1, 1, 0);
	send_as(path, 0, 0, 0);
	drain(&stand->receiver, TURN_BYTES);
	ck_assert_uint_eq(count_of(stand, INTAKE_DATAGRAMS), 2);
	ck_assert_uint_eq(count_of(stand, INTAKE_DATAGRAMS_FILTERED), 2);
	int after = dup(0);

	ck_assert_int_eq(after, next);
	close(after);
	receiver_print(&stand->receiver, &printed);
	ck_assert_str_eq(text_string(&printed), path);
	text_fini(&printed);
	receiver_stop(&stand->receiver);
	unix_remove(&name);
	stand_close(stand);
	access_free(&access);
}
END_TEST

/* Its queue is short: whoever found it full would have to wait. */
START_TEST(a_unix_socket_is_never_left_alone)
{
	struct unix_name name;
	char path[64];
	struct stand *stand = stand_at(path, NULL, &name);
	struct receiver *receiver = &stand->receiver;

	receiver->judged_ns = 1;
	receiver->datagrams = 100000;
	receiver->bytes = 100000 * UDP_DATAGRAM_CHARGE;
	ck_assert_int_eq(judge(receiver, false, 1 + 10 * CLOCK_MS), 0);
	receiver_stop(receiver);
	unix_remove(&name);
	stand_close(stand);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(a_turn_is_bounded_by_bytes),
    SUITE_TEST(a_turn_takes_a_thousand_short_datagrams),
    SUITE_TEST(a_pause_is_a_millisecond_or_what_fills_an_eighth_of_the_buffer),
    SUITE_TEST(a_load_is_judged_over_a_millisecond_or_a_pause),
    SUITE_TEST(a_stop_takes_in_what_came_before_it_and_nothing_after),
    SUITE_TEST(a_gauge_steered_at_random_ends_at_its_last_value),
    SUITE_TEST(a_stamp_is_never_later_than_now),
    SUITE_TEST(a_wall_clock_that_was_set_is_measured_anew),
    SUITE_TEST(a_total_knows_its_client),
    SUITE_TEST(what_is_refused_is_counted_and_not_taken_in),
    SUITE_TEST(an_inherited_socket_is_left_as_it_is),
    SUITE_TEST(drops_of_an_earlier_owner_are_not_counted),
    SUITE_TEST(users_are_let_in_by_what_the_kernel_says_they_are),
    SUITE_TEST(a_unix_socket_is_never_left_alone),
    {0},
};

SUITE_MAIN("ingest/receiver", tests)
