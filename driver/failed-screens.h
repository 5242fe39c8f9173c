/* failed-screens: pictures of what machines show when their test has failed. */
#ifndef DRIVER_FAILED_SCREENS_H
#define DRIVER_FAILED_SCREENS_H

struct clock;
struct event_base;
struct event_log;
struct failed_screens;
struct live;
struct plan;

struct failed_screens_spec {
	struct event_base *base;
	struct clock *clock;
	struct event_log *log;
	const struct plan *plan;
	struct live *live;
	const char *results_dir;
};

enum { FAILED_SCREENS_MS = 5000 };

/**
 * failed_screens_take() - keep failed-NODE.png of every machine that runs and
 * has a display, in the results
 *
 * Runs the loop, for FAILED_SCREENS_MS of real time at most.  A screen that
 * cannot be had is a warning and nothing else.
 * Return: returned owned; QEMU may still answer: free it after the machines.
 */
struct failed_screens *
failed_screens_take(const struct failed_screens_spec *spec);
/** failed_screens_free() - NULL is a no-op */
void failed_screens_free(struct failed_screens *screens);

#endif /* DRIVER_FAILED_SCREENS_H */
