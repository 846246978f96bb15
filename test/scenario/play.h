/* SPDX-License-Identifier: MIT */
/* play.h -- the whole daemon on a little stage.
 *
 *     struct play *play = play_new();
 *
 *     play_option(play, "interval=100ms");
 *     play_start(play);
 *     play_send(play, "a:1|c");
 *     WAIT_UNTIL(play_number(play, "ledger.lines.accepted") == 1);
 *     play_end(play);
 *
 * Each play has a directory, ports and a control socket of its own. The binary
 * is $TIDEMILL, else build/tidemill. A failed assertion ends the test's
 * process, and the kernel then ends the daemon; its directory stays for a
 * look. Nothing waits for a time to pass, everything for a condition. */

#pragma once

#include "test/scenario/child.h"
#include "test/scenario/endpoint.h"

#include <check.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#define WAIT_SECONDS 60 /* before a condition is given up */

struct wait {
	int64_t until_ns;
};

/* Sleeps a few milliseconds; false, from the limit on, after printing what
 * was waited for in vain. */
bool wait_again(struct wait *wait, const char *what);

#define WAIT_UNTIL(condition)                                                                     \
	do {                                                                                      \
		struct wait wait_ = {0};                                                          \
		while (!(condition))                                                              \
			ck_assert_msg(                                                            \
			    wait_again(&wait_, #condition), "waited in vain for %s", #condition); \
	} while (0)

#define PLAY_OPTIONS_MAX 32
#define PLAY_LAUNCHER_MAX 32
#define PLAY_HANDED_MAX 8

struct play {
	char dir[64];
	char control[96], config[96], out[96], err[96]; /* paths */
	int port;                                       /* UDP, IPv4 and IPv6; free for TCP */
	int socket_v4, socket_v6;
	char *options[PLAY_OPTIONS_MAX]; /* values of -o */
	char *environment[PLAY_OPTIONS_MAX];
	size_t option_count, environment_count;
	char *launcher[PLAY_LAUNCHER_MAX]; /* a command that runs the daemon's; empty: none */
	struct {
		int fd; /* of ours */
		char *name;
	} handed[PLAY_HANDED_MAX]; /* sockets for the daemon */
	size_t handed_count;
	int out_fd, err_fd; /* given to the daemon in place of the files; -1; or PLAY_CLOSED */
	pid_t pid;          /* 0: not running */
	uint64_t sent;      /* datagrams */
};

/* The daemon starts with this stream closed. */
#define PLAY_CLOSED CHILD_CLOSED

struct ledger {
	uint64_t datagrams_read, datagrams_dropped, datagrams_filtered;
	uint64_t lines_read, lines_accepted, lines_refused;
	uint64_t offered, delivered, queued, dropped;
};

struct play *play_new(void);

/* What the file of the configuration holds; by default the listener on the
 * play's port, both families. */
void play_configure(struct play *play, const char *yaml);
void play_option(struct play *play, const char *format, ...) __attribute__((format(printf, 2, 3)));
void play_environment(struct play *play, const char *assignment);

/* Add a Graphite sink called `name` for this endpoint. */
void play_deliver_to(struct play *play, const char *name, const struct endpoint *endpoint);

/* Have this command (NULL-terminated) become the daemon: its words come before
 * the daemon's own. */
void play_through(struct play *play, const char *const *command);

/* Hand the daemon a copy of this socket when it starts, as systemd does. */
void play_hand(struct play *play, int fd, const char *name);

/* Start, and wait until the control socket answers. */
void play_start(struct play *play);

/* The two halves of it. */
void play_launch(struct play *play);
void play_await(struct play *play);

/* Start a daemon that is expected to end by itself; its exit status. */
int play_fail_to_start(struct play *play);

/* Run the binary with these arguments (NULL-terminated) to its end; its exit
 * status. Both outputs go to the play's files. */
int play_run(struct play *play, const char *const *arguments);

/* A port free for UDP and TCP in both families now; for UDP, is this one? */
int play_free_port(void);
bool play_port_is_free(int port);

/* Datagrams, over IPv4 unless said. */
void play_send(struct play *play, const char *text);
void play_sendf(struct play *play, const char *format, ...) __attribute__((format(printf, 2, 3)));
void play_send_v6(struct play *play, const char *text);
void play_send_bytes(struct play *play, const void *bytes, size_t len);
void play_send_to(struct play *play, int port, const char *text);

/* From a source port of its own. */
void play_send_apart(struct play *play, const char *text);

/* A connection to the control socket; -1: nobody listens. */
int play_connect(const struct play *play);

/* Say this there, and read to the end; NULL if nobody listens, else free() is
 * the caller's. */
char *play_ask(const struct play *play, const char *line);

/* The same, of an answer that must be JSON; json_decref() is the caller's. */
json_t *play_ask_json(const struct play *play, const char *line);

/* The answer to `status`; json_decref() is the caller's. NULL: none came. */
json_t *play_status(struct play *play);

/* What is at "ledger.lines.read" or "sinks.0.points.queued" of it, borrowed;
 * NULL if nothing is. */
json_t *status_at(json_t *status, const char *path);

/* One number of it by path; a sum over its members if it is an object. 0 if it
 * is not there yet. */
double play_number(struct play *play, const char *path);

/* Small datagrams that the receive buffer of one socket surely holds. */
int play_room(struct play *play);

/* Is there a text at the path that has this in it? */
bool play_text_has(struct play *play, const char *path, const char *text);

/* The books, as status has them and as the last words of the log have them. */
struct ledger play_ledger(struct play *play);
bool ledger_balances(const struct ledger *ledger);
struct ledger ledger_of_log(const struct play *play);
void ledger_assert(const struct ledger *ledger);

/* Wait until all that was sent was read, or counted as dropped. The lines of
 * the last datagrams may still be under way. */
void play_settle(struct play *play);

/* That, and wait until the ledger of status balances. */
void play_balance(struct play *play);

/* Wait until a number of status is this. */
#define WAIT_FOR_NUMBER(play, path, value) WAIT_UNTIL(play_number(play, path) == (value))

/* What the daemon has written so far; free() is the caller's. */
char *play_log(const struct play *play);
char *play_output(const struct play *play);
bool play_log_has(const struct play *play, const char *text);
bool play_output_has(const struct play *play, const char *text);

void play_signal(struct play *play, int signal);

/* SIGSTOP; it has stopped when this returns. SIGCONT lets it go on. */
void play_pause(struct play *play);

/* Wait for the end; the exit status, or -signal. */
int play_wait_exit(struct play *play);

/* SIGTERM; exit status 0; the ledger of the exit log, asserted. */
struct ledger play_stop(struct play *play);

/* Wait for the ledger of status to balance, stop, and check that every
 * datagram sent is in the ledger; play_free(). */
void play_end(struct play *play);

/* The directory goes too. */
void play_free(struct play *play);
