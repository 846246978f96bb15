/* SPDX-License-Identifier: MIT */
/* receiver.c -- one socket of datagrams in one worker. */

#include "ingest/receiver.h"

#include "base/check.h"
#include "base/log.h"
#include "base/mem.h"
#include "metric/source.h"
#include "net/access.h"
#include "net/unix.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Datagrams per recvmmsg. */
#define SLOTS 64

/* What one turn of the loop may take before the worker looks into its mailbox,
 * in bytes, UDP_DATAGRAM_CHARGE at least for each datagram; the call that
 * reaches it is the last. A flood, be it of the longest datagrams, must not
 * put off a seal. */
#define TURN_BYTES ((size_t)1 << 20)

/* Of the difference of two clocks; and how far a glance at both may be off
 * before it is measured anew. */
#define MEASUREMENTS 16
#define GLANCE_NS 10000

/* Datagrams in a millisecond from which on it is busy; how long a pause is, at
 * most, and at least, to be worth its alarm. */
#define BUSY 4
#define PAUSE_MOST CLOCK_MS
#define PAUSE_LEAST (CLOCK_MS / 10)

/* Of a slot: the longest datagram; and how far apart slots are, an odd number
 * of lines and pages, so that their beginnings do not share a cache set. Only
 * what datagrams fill is ever backed by memory. */
#define SLOT_BYTES ((size_t)64 << 10)
#define SLOT_STRIDE (SLOT_BYTES + 4096 + 64)

/* Beside a datagram: of UDP when it arrived, of a unix socket who sent it.
 * There is no room for both, nor for descriptors that somebody might send: the
 * kernel closes what does not fit. */
#define CONTROL_BYTES UDP_CONTROL_BYTES
_Static_assert(CMSG_SPACE(sizeof(struct ucred)) == CONTROL_BYTES, "a sender fits, nothing else");

struct slots {
	struct mmsghdr message[SLOTS];
	struct iovec piece[SLOTS];
	union inet_address source[SLOTS];
	_Alignas(struct cmsghdr) char control[SLOTS][CONTROL_BYTES];
	char *bytes;
};

_Static_assert(INET_HOST_BYTES == SOURCE_BYTES, "a source is a host");

/* Tell the kernel again how much room there is beside the bytes: it says how
 * much it took in the same place. */
static void
make_room(struct slots *slots, size_t i)
{
	slots->message[i].msg_hdr.msg_namelen = sizeof(slots->source[i]);
	slots->message[i].msg_hdr.msg_controllen = sizeof(slots->control[i]);
}

struct slots *
slots_new(void)
{
	struct slots *slots = mem_zero(1, sizeof(*slots));

	slots->bytes = mmap(NULL, SLOTS * SLOT_STRIDE, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	CHECK(slots->bytes != MAP_FAILED);
	for (size_t i = 0; i < SLOTS; i++) {
		slots->piece[i] = (struct iovec){slots->bytes + i * SLOT_STRIDE, SLOT_BYTES};
		slots->message[i].msg_hdr.msg_iov = &slots->piece[i];
		slots->message[i].msg_hdr.msg_iovlen = 1;
		slots->message[i].msg_hdr.msg_name = &slots->source[i];
		slots->message[i].msg_hdr.msg_control = slots->control[i];
		make_room(slots, i);
	}
	return slots;
}

void
slots_free(struct slots *slots)
{
	munmap(slots->bytes, SLOTS * SLOT_STRIDE);
	free(slots);
}

static bool
is_unix(const struct receiver *receiver)
{
	return receiver->origin.transport == TRANSPORT_UNIX_DATAGRAM;
}

void
receiver_print(const struct receiver *receiver, struct text *out)
{
	if (is_unix(receiver))
		text_puts(out, receiver->inlet.path);
	else
		inet_print(&receiver->inlet.address, out);
}

static void
log_failure(const struct receiver *receiver, int error)
{
	struct text address = {0};

	receiver_print(receiver, &address);
	log_warn("receiving on %s: %s", text_string(&address), strerror(error));
	text_fini(&address);
}

/* Wall clock less monotonic clock, as the kernel has them: the reading of the
 * one is put between two of the other, and the tightest of several is taken. */
static int64_t
measure_wall_ahead(void)
{
	int64_t tightest = INT64_MAX, ahead = 0;

	for (int i = 0; i < MEASUREMENTS; i++) {
		int64_t before = clock_mono_ns();
		int64_t wall = clock_wall_ns();
		int64_t gap = clock_mono_ns() - before;

		if (gap < tightest) {
			tightest = gap;
			ahead = wall - before - gap / 2;
		}
	}
	return ahead;
}

/* Measure again if the wall clock has been set; a glance, disturbed, may say
 * so wrongly. */
static void
watch_wall_clock(struct receiver *receiver, int64_t now)
{
	int64_t moved = clock_wall_ns() - now - receiver->wall_ahead_ns;

	if (moved > GLANCE_NS || moved < -GLANCE_NS)
		receiver->wall_ahead_ns = measure_wall_ahead();
}

/* When a datagram that was read at `now` arrived, by the monotonic clock. */
static uint64_t
stamp_of(const struct receiver *receiver, struct msghdr *message, int64_t now)
{
	int64_t wall;

	if (message->msg_controllen == 0 || is_unix(receiver) || clock_is_virtual() ||
	    !udp_arrival(message, &wall))
		return (uint64_t)now;
	int64_t stamp = wall - receiver->wall_ahead_ns;

	return (uint64_t)(stamp < 1 ? 1 : stamp < now ? stamp : now);
}

/* Where datagram i of a recvmmsg came from. False: it may not come. */
static bool
admit(const struct receiver *receiver, size_t i, uint8_t *source_out)
{
	struct slots *slots = receiver->slots;
	const struct access *access = receiver->inlet.access;
	struct ucred sender;

	if (!is_unix(receiver)) {
		inet_host(&slots->source[i], source_out);
		return access == NULL || access_admits_host(access, source_out);
	}
	unix_sender(&slots->message[i].msg_hdr, &sender);
	source_of_user(sender.uid, source_out);
	return access == NULL || access_admits_user(access, sender.uid, &sender.gid, 1);
}

/* What datagram i of a recvmmsg counts against a budget of bytes. */
static size_t
take_datagram(struct receiver *receiver, size_t i, int64_t now)
{
	struct slots *slots = receiver->slots;
	struct mmsghdr *message = &slots->message[i];
	bool cut = (message->msg_hdr.msg_flags & MSG_TRUNC) != 0;
	uint8_t source[SOURCE_BYTES];
	const struct arrival arrival = {
	    .stamp = stamp_of(receiver, &message->msg_hdr, now),
	    .source = source,
	};

	if (admit(receiver, i, source))
		intake_datagram(receiver->intake, &receiver->origin, slots->piece[i].iov_base,
		    message->msg_len, cut, &arrival);
	else
		counter_add(&receiver->origin.counters[INTAKE_DATAGRAMS_FILTERED], 1);
	make_room(slots, i);
	return message->msg_len > UDP_DATAGRAM_CHARGE ? message->msg_len : UDP_DATAGRAM_CHARGE;
}

/* One recvmmsg. Returns how many datagrams it gave; adds to *bytes what they
 * count against a budget. */
static size_t
receive_some(struct receiver *receiver, size_t *bytes)
{
	int count;

	do
		count = recvmmsg(
		    receiver->inlet.fd, receiver->slots->message, SLOTS, MSG_DONTWAIT, NULL);
	while (count < 0 && errno == EINTR);
	if (count < 0) {
		if (errno != EAGAIN)
			log_failure(receiver, errno);
		return 0;
	}
	int64_t now = clock_mono_ns();

	if (count > 0 && !is_unix(receiver) &&
	    receiver->slots->message[0].msg_hdr.msg_controllen > 0)
		watch_wall_clock(receiver, now);
	for (size_t i = 0; i < (size_t)count; i++)
		*bytes += take_datagram(receiver, i, now);
	return (size_t)count;
}

/* Take in what is there until a budget of bytes is spent. True: there was no
 * more. */
static bool
drain(struct receiver *receiver, size_t budget)
{
	size_t some = SLOTS, bytes = 0;

	while (some == SLOTS && bytes < budget) {
		some = receive_some(receiver, &bytes);
		receiver->datagrams += some;
	}
	receiver->bytes += bytes;
	return some < SLOTS;
}

int64_t
receiver_pause(uint32_t capacity, size_t datagrams, size_t bytes, int64_t elapsed_ns)
{
	double elapsed = (double)elapsed_ns;

	if ((double)datagrams * (double)CLOCK_MS < BUSY * elapsed)
		return 0;
	double pause = (double)capacity / 8 / (double)bytes * elapsed;

	return pause >= PAUSE_MOST ? PAUSE_MOST : pause >= PAUSE_LEAST ? (int64_t)pause : 0;
}

/* The pause that is due after what has come since the judgement before: either
 * during a pause, or in a millisecond at least. */
static int64_t
judge(struct receiver *receiver, bool paused, int64_t now)
{
	int64_t elapsed_ns = now - receiver->judged_ns;

	if (!paused && elapsed_ns < CLOCK_MS)
		return 0;
	int64_t pause_ns =
	    receiver_pause(receiver->capacity, receiver->datagrams, receiver->bytes, elapsed_ns);

	receiver->judged_ns = now;
	receiver->datagrams = 0;
	receiver->bytes = 0;
	return clock_is_virtual() || is_unix(receiver) ? 0 : pause_ns;
}

static void on_readable(uv_poll_t *poll, int status, int events);

static void
wait_for_socket(struct receiver *receiver)
{
	CHECK(uv_poll_start(&receiver->poll, UV_READABLE, on_readable) == 0);
}

static void
take_turn(struct receiver *receiver)
{
	int64_t now = clock_mono_ns();
	bool all = drain(receiver, TURN_BYTES);
	bool paused = !uv_is_active((uv_handle_t *)&receiver->poll);
	int64_t pause_ns = judge(receiver, paused, now);

	if (all && pause_ns > 0) {
		if (!paused)
			uv_poll_stop(&receiver->poll);
		alarm_set(&receiver->pause, pause_ns);
	} else if (paused) {
		wait_for_socket(receiver);
	}
}

static void
on_pause_over(struct alarm *pause)
{
	take_turn((struct receiver *)((char *)pause - offsetof(struct receiver, pause)));
}

/* libuv reports an error of the socket, an ICMP message say, as a bad
 * descriptor, and stops: read it off the socket and go on. */
static void
clear_error(struct receiver *receiver)
{
	int error = 0;
	socklen_t length = sizeof(error);

	if (getsockopt(receiver->inlet.fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0 &&
	    error != 0)
		log_failure(receiver, error);
	wait_for_socket(receiver);
}

static void
on_readable(uv_poll_t *poll, int status, int events)
{
	struct receiver *receiver = poll->data;

	(void)events;
	if (status != 0)
		clear_error(receiver);
	else
		take_turn(receiver);
}

/* What the kernel has dropped at a socket since it was opened, modulo 2^32. */
static uint32_t
drops_of(int fd)
{
	struct udp_memory memory;

	return udp_memory(fd, &memory) == 0 ? memory.dropped : 0;
}

/* What was dropped before an inherited socket was ours is not counted, nor what
 * came into the bin before the kernel steered anything there. */
static void
note_drops(struct receiver *receiver)
{
	const struct inlet *inlet = &receiver->inlet;

	if (inlet->inherited)
		receiver->dropped = drops_of(inlet->fd);
	if (inlet->bin >= 0)
		receiver->filtered = drops_of(inlet->bin);
}

/* Where nobody is refused, nobody need be asked. */
static const struct access *
access_of(const struct receiver *receiver)
{
	const struct access *access = receiver->inlet.access;
	bool restricts =
	    is_unix(receiver) ? access_restricts_users(access) : access_restricts_hosts(access);

	return restricts ? access : NULL;
}

void
receiver_init(struct receiver *receiver, struct thread *thread, struct intake *intake,
    struct slots *slots, const struct origin *origin, const struct inlet *inlet)
{
	struct udp_memory memory = {0};

	*receiver = (struct receiver){
	    .thread = thread,
	    .intake = intake,
	    .slots = slots,
	    .origin = *origin,
	    .inlet = *inlet,
	    .wall_ahead_ns = measure_wall_ahead(),
	    .open = true,
	};
	receiver->origin.transport = inlet->path == NULL ? TRANSPORT_UDP : TRANSPORT_UNIX_DATAGRAM;
	receiver->inlet.access = access_of(receiver);
	if (inlet->inherited && is_unix(receiver))
		unix_pass_senders(inlet->fd);
	note_drops(receiver);
	if (udp_memory(inlet->fd, &memory) == 0)
		receiver->capacity = memory.capacity;
	CHECK(uv_poll_init(&thread->loop, &receiver->poll, inlet->fd) == 0);
	receiver->poll.data = receiver;
	alarm_init(&receiver->pause, thread, on_pause_over);
}

void
receiver_start(struct receiver *receiver)
{
	receiver->judged_ns = clock_mono_ns();
	wait_for_socket(receiver);
}

void
receiver_take(struct receiver *receiver)
{
	if (receiver->open)
		(void)drain(receiver, TURN_BYTES);
}

void
receiver_look(struct receiver *receiver)
{
	counter *counters = receiver->origin.counters;
	struct udp_memory memory;

	if (!receiver->open || udp_memory(receiver->inlet.fd, &memory) != 0)
		return;
	/* Modulo 2^32, as the kernel counts. */
	counter_add(
	    &counters[INTAKE_DATAGRAMS_DROPPED], (uint32_t)(memory.dropped - receiver->dropped));
	receiver->dropped = memory.dropped;
	counter_set(&receiver->queued_bytes, memory.queued);
	if (memory.queued > counter_get(&receiver->peak_bytes))
		counter_set(&receiver->peak_bytes, memory.queued);
	if (receiver->inlet.bin < 0 || udp_memory(receiver->inlet.bin, &memory) != 0)
		return;
	counter_add(
	    &counters[INTAKE_DATAGRAMS_FILTERED], (uint32_t)(memory.dropped - receiver->filtered));
	receiver->filtered = memory.dropped;
}

static void
on_closed(uv_handle_t *poll)
{
	struct receiver *receiver = poll->data;

	receiver_look(receiver);
	receiver->open = false;
	close(receiver->inlet.fd);
	if (receiver->inlet.bin >= 0)
		close(receiver->inlet.bin);
}

void
receiver_refuse(struct receiver *receiver)
{
	const struct inlet *inlet = &receiver->inlet;

	if (inlet->inherited || receiver->refusing)
		return;
	receiver->refusing = true;
	int status = is_unix(receiver) ? unix_refuse(inlet->fd) : udp_refuse(inlet->fd);

	if (status == 0 && inlet->bin >= 0)
		status = udp_refuse(inlet->bin);
	if (status != 0)
		log_failure(receiver, -status);
}

void
receiver_stop(struct receiver *receiver)
{
	/* Nothing arrives any more, so this ends; should the kernel not have
	 * heeded that, it ends with what the buffer can hold. */
	receiver_refuse(receiver);
	if (!receiver->inlet.inherited)
		(void)drain(receiver, is_unix(receiver) ? SIZE_MAX : receiver->capacity);
	receiver_look(receiver);
	alarm_fini(&receiver->pause);
	uv_close((uv_handle_t *)&receiver->poll, on_closed);
}
