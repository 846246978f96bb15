/* SPDX-License-Identifier: MIT */
/* daemon.c -- everything wired together.
 *
 * Start: flusher's mailbox, sockets, sinks, control socket, signals; then
 * egress, workers and flusher begin to run. Stop, each step when the one
 * before has said that it is done:
 *
 *   1  control socket closed, no more datagrams; workers drain and close their sockets
 *   2  flusher flushes what they sealed, once more, and ends
 *   3  egress delivers until the deadline, counts the rest, and ends
 *   4  workers end; main's loop runs out of handles */

#include "cli/daemon.h"

#include "admin/control.h"
#include "admin/socket_path.h"
#include "base/check.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/cpus.h"
#include "cli/watchdog.h"
#include "sink/egress.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define WORKERS_AUTO_MOST 4

/* Who stops a daemon and then its process group, as timeout(1) does, means it
 * once; who is impatient takes longer. */
#define SAME_SIGNAL (100 * CLOCK_MS)

/* What main is told. */
enum daemon_mail {
	DAEMON_STOP,
	DAEMON_WORKER_DRAINED,
	DAEMON_FLUSHER_DONE,
	DAEMON_EGRESS_DONE,
	DAEMON_REPORT, /* what the control socket has asked others for */
	DAEMON_ALIVE,  /* an answer for the watchdog */
};

struct daemon {
	struct thread main;
	const struct settings *settings;
	bool reads_stdin;
	struct inheritance inherited;
	struct watchdog watchdog;
	struct flusher flusher;
	struct ingest ingest;
	struct egress *egress;
	struct inquiry_desk desk;
	struct control *control; /* NULL: there is none */
	struct status_sources sources;
	uv_signal_t signals[3];
	bool stopping;
	int64_t deadline_ns; /* monotonic, counted from the signal ... */
	int64_t patience_ns; /* ... which may come twice until then */
	unsigned drained;
	struct mail stop, egress_done;
	struct notice flusher_done, stdin_ended;
	struct notice *worker_notices;
};

const struct status_sources *
daemon_sources(const struct daemon *daemon)
{
	return &daemon->sources;
}

static void
tell_workers(struct daemon *daemon, enum worker_mail what)
{
	for (unsigned i = 0; i < daemon->ingest.count; i++) {
		struct notice *notice = &daemon->worker_notices[i];

		notice->to = &daemon->main.inbox;
		notice->kind = DAEMON_WORKER_DRAINED;
		mailbox_post(&daemon->ingest.workers[i].thread.inbox, &notice->mail, what);
	}
}

static void
begin_stop(struct daemon *daemon)
{
	if (daemon->stopping)
		return;
	daemon->stopping = true;
	daemon->deadline_ns = clock_mono_ns() + daemon->settings->shutdown_timeout_ns;
	watchdog_stop(&daemon->watchdog, daemon->settings->shutdown_timeout_ns);
	if (daemon->control != NULL)
		control_close(&daemon->control);
	ingest_hide(&daemon->ingest);
	tell_workers(daemon, WORKER_DRAIN);
}

static void
stop_flusher(struct daemon *daemon)
{
	if (++daemon->drained < daemon->ingest.count)
		return;
	daemon->flusher_done.to = &daemon->main.inbox;
	daemon->flusher_done.kind = DAEMON_FLUSHER_DONE;
	mailbox_post(&daemon->flusher.thread.inbox, &daemon->flusher_done.mail, FLUSHER_STOP);
}

static void
end_main(struct daemon *daemon)
{
	tell_workers(daemon, WORKER_FINISH);
	for (size_t i = 0; i < sizeof(daemon->signals) / sizeof(*daemon->signals); i++)
		uv_close((uv_handle_t *)&daemon->signals[i], NULL);
	thread_finish(&daemon->main);
}

static void
deliver(struct thread *thread, struct mail *mail)
{
	struct daemon *daemon = (struct daemon *)((char *)thread - offsetof(struct daemon, main));

	switch ((enum daemon_mail)mail->kind) {
	case DAEMON_STOP: begin_stop(daemon); break;
	case DAEMON_WORKER_DRAINED: stop_flusher(daemon); break;
	case DAEMON_FLUSHER_DONE:
		egress_stop(daemon->egress, daemon->deadline_ns, &daemon->main.inbox,
		    &daemon->egress_done, DAEMON_EGRESS_DONE);
		break;
	case DAEMON_EGRESS_DONE: end_main(daemon); break;
	case DAEMON_REPORT: control_report(mail); break;
	case DAEMON_ALIVE: watchdog_hear(&daemon->watchdog, mail); break;
	}
}

void
daemon_stop(struct daemon *daemon)
{
	mailbox_post(&daemon->main.inbox, &daemon->stop, DAEMON_STOP);
}

static void
on_signal(uv_signal_t *handle, int number)
{
	struct daemon *daemon = handle->data;

	if (number == SIGHUP) {
		log_warn("SIGHUP ignored: the configuration is read at the start only");
	} else if (daemon->stopping && clock_mono_ns() < daemon->patience_ns) {
		log_debug("the signal came twice");
	} else if (daemon->stopping) {
		log_warn("%s again: ending at once; what was not delivered is lost, uncounted",
		    number == SIGINT ? "SIGINT" : "SIGTERM");
		log_stop();
		_exit(EXIT_FAILURE);
	} else {
		log_info("%s: stopping", number == SIGINT ? "SIGINT" : "SIGTERM");
		daemon->patience_ns = clock_mono_ns() + SAME_SIGNAL;
		begin_stop(daemon);
	}
}

static void
watch_signals(struct daemon *daemon)
{
	static const int numbers[] = {SIGTERM, SIGINT, SIGHUP};

	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		CHECK(uv_signal_init(&daemon->main.loop, &daemon->signals[i]) == 0);
		daemon->signals[i].data = daemon;
		CHECK(uv_signal_start(&daemon->signals[i], on_signal, numbers[i]) == 0);
	}
}

/* A control socket that was asked for by name must open; the automatic one is
 * missed with a warning, and left to the daemon proper by one that reads
 * standard input. */
static int
open_control(struct daemon *daemon, struct text *error)
{
	const struct control_settings *settings = &daemon->settings->control;
	bool automatic = strcmp(settings->socket, "auto") == 0;
	struct text path = {0};

	if (automatic && daemon->reads_stdin)
		return 0;
	int status = control_socket_path(settings, false, &path);

	if (status == 0)
		daemon->control =
		    control_open(&daemon->main, text_string(&path), settings, &daemon->desk, error);
	else
		text_printf(error, "control socket %s: %s", text_string(&path), strerror(-status));
	if (daemon->control != NULL) {
		log_info("control socket %s", text_string(&path));
	} else if (automatic) {
		log_warn("no control socket, so no status: %s", text_string(error));
		text_reset(error);
	}
	text_fini(&path);
	return daemon->control != NULL || automatic ? 0 : -1;
}

static unsigned
count_workers(const struct settings *settings)
{
	if (settings->workers != ITEM_WORD)
		return (unsigned)settings->workers;
	unsigned count = cpus_usable();

	return count < WORKERS_AUTO_MOST ? count : WORKERS_AUTO_MOST;
}

/* Descriptors the daemon will have open without a client: sockets, alarms,
 * loops, the odd file. */
static rlim_t
count_descriptors(const struct settings *settings)
{
	rlim_t shared = 0, single = 0, workers = count_workers(settings);

	for (size_t i = 0; i < settings->listen.count; i++) {
		const struct listen_settings *listener = settings->listen.at[i].settings;
		rlim_t graphite = listener->graphite.count;

		/* Of both families; those for datagrams have an alarm each. */
		shared += 2 * (listener->udp.count + graphite);
		single += 2 * (listener->tcp.count + graphite) + 2 * listener->unix_datagram.count +
		    listener->unix_stream.count;
	}
	return 48 + workers * (4 + 2 * shared) + shared + single + 8 * settings->sinks.count;
}

/* The limit on descriptors is raised as far as need be, and may be. Where it
 * is too low for limits.connections, there will be fewer of these. */
static int
ensure_descriptors(const struct settings *settings, struct text *error)
{
	rlim_t needed = count_descriptors(settings);
	rlim_t wanted = needed + (rlim_t)settings->limits.connections + ACCEPTOR_SPARE;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted)
		return 0;
	limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
	if (limit.rlim_cur < needed || setrlimit(RLIMIT_NOFILE, &limit) != 0) {
		text_printf(error,
		    "%llu file descriptors are needed, but the limit is %llu: raise it "
		    "(LimitNOFILE=, ulimit -n)",
		    (unsigned long long)needed, (unsigned long long)limit.rlim_max);
		return -EMFILE;
	}
	if (limit.rlim_cur < wanted)
		log_warn("%lld connections would need %llu file descriptors, but the limit is "
			 "%llu: at it no further ones are accepted (LimitNOFILE=, ulimit -n)",
		    (long long)settings->limits.connections, (unsigned long long)wanted,
		    (unsigned long long)limit.rlim_cur);
	return 0;
}

static int
open_ingest(struct daemon *daemon, const struct daemon_plan *plan, struct text *error)
{
	const struct settings *settings = plan->settings;
	const struct ingest_plan ingest_plan = {
	    .listen = &settings->listen,
	    .limits = &settings->limits,
	    .budget = timers_budget(&settings->flush.timers),
	    .rules = plan->rules,
	    .kinds_clash = sink_kinds_clash(&settings->sinks),
	    .workers = count_workers(settings),
	    .inherited = &daemon->inherited,
	    .stdin_ended = plan->reads_stdin ? &daemon->stdin_ended : NULL,
	    .stdin_listener = plan->stdin_listener,
	    .stdin_graphite = plan->stdin_graphite,
	    .sealed = &daemon->flusher.thread.inbox,
	    .sealed_kind = FLUSHER_SEALED,
	};

	daemon->stdin_ended.to = &daemon->main.inbox;
	daemon->stdin_ended.kind = DAEMON_STOP;
	return ingest_open(&daemon->ingest, &ingest_plan, error);
}

/* What the service manager has for us. One that reads standard input wants
 * none of its sockets. */
static int
open_service(struct daemon *daemon, struct text *error)
{
	watchdog_open(&daemon->watchdog);
	return daemon->reads_stdin ? 0 : inherit_sockets(&daemon->inherited, error);
}

struct daemon *
daemon_open(const struct daemon_plan *plan, struct text *error)
{
	const struct settings *settings = plan->settings;

	if (ensure_descriptors(settings, error) != 0)
		return NULL;
	struct daemon *daemon = mem_zero(1, sizeof(*daemon));

	hash_init();
	daemon->settings = settings;
	daemon->reads_stdin = plan->reads_stdin;
	if (open_service(daemon, error) != 0)
		return NULL;
	thread_init(&daemon->main, "tidemill", deliver);
	flusher_init(&daemon->flusher, &settings->flush, &settings->sinks, plan->rules);
	if (open_ingest(daemon, plan, error) != 0)
		return NULL;
	daemon->worker_notices = mem_zero(daemon->ingest.count, sizeof(*daemon->worker_notices));
	daemon->egress = egress_new(&settings->sinks);
	daemon->sources = (struct status_sources){
	    .version = TIDEMILL_VERSION,
	    .started_ns = clock_mono_ns(),
	    .ingest = &daemon->ingest,
	    .flusher = &daemon->flusher,
	    .egress = daemon->egress,
	};
	daemon->desk = (struct inquiry_desk){
	    .sources = &daemon->sources,
	    .ingest = &daemon->ingest,
	    .egress = daemon->egress,
	    .to = &daemon->main.inbox,
	    .kind = DAEMON_REPORT,
	};
	if (open_control(daemon, error) != 0)
		return NULL;
	return daemon;
}

/* An address that `tidemill send` can be told. */
static bool
find_example(const struct ingest *ingest, struct text *address)
{
	for (unsigned i = 0; i < ingest->count; i++) {
		const struct worker *worker = &ingest->workers[i];

		for (size_t j = 0; j < worker->receiver_count; j++) {
			const struct receiver *receiver = &worker->receivers[j];

			if (receiver->inlet.path != NULL || receiver->origin.graphite)
				continue;
			receiver_print(receiver, address);
			return true;
		}
	}
	return false;
}

/* For someone who has just typed "make run". */
static void
greet(const struct daemon *daemon)
{
	const struct ingest *ingest = &daemon->ingest;
	struct text hint = {0}, address = {0};
	double wait = (double)(daemon->flusher.due_ns - clock_wall_ns()) / 1e9;

	if (find_example(ingest, &address))
		text_printf(
		    &hint, "; try: tidemill send --to %s 'hello.world:1|c'", text_string(&address));
	else if (daemon->reads_stdin)
		text_puts(&hint, "; reading standard input to its end");
	log_info("tidemill %s is ready: %u worker%s, next flush in %.1f s%s",
	    daemon->sources.version, ingest->count, ingest->count == 1 ? "" : "s",
	    wait > 0 ? wait : 0, text_string(&hint));
	text_fini(&address);
	text_fini(&hint);
}

/* Who is to answer the watchdog: every thread that metrics pass through. */
static void
start_watchdog(struct daemon *daemon)
{
	struct watchdog *watchdog = &daemon->watchdog;

	for (unsigned i = 0; i < daemon->ingest.count; i++) {
		struct worker *worker = &daemon->ingest.workers[i];

		watchdog_watch(watchdog, worker->name, &worker->thread.inbox, WORKER_ECHO);
	}
	watchdog_watch(watchdog, "flusher", &daemon->flusher.thread.inbox, FLUSHER_ECHO);
	watchdog_watch(watchdog, "egress", egress_inbox(daemon->egress), EGRESS_ECHO);
	watchdog_start(watchdog, &daemon->main, DAEMON_ALIVE, &daemon->sources);
}

void
daemon_run(struct daemon *daemon)
{
	watch_signals(daemon);
	egress_start(daemon->egress);
	ingest_start(&daemon->ingest);
	flusher_start(&daemon->flusher, &daemon->ingest, daemon->egress);
	greet(daemon);
	start_watchdog(daemon);
	thread_run(&daemon->main);
	ingest_join(&daemon->ingest);
	egress_join(daemon->egress);
	flusher_join(&daemon->flusher);
}

bool
daemon_read_all(const struct daemon *daemon)
{
	const struct input *input = daemon->ingest.workers[0].input;

	return input != NULL && input->whole;
}

void
daemon_close(struct daemon **closing, struct account *account_out)
{
	struct daemon *daemon = *closing;

	*closing = NULL;
	status_account(&daemon->sources, account_out);
	flusher_fini(&daemon->flusher);
	egress_free(daemon->egress);
	ingest_fini(&daemon->ingest);
	watchdog_close(&daemon->watchdog);
	thread_fini(&daemon->main);
	inherit_free(&daemon->inherited);
	free(daemon->worker_notices);
	free(daemon);
}
