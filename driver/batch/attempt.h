/*
 * attempt: one run of one test in a process of its own, which is this program
 * again, told by --attempt what it is a part of.
 *
 * Whatever happens to that process, nobody else is harmed: it is watched, and
 * how it ended is told.  It dies with us, and all that it started with it.
 */
#ifndef DRIVER_BATCH_ATTEMPT_H
#define DRIVER_BATCH_ATTEMPT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct attempt;
struct clock;
struct err;
struct event_base;

/* What a test's process is told. */
struct attempt_part {
	char *dir;	   /* for its results: absolute, and there already */
	unsigned number;   /* 1, 2, ... */
	uint64_t until_ns; /* CLOCK_MONOTONIC; when all tests are to have
			      ended; 0: no such time */
	double limit_s;	   /* how long they had, for the message */
	char *accel_reason;
	/* How its lines look, which a terminal will show: struct look. */
	bool compact;
	bool unicode;
};

/** attempt_part_json() - as the value of --attempt; returned owned */
char *attempt_part_json(const struct attempt_part *part);
/** attempt_part_read() - the other way
 * Return: 0, @part is to be given to attempt_part_fini(); -EINVAL. */
int attempt_part_read(const char *text, struct attempt_part *part,
		      struct err *err);
void attempt_part_fini(struct attempt_part *part);

/* How it ended. */
struct attempt_end {
	int code;    /* an exit code, or 128 + a signal's number */
	char *error; /* what it died of; or NULL; owned by who gets it */
	bool told;   /* it ended in order, and has said so itself */
};

enum attempt_output {
	ATTEMPT_DIRECT, /* where ours goes */
	ATTEMPT_BLOCK,	/* kept for attempt_print_block() */
	ATTEMPT_LINES,	/* each line at once, behind the test's name */
	ATTEMPT_STREAM, /* each line at once */
};

/* From the loop; attempt_free() is allowed. */
typedef void attempt_end_fn(const struct attempt_end *end, void *arg);

/* Lines of it have been printed. */
typedef void attempt_printed_fn(void *arg);

struct attempt_spec {
	struct event_base *base;
	struct clock *clock;
	const char *const *options; /* for `vdelab run`, NULL-ended */
	const struct attempt_part *part;
	const char *name; /* of the test */
	const char *file;
	enum attempt_output output;
	FILE *out;			/* where what it prints goes */
	attempt_printed_fn *on_printed; /* or NULL */
	attempt_end_fn *on_end;
	void *arg;
};

/** attempt_start() - @spec is borrowed, as is what it points to until the end
 * Return: owned by the caller; NULL with @err set. */
struct attempt *attempt_start(const struct attempt_spec *spec, struct err *err);
/** attempt_signal() - tell it to end */
void attempt_signal(struct attempt *attempt, int signo);
/** attempt_print_block() - all that it has printed, where it goes */
void attempt_print_block(struct attempt *attempt);
/** attempt_free() - one that runs is killed; NULL is a no-op */
void attempt_free(struct attempt *attempt);

/**
 * attempt_read_end() - how a test ended, by what its process did and what the
 * log in @dir says
 * @signaled, @status: of the process: exit status, or signal number
 */
void attempt_read_end(const char *dir, bool signaled, int status,
		      struct attempt_end *end);

#endif /* DRIVER_BATCH_ATTEMPT_H */
