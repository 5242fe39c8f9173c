/* run-internal: what the files of a run share. */
#ifndef DRIVER_RUN_INTERNAL_H
#define DRIVER_RUN_INTERNAL_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct control;
struct coverage;
struct err;
struct event;
struct standstill;

enum { RUN_N_SIGNALS = 3 };

struct run {
	const struct run_options *options; /* borrowed */
	struct test_file *file;		   /* borrowed */
	const struct plan *plan;	   /* borrowed */
	struct event_base *base;
	struct clock *clock;
	struct event *on_signals[RUN_N_SIGNALS];
	struct event *on_lifeline; /* NULL: there is none */
	struct results *results;
	struct event_log *log;
	struct terminal *terminal;
	struct vm_image *images; /* one for each node */
	char run_dir[PATH_MAX];	 /* "": none yet */
	char *socket;		 /* the path of its control socket; owned */
	char *title;		 /* owned */
	struct live *live;
	struct coverage *coverage;	/* owned; NULL: none is collected */
	struct failed_screens *screens; /* owned; NULL: none were taken */
	struct script *script;
	struct control *control;
	struct standstill *standstill; /* the prompt; NULL: none is open */
	struct timer *deadline;
	bool all_late; /* the deadline is that of all tests */
	uint64_t deadline_ns;
	uint64_t left_ns; /* to the deadline, while a task stands still */
	bool staying;	  /* the script has failed, and is looked at */
	bool serving;	  /* there is no script */
	bool interrupted; /* by a signal, whenever it came */
	bool done;	  /* the script has ended */
	char *error;	  /* what the test died of; owned; NULL: nothing */
	char *error_file; /* where, if who ended it said so; owned; or NULL */
	int error_line;
	size_t n_source_bytes; /* of texts of the test, in the log */
	int code;	       /* the exit code */
};

/** run_fails() - the first trouble decides what the run ends with */
void run_fails(struct run *run, int code, const char *why);
/** run_stop_script() - the run fails, and its script ends wherever it is */
void run_stop_script(struct run *run, int code, const char *why);

/* run-coverage.c */
/** run_setup_coverage() - when the test asks for it; what fails is a warning */
int run_setup_coverage(struct run *run, struct err *err);
/** run_collect_coverage() - from every machine whose shell answers.  Runs the
 * loop, for a limited time. */
void run_collect_coverage(struct run *run);

/* run-control.c */
int run_setup_control(struct run *run, struct err *err);
/** run_announce() - tell whoever started us where the control socket is */
int run_announce(const struct run *run, struct err *err);
/** run_watch_lifeline() - the run ends with whoever started it, if that was
 * asked for */
int run_watch_lifeline(struct run *run, struct err *err);
/** run_on_pause() - a task of the script stands still: script_spec.on_pause;
 * @arg: the run */
const char *run_on_pause(const char *place, void *arg);
/** run_stay() - the script has failed: until somebody says that it may end.
 * Runs the loop. */
void run_stay(struct run *run);
/** run_close_prompt() - if one is open */
void run_close_prompt(struct run *run);

#endif /* DRIVER_RUN_INTERNAL_H */
