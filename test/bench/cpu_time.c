/* SPDX-License-Identifier: MIT */
/* cpu_time.c -- print the CPU time that a process has used so far, all its
 * threads, user and system, in nanoseconds: /proc knows only hundredths. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int
main(int argc, char **argv)
{
	struct timespec used;
	clockid_t clock;

	if (argc != 2) {
		fprintf(stderr, "usage: cpu_time PID\n");
		return 2;
	}
	int error = clock_getcpuclockid(atoi(argv[1]), &clock);

	if (error != 0 || clock_gettime(clock, &used) < 0) {
		fprintf(
		    stderr, "cpu_time: %s: %s\n", argv[1], strerror(error != 0 ? error : errno));
		return EXIT_FAILURE;
	}
	printf("%lld\n", (long long)used.tv_sec * 1000000000 + used.tv_nsec);
	return EXIT_SUCCESS;
}
