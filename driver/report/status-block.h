/*
 * status-block: lines at the bottom of a terminal that tell what goes on, drawn
 * again in place, and above them what is printed for good.
 *
 * Nothing is written more often than STATUS_BLOCK_PERIOD_MS: what is printed
 * meanwhile waits, and goes out in one write with the lines below it, so that
 * nothing flickers.  Without news the lines are drawn again once a second, and
 * only if they say something else then.
 *
 * In the background nothing is drawn.
 *
 * Between drawings the cursor stands at the block's first column, and lines
 * are not wrapped: whatever the terminal makes of a character, or of its lines
 * when its size changes, what is below the cursor is the block.
 */
#ifndef DRIVER_REPORT_STATUS_BLOCK_H
#define DRIVER_REPORT_STATUS_BLOCK_H

#include <stdbool.h>
#include <stdio.h>

#include "driver/report/status-lines.h"

struct clock;
struct event_base;
struct status_block;

enum {
	STATUS_BLOCK_PERIOD_MS = 100,
	STATUS_BLOCK_TICK_MS = 1000,
	/* More than that does not wait. */
	STATUS_BLOCK_TEXT_MAX = 64 * 1024,
};

/* Says what stands there now; @lines is empty, and may stay so. */
typedef void status_block_fn(struct status_lines *lines,
			     const struct status_size *size, void *arg);

/**
 * status_block_new() - on the terminal @out, which is ours until
 * status_block_free(); nothing is drawn before status_block_change()
 *
 * Watches SIGWINCH, and ^Z, before which the terminal is put in order.  What
 * log_msg() writes comes above the block.
 *
 * Return: owned by the caller; NULL when signals cannot be watched.
 */
struct status_block *status_block_new(struct event_base *base,
				      struct clock *clock, FILE *out,
				      status_block_fn *fn, void *arg);
/** status_block_out() - where to print, whole lines; borrowed.
 * status_block_change() is due after it. */
FILE *status_block_out(struct status_block *block);
/** status_block_has_text() - has anything been printed there that waits? */
bool status_block_has_text(const struct status_block *block);
/** status_block_change() - there is something new */
void status_block_change(struct status_block *block);
/** status_block_clear() - what was printed goes out now, and the lines go away
 * until the next change: others are about to write */
void status_block_clear(struct status_block *block);
/** status_block_hide() - clear it, and keep it so; what is printed goes out as
 * it comes */
void status_block_hide(struct status_block *block, bool hidden);
/** status_block_free() - clear it; NULL is a no-op */
void status_block_free(struct status_block *block);

#endif /* DRIVER_REPORT_STATUS_BLOCK_H */
