#include "config.h"

#include "driver/report/status-block.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <event2/event.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/xalloc.h"

enum { COLUMNS_DEFAULT = 80, ROWS_DEFAULT = 24 };

/* What terminals understand, or leave alone (ECMA-48, DEC private modes). */
#define SYNC_BEGIN "\033[?2026h" /* show nothing of what follows ... */
#define SYNC_END "\033[?2026l"	 /* ... before this */
#define WRAP_OFF "\033[?7l"
#define WRAP_ON "\033[?7h"
#define ERASE_BELOW "\r\033[J"

struct status_block {
	struct clock *clock; /* borrowed */
	FILE *out;	     /* borrowed */
	status_block_fn *fn;
	void *arg; /* borrowed */
	struct timer *timer;
	struct event *on_resize;
	struct event *on_suspend; /* NULL: ^Z is ignored here */
	FILE *text;		  /* what waits; see .buffer */
	char *buffer;
	size_t buffer_size;
	char *drawn; /* what stands there; NULL: nothing; owned */
	uint64_t drawn_ns;
	bool begun; /* there has been a change */
	bool hidden;
};

static void
look_at_size(const struct status_block *b, struct status_size *size)
{
	struct winsize ws = { .ws_row = 0 };

	(void)ioctl(fileno(b->out), TIOCGWINSZ, &ws);
	size->columns = ws.ws_col > 0 ? ws.ws_col : COLUMNS_DEFAULT;
	size->rows = ws.ws_row > 0 ? ws.ws_row : ROWS_DEFAULT;
}

/* In the background the terminal is another job's. */
static bool
is_ours(const struct status_block *b)
{
	pid_t group = tcgetpgrp(fileno(b->out));

	return group < 0 || group == getpgrp();
}

/* The sequence that draws the block from where the cursor is, and brings the
 * cursor back there; returned owned; NULL: there is none. */
static char *
draw_lines(const struct status_block *b)
{
	struct status_lines lines = { .n = 0 };
	struct status_size size;
	char *text = NULL;
	size_t n, length = 0;
	FILE *f;

	look_at_size(b, &size);
	if (!b->hidden && is_ours(b))
		b->fn(&lines, &size, b->arg);
	/* One row more would scroll away its beginning. */
	n = lines.n < size.rows ? lines.n : size.rows - 1;
	if (n > 0) {
		f = open_memstream(&text, &length);
		fputs(WRAP_OFF, f);
		for (size_t i = 0; i < n; i++)
			fprintf(f, "%s%s", i > 0 ? "\r\n" : "", lines.items[i]);
		fputs(WRAP_ON "\r", f);
		if (n > 1)
			fprintf(f, "\033[%zuA", n - 1);
		fclose(f);
	}
	status_lines_clear(&lines);
	return text;
}

/* One write: the old lines go, what waits is printed, the new lines stand below
 * it. */
static void
draw(struct status_block *b)
{
	char *next = draw_lines(b);
	bool same =
	    next != NULL && b->drawn != NULL && strcmp(next, b->drawn) == 0;

	fflush(b->text);
	if (b->buffer_size > 0 ||
	    (!same && (next != NULL || b->drawn != NULL))) {
		fputs(SYNC_BEGIN, b->out);
		if (b->drawn != NULL)
			fputs(ERASE_BELOW, b->out);
		fwrite(b->buffer, 1, b->buffer_size, b->out);
		if (next != NULL)
			fputs(next, b->out);
		fputs(SYNC_END, b->out);
		fflush(b->out);
	}
	rewind(b->text);
	free(b->drawn);
	b->drawn = next;
	b->drawn_ns = clock_now_ns(b->clock);
	if (b->hidden)
		timer_cancel(b->timer);
	else
		timer_set(b->timer,
			  b->drawn_ns + STATUS_BLOCK_TICK_MS * NS_PER_MS);
}

static void
on_timer(void *arg)
{
	draw(arg);
}

void
status_block_change(struct status_block *b)
{
	b->begun = true;
	fflush(b->text);
	if (b->hidden || b->buffer_size > STATUS_BLOCK_TEXT_MAX ||
	    clock_now_ns(b->clock) >=
		b->drawn_ns + STATUS_BLOCK_PERIOD_MS * NS_PER_MS)
		draw(b);
	else
		timer_set(b->timer,
			  b->drawn_ns + STATUS_BLOCK_PERIOD_MS * NS_PER_MS);
}

void
status_block_clear(struct status_block *b)
{
	bool hidden = b->hidden;

	b->hidden = true;
	draw(b);
	b->hidden = hidden;
	if (b->begun && !hidden) /* it comes back, whatever happens */
		timer_set(b->timer,
			  b->drawn_ns + STATUS_BLOCK_PERIOD_MS * NS_PER_MS);
}

void
status_block_hide(struct status_block *b, bool hidden)
{
	b->hidden = hidden;
	draw(b);
}

FILE *
status_block_out(struct status_block *b)
{
	return b->text;
}

bool
status_block_has_text(const struct status_block *b)
{
	fflush(b->text);
	return b->buffer_size > 0;
}

/* ---- what happens to the terminal ---- */

static void
on_resize(evutil_socket_t signo, short what, void *arg)
{
	struct status_block *b = arg;

	(void)signo;
	(void)what;
	/* What stands there is no longer what was drawn. */
	if (b->drawn != NULL)
		b->drawn[0] = '\0';
	status_block_change(b);
}

/* ^Z: stop as who does not watch it, with the terminal in order. */
static void
on_suspend(evutil_socket_t signo, short what, void *arg)
{
	struct status_block *b = arg;

	(void)what;
	status_block_clear(b);
	event_del(b->on_suspend); /* the signal does again what it does */
	raise((int)signo);
	event_add(b->on_suspend, NULL);
	status_block_change(b);
}

static void
on_log_line(void *arg)
{
	status_block_clear(arg);
}

static int
watch_signals(struct status_block *b, struct event_base *base)
{
	struct sigaction before;

	b->on_resize = evsignal_new(base, SIGWINCH, on_resize, b);
	if (b->on_resize == NULL || event_add(b->on_resize, NULL) < 0)
		return -ENOMEM;
	if (sigaction(SIGTSTP, NULL, &before) < 0 ||
	    before.sa_handler == SIG_IGN)
		return 0;
	b->on_suspend = evsignal_new(base, SIGTSTP, on_suspend, b);
	if (b->on_suspend == NULL || event_add(b->on_suspend, NULL) < 0)
		return -ENOMEM;
	return 0;
}

/* ---- life ---- */

struct status_block *
status_block_new(struct event_base *base, struct clock *clock, FILE *out,
		 status_block_fn *fn, void *arg)
{
	struct status_block *b = XNEW(struct status_block);

	b->clock = clock;
	b->out = out;
	b->fn = fn;
	b->arg = arg;
	b->timer = timer_new(clock, on_timer, b);
	b->text = open_memstream(&b->buffer, &b->buffer_size);
	if (b->text == NULL || watch_signals(b, base) < 0) {
		status_block_free(b);
		return NULL;
	}
	fflush(b->text);
	if (isatty(STDERR_FILENO)) /* ours, in all likelihood */
		log_set_hook(on_log_line, b);
	return b;
}

void
status_block_free(struct status_block *b)
{
	if (b == NULL)
		return;
	log_set_hook(NULL, NULL);
	if (b->text != NULL) {
		status_block_hide(b, true);
		fclose(b->text);
	}
	if (b->on_resize != NULL)
		event_free(b->on_resize);
	if (b->on_suspend != NULL)
		event_free(b->on_suspend);
	timer_free(b->timer);
	free(b->buffer);
	free(b->drawn);
	free(b);
}
