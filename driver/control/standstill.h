/*
 * standstill: a run that waits for a person: at a breakpoint, or because it has
 * failed and was told to stay.
 *
 * On a terminal a prompt is opened there (`vdelab attach`, a child with its
 * own process group, to which the terminal is given meanwhile); elsewhere the
 * person is told how to attach.
 */
#ifndef DRIVER_CONTROL_STANDSTILL_H
#define DRIVER_CONTROL_STANDSTILL_H

#include <stdbool.h>

struct clock;
struct err;
struct event_base;
struct standstill;

/* The person at the prompt has left it. */
typedef void standstill_over_fn(void *arg);

/** standstill_is_possible() - is there anybody who can be asked?  NULL; or why
 * not: with CI set and no terminal nobody will ever come */
const char *standstill_is_possible(void);
/** standstill_has_terminal() - can a prompt be opened here? */
bool standstill_has_terminal(void);
/**
 * standstill_new() - open a prompt on our terminal
 * @dir:   of the run
 * @color: does what is printed there have colours?
 *
 * Return: owned by the caller; NULL with @err set.
 */
struct standstill *standstill_new(struct event_base *base, struct clock *clock,
				  const char *dir, bool color,
				  standstill_over_fn *over, void *arg,
				  struct err *err);
/** standstill_free() - close it, take the terminal back; allowed in over; NULL
 * is a no-op */
void standstill_free(struct standstill *standstill);

#endif /* DRIVER_CONTROL_STANDSTILL_H */
