/* SPDX-License-Identifier: MIT */
/* peer.c -- the real programs on either side. */

#include "test/scenario/peer.h"

#include "test/scenario/play.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <math.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define CARBON_CACHE "/usr/bin/carbon-cache"

bool
peer_needed(bool present, const char *what)
{
	const char *required = getenv("REQUIRE_PEERS");

	if (present)
		return true;
	ck_assert_msg(required == NULL || strcmp(required, "1") != 0, "%s is missing", what);
	printf("SKIPPED: %s is missing\n", what);
	return false;
}

bool
peers_present(void)
{
	return peer_needed(access(CARBON_CACHE, X_OK) == 0 &&
		system(PEER_PYTHON " -c 'import statsd, whisper' 2>/dev/null") == 0,
	    "graphite-carbon, python3-whisper or python3-statsd");
}

void
peer_cached(const char *name, char path[static PATH_MAX])
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");

	if (cache != NULL && *cache != '\0')
		snprintf(path, PATH_MAX, "%s/tidemill/%s", cache, name);
	else
		snprintf(path, PATH_MAX, "%s/.cache/tidemill/%s", home != NULL ? home : "", name);
}

static void
print_file(const struct carbon *carbon, const char *name, const char *text)
{
	char path[160];

	snprintf(path, sizeof(path), "%s/conf/%s", carbon->dir, name);
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	ck_assert_int_eq(fclose(file), 0);
}

static void
copy_file(const struct carbon *carbon, const char *name, const char *from)
{
	char text[65536];
	FILE *file = fopen(from, "r");

	ck_assert_msg(file != NULL, "%s: %s", from, strerror(errno));
	size_t len = fread(text, 1, sizeof(text) - 1, file);

	fclose(file);
	text[len] = '\0';
	print_file(carbon, name, text);
}

static void
make_directory(const struct carbon *carbon, const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", carbon->dir, name);
	ck_assert_int_eq(mkdir(path, 0700), 0);
}

static int
free_tcp_port(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t at_len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&at, &at_len), 0);
	close(fd);
	return ntohs(at.sin_port);
}

struct carbon *
carbon_new(const char *schemas, const char *aggregation)
{
	struct carbon *carbon = calloc(1, sizeof(*carbon));
	const char *parent = getenv("TMPDIR");
	char conf[2048];

	snprintf(carbon->dir, sizeof(carbon->dir), "%s/tidemill-carbon-XXXXXX",
	    parent != NULL && strlen(parent) < 32 ? parent : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(carbon->dir));
	make_directory(carbon, "conf");
	make_directory(carbon, "log");
	make_directory(carbon, "storage");
	carbon->port = free_tcp_port();
	/* No USER: it stays who it is. */
	snprintf(conf, sizeof(conf),
	    "[cache]\n"
	    "STORAGE_DIR = %s/storage\nLOCAL_DATA_DIR = %s/storage/whisper\n"
	    "CONF_DIR = %s/conf\nLOG_DIR = %s/log\nPID_DIR = %s\nUSER =\n"
	    "MAX_CACHE_SIZE = inf\nMAX_UPDATES_PER_SECOND = inf\nMAX_CREATES_PER_MINUTE = inf\n"
	    "LINE_RECEIVER_INTERFACE = 127.0.0.1\nLINE_RECEIVER_PORT = %d\n"
	    "PICKLE_RECEIVER_INTERFACE = 127.0.0.1\nPICKLE_RECEIVER_PORT = 0\n"
	    "CACHE_QUERY_INTERFACE = 127.0.0.1\nCACHE_QUERY_PORT = %d\n"
	    "ENABLE_UDP_LISTENER = False\nENABLE_TAGS = False\nWHISPER_AUTOFLUSH = True\n"
	    "WHISPER_FALLOCATE_CREATE = False\nWHISPER_SPARSE_CREATE = True\n",
	    carbon->dir, carbon->dir, carbon->dir, carbon->dir, carbon->dir, carbon->port,
	    free_tcp_port());
	print_file(carbon, "carbon.conf", conf);
	if (schemas != NULL)
		copy_file(carbon, "storage-schemas.conf", schemas);
	else
		print_file(
		    carbon, "storage-schemas.conf", "[all]\npattern = .*\nretentions = 1s:1d\n");
	if (aggregation != NULL)
		copy_file(carbon, "storage-aggregation.conf", aggregation);
	return carbon;
}

static bool
port_accepts(int port)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	    .sin_port = htons((uint16_t)port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool accepts = connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0;

	close(fd);
	return accepts;
}

/* Both outputs go there. */
static pid_t
start(const char *const *arguments, int output)
{
	return child_start(&(struct child){
	    .program = arguments[0],
	    .arguments = arguments,
	    .out = output,
	    .err = output,
	});
}

void
carbon_start(struct carbon *carbon)
{
	char config[128], log[128];

	ck_assert_int_eq(carbon->pid, 0);
	snprintf(config, sizeof(config), "--config=%s/conf/carbon.conf", carbon->dir);
	snprintf(log, sizeof(log), "%s/output", carbon->dir);
	int fd = open(log, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	carbon->pid = start(
	    (const char *const[]){PEER_PYTHON, CARBON_CACHE, "--nodaemon", config, "start", NULL},
	    fd);
	close(fd);
	WAIT_UNTIL(port_accepts(carbon->port));
	ck_assert_int_eq(waitpid(carbon->pid, NULL, WNOHANG), 0);
}

void
carbon_stop(struct carbon *carbon)
{
	ck_assert_int_eq(kill(carbon->pid, SIGTERM), 0);
	WAIT_UNTIL(waitpid(carbon->pid, NULL, WNOHANG) == carbon->pid);
	carbon->pid = 0;
}

static int
remove_entry(const char *path, const struct stat *entry, int type, struct FTW *place)
{
	(void)entry;
	(void)type;
	(void)place;
	return remove(path);
}

void
carbon_free(struct carbon *carbon)
{
	ck_assert_int_eq(carbon->pid, 0);
	ck_assert_int_eq(nftw(carbon->dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
	free(carbon);
}

#define PATH_BYTES 320

/* Where carbon itself puts what has tags: by a hash of the name as it writes
 * it. */
static void
carbon_tagged_path(const struct carbon *carbon, const char *name, char path[static PATH_BYTES])
{
	char command[PATH_BYTES + 128];

	snprintf(command, sizeof(command),
	    PEER_PYTHON " -c 'from carbon.util import TaggedSeries as T; "
			"print(T.encode(T.parse(\"%s\").path, \"/\", True))'",
	    name);
	FILE *answer = popen(command, "r");
	char under[128];

	ck_assert_ptr_nonnull(answer);
	ck_assert_int_eq(fscanf(answer, "%127s", under), 1);
	ck_assert_int_eq(pclose(answer), 0);
	snprintf(path, PATH_BYTES, "%s/storage/whisper/%s.wsp", carbon->dir, under);
}

/* "a.b" is storage/whisper/a/b.wsp */
static void
carbon_path(const struct carbon *carbon, const char *name, char path[static PATH_BYTES])
{
	if (strchr(name, ';') != NULL) {
		carbon_tagged_path(carbon, name, path);
		return;
	}
	size_t head = (size_t)sprintf(path, "%s/storage/whisper/", carbon->dir);

	ck_assert_uint_lt(head + strlen(name) + 8, PATH_BYTES);
	for (size_t i = 0; name[i] != '\0'; i++)
		path[head++] = name[i] == '.' ? '/' : name[i];
	strcpy(path + head, ".wsp");
}

bool
carbon_stores(const struct carbon *carbon, const char *name)
{
	char path[PATH_BYTES];

	carbon_path(carbon, name, path);
	return access(path, F_OK) == 0;
}

static FILE *
carbon_ask(const struct carbon *carbon, const char *command, const char *name)
{
	char path[PATH_BYTES], line[PATH_BYTES + 64];

	carbon_path(carbon, name, path);
	snprintf(line, sizeof(line), "%s %s 2>/dev/null", command, path);
	FILE *answer = popen(line, "r");

	ck_assert_ptr_nonnull(answer);
	return answer;
}

static void
carbon_fetch(const struct carbon *carbon, const char *name, double *sum_out, double *last_out)
{
	FILE *answer = carbon_ask(carbon, "/usr/bin/whisper-fetch --drop=nulls", name);
	long timestamp;
	double value;

	*sum_out = 0;
	*last_out = NAN;
	while (fscanf(answer, "%ld %lf", &timestamp, &value) == 2) {
		*sum_out += value;
		*last_out = value;
	}
	pclose(answer);
}

double
carbon_sum(const struct carbon *carbon, const char *name)
{
	double sum, last;

	carbon_fetch(carbon, name, &sum, &last);
	return sum;
}

double
carbon_last(const struct carbon *carbon, const char *name)
{
	double sum, last;

	carbon_fetch(carbon, name, &sum, &last);
	return last;
}

char *
carbon_describe(const struct carbon *carbon, const char *name)
{
	FILE *answer = carbon_ask(carbon, "/usr/bin/whisper-info", name);
	char *text = calloc(1, 4096);
	size_t len = fread(text, 1, 4095, answer);

	text[len] = '\0';
	pclose(answer);
	return text;
}

bool
carbon_log_has(const struct carbon *carbon, const char *text)
{
	char path[128], line[1024];
	bool has = false;

	snprintf(path, sizeof(path), "%s/output", carbon->dir);
	FILE *file = fopen(path, "r");

	ck_assert_ptr_nonnull(file);
	while (!has && fgets(line, sizeof(line), file) != NULL)
		has = strstr(line, text) != NULL;
	fclose(file);
	return has;
}

pid_t
peer_start(const char *const *arguments)
{
	return start(arguments, CHILD_KEEPS);
}

int
peer_wait(pid_t pid)
{
	int raw;

	ck_assert_int_eq(waitpid(pid, &raw, 0), pid);
	return WIFEXITED(raw) ? WEXITSTATUS(raw) : -WTERMSIG(raw);
}

int
peer_run(const char *const *arguments)
{
	return peer_wait(peer_start(arguments));
}

int
python_run(const char *program, int number)
{
	char argument[16];

	snprintf(argument, sizeof(argument), "%d", number);
	return peer_run((const char *const[]){PEER_PYTHON, "-c", program, argument, NULL});
}
