/* run-facts: what the log of a run says of the run as a whole: at its beginning
 * and at its end.  doc/results.md documents it. */
#ifndef DRIVER_RUN_FACTS_H
#define DRIVER_RUN_FACTS_H

#include <stddef.h>

struct run;

enum {
	/* Of a file of the test this much is logged, ... */
	RUN_SOURCE_MAX = 256 * 1024,
	/* ... and of all files together this much. */
	RUN_SOURCES_MAX = 4 * 1024 * 1024,
};

/** run_log_begin() - "run.begin", and a "source" for each file of the test */
void run_log_begin(struct run *run);
/**
 * run_log_source() - a "source": a file of the test, called @path in places
 *
 * Of what is too long the beginning is logged.
 */
void run_log_source(struct run *run, const char *path, const char *text,
		    size_t size);
/** run_log_captures() - a "capture" for each segment, once the switch has ended
 */
void run_log_captures(struct run *run);
/** run_log_end() - "run.end" */
void run_log_end(struct run *run);

#endif /* DRIVER_RUN_FACTS_H */
