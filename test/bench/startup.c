/* SPDX-License-Identifier: MIT */
/* startup.c -- how long a daemon takes to answer: from its start until its
 * control socket takes a connection and says something.
 *
 *   startup SOCKET PROGRAM ARGUMENT...
 *
 * Prints milliseconds, and stops the daemon. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ASK_AGAIN_NS 20000
#define PATIENCE_NS 10e9

static double
now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static bool
answers(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	char byte;
	bool answered = connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 &&
	    send(fd, "status\n", 7, MSG_NOSIGNAL) == 7 && recv(fd, &byte, 1, 0) == 1;

	close(fd);
	return answered;
}

static pid_t
start(char **argv)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	int null = open("/dev/null", O_WRONLY);

	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	execvp(argv[0], argv);
	_exit(127);
}

int
main(int argc, char **argv)
{
	const struct timespec pause_time = {.tv_nsec = ASK_AGAIN_NS};
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (argc < 3 || strlen(argv[1]) >= sizeof(address.sun_path)) {
		fprintf(stderr, "usage: startup SOCKET PROGRAM ARGUMENT...\n");
		return 2;
	}
	strcpy(address.sun_path, argv[1]);
	double begun = now_ns();
	pid_t pid = start(argv + 2);

	if (pid < 0) {
		fprintf(stderr, "startup: fork: %s\n", strerror(errno));
		return EXIT_FAILURE;
	}
	bool answered;

	while (!(answered = answers(&address)) && now_ns() - begun < PATIENCE_NS)
		nanosleep(&pause_time, NULL);
	double took = now_ns() - begun;

	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
	if (!answered) {
		fprintf(stderr, "startup: %s does not answer\n", argv[2]);
		return EXIT_FAILURE;
	}
	printf("%.2f\n", took / 1e6);
	return EXIT_SUCCESS;
}
