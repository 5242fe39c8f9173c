/* child: a program that is run to its end, while we wait. */
#ifndef DRIVER_COVERAGE_CHILD_H
#define DRIVER_COVERAGE_CHILD_H

struct err;

enum { CHILD_SAID_SIZE = 2048, CHILD_LIMIT_S = 900 };

struct child_spec {
	const char *const *argv; /* NULL-ended; argv[0] as of process_spec */
	const char *cwd;	 /* or NULL */
	int stdin_fd, stdout_fd; /* borrowed; -1: /dev/null */
};

/**
 * child_run() - at most CHILD_LIMIT_S; a signal that ends us ends it
 * @said: the first of its stderr, of CHILD_SAID_SIZE; ended by NUL
 *
 * Return: its exit status, 128 + N for signal N; -errno with @err set: -ENOENT
 *         when there is no such program, -EINTR, -ETIMEDOUT.
 */
int child_run(const struct child_spec *spec, char *said, struct err *err);

#endif /* DRIVER_COVERAGE_CHILD_H */
