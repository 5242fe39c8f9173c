/*
 * progress: where a run is, made of the events of its log: which steps are
 * under way, and in what state each machine is.
 *
 * Pure: does no I/O, reads no clock.  Times are those of events: seconds since
 * the run began.
 */
#ifndef DRIVER_REPORT_PROGRESS_H
#define DRIVER_REPORT_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

/* A step that has begun and not ended. */
struct progress_step {
	struct progress_step *next; /* those begun before; or NULL */
	json_int_t id;
	json_int_t in; /* the step it is part of; 0: none */
	double began_s;
	char *kind;    /* owned, as are all texts */
	char *machine; /* NULL: of none */
	char *text;
	char *seen; /* the last line of what came out of it; or NULL */
	char *file; /* the line of the test that called; NULL: not known */
	json_int_t line;
	bool outline;	/* it lies in subtests only */
	bool looking;	/* a look at a condition, one of very many, or in one */
	bool told;	/* for whoever prints: its beginning has been printed */
	size_t n_inner; /* steps that have ended in it, which a reader wants */
};

struct progress_machine {
	char *name;
	const char *state; /* "off", "booting", "up", "panicked", ... */
	bool bad;	   /* the state tells of trouble */
};

struct progress {
	char *test; /* its name, if not another was set; NULL: not known yet */
	struct progress_step *open; /* the latest first */
	struct progress_machine *machines;
	size_t n_machines;
	size_t n_steps; /* that have ended */
};

#define PROGRESS_INIT                                                          \
	{                                                                      \
		.open = NULL                                                   \
	}

/** progress_take() - what @event tells; Return: does that change what there
 * is to see? */
bool progress_take(struct progress *progress, const json_t *event);
/** progress_find() - the open step @id, or NULL; borrowed until the next
 * event */
struct progress_step *progress_find(const struct progress *progress,
				    json_int_t id);
/** progress_depth() - how many steps @id lies in, itself included; bounded */
int progress_depth(const struct progress *progress, json_int_t id);
/** progress_of_machine() - what is going on there: the step begun last; or NULL
 */
const struct progress_step *progress_of_machine(const struct progress *progress,
						const char *machine);
/** progress_title() - "client: succeed: ping -c1 server"; at most @len_max
 * octets of its text, which is not cut in a character; returned owned */
char *progress_title(const char *machine, const char *kind, const char *text,
		     size_t len_max);
void progress_fini(struct progress *progress);

#endif /* DRIVER_REPORT_PROGRESS_H */
