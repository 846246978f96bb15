/* SPDX-License-Identifier: MIT */
/* child.c -- programs that a test starts. */

#include "test/scenario/child.h"

#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

#define HANDED_FIRST 3 /* sd_listen_fds(3) */

static void
take_stream(int stream, int given)
{
	if (given == CHILD_CLOSED)
		close(stream);
	else if (given != CHILD_KEEPS && dup2(given, stream) < 0)
		_exit(125);
}

static void
take_handed(const struct child *child)
{
	for (size_t i = 0; i < child->handed_count; i++)
		if (dup2(child->handed[i], HANDED_FIRST + (int)i) < 0)
			_exit(125);
	if (child->handed_count > 0)
		snprintf(child->listen_pid, CHILD_PID_BYTES, "LISTEN_PID=%d", (int)getpid());
}

static void
become(const struct child *child, pid_t parent)
{
	/* Whatever becomes of the test, the child goes with it. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(125);
	take_stream(STDIN_FILENO, child->in);
	take_stream(STDOUT_FILENO, child->out);
	take_stream(STDERR_FILENO, child->err);
	take_handed(child);
	execvpe(child->program, (char *const *)(uintptr_t)child->arguments,
	    child->environment != NULL ? child->environment : environ);
	_exit(errno == ENOENT ? 127 : 126);
}

/* A child of fork() would wait forever for a lock that another of our threads
 * had at that moment, of an allocator's or a sanitizer's. This one shares our
 * memory until it has become the program, and our other threads go on. */
pid_t
child_start(const struct child *child)
{
	pid_t parent = getpid();
	pid_t pid = vfork();

	if (pid == 0)
		become(child, parent);
	ck_assert_int_ge(pid, 0);
	return pid;
}
