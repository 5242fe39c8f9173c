#include "config.h"

#include "driver/batch/board.h"

#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <event2/event.h>

#include "driver/batch/log-follow.h"
#include "driver/batch/record.h"
#include "driver/report/look.h"
#include "driver/report/progress.h"
#include "driver/report/shown-text.h"
#include "driver/report/status-block.h"
#include "lib/clock.h"
#include "lib/xalloc.h"

enum { LABEL_WIDTH_MAX = 30 };

struct board_test {
	struct board_test *next; /* begun later */
	char *label;
	char *log; /* its path */
	struct log_follow *follow;
	struct progress progress;
	uint64_t began_ns;
	int watch; /* of the log; -1: none yet */
};

struct board {
	struct clock *clock;		   /* borrowed */
	const struct look *look;	   /* borrowed */
	const struct batch_record *record; /* borrowed */
	struct status_block *block;
	struct board_test *tests;
	int inotify; /* -1: cannot be had */
	struct event *on_grown;
	struct timer *pause; /* before logs are listened to again */
	uint64_t began_ns;
};

/* ---- logs ---- */

/* A log that has come into being is listened to from now on. */
static void
read_log(struct board *b, struct board_test *test)
{
	if (test->watch < 0 && b->inotify >= 0)
		test->watch =
		    inotify_add_watch(b->inotify, test->log, IN_MODIFY);
	log_follow_read(test->follow, &test->progress);
}

/* Some log has grown.  That it has again is not listened to for as long as
 * nothing would be drawn. */
static void
on_grown(evutil_socket_t fd, short what, void *arg)
{
	struct board *b = arg;
	char events[4096];

	(void)what;
	while (read(fd, events, sizeof(events)) > 0)
		;
	event_del(b->on_grown);
	timer_set_in(b->pause, STATUS_BLOCK_PERIOD_MS * NS_PER_MS);
	status_block_change(b->block);
}

static void
on_pause_over(void *arg)
{
	struct board *b = arg;

	event_add(b->on_grown, NULL);
}

static void
listen_to_logs(struct board *b, struct event_base *base)
{
	b->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (b->inotify < 0)
		return;
	b->on_grown =
	    event_new(base, b->inotify, EV_READ | EV_PERSIST, on_grown, b);
	if (b->on_grown == NULL)
		return;
	b->pause = timer_new(b->clock, on_pause_over, b);
	event_add(b->on_grown, NULL);
}

/* ---- lines ---- */

static double
since_s(const struct board *b, uint64_t began_ns)
{
	return (double)(clock_now_ns(b->clock) - began_ns) / 1e9;
}

/* "5 of 12 tests, 1 failed, 1:05" */
static char *
head_line(const struct board *b, unsigned columns)
{
	const struct batch_record *record = b->record;
	char time[STATUS_TIME_SIZE];
	size_t n_over = 0, n_bad = 0, n_running = 0;
	char *text, *line, *bad;

	for (size_t i = 0; i < record->n_tests; i++) {
		enum run_result result =
		    test_record_result(record, &record->tests[i]);

		n_over += result != RESULT_NOT_RUN;
		n_bad += result > RESULT_FLAKY;
	}
	for (const struct board_test *t = b->tests; t != NULL; t = t->next)
		n_running++;
	bad = n_bad > 0 ? xasprintf(", %zu failed", n_bad) : xstrdup("");
	text = xasprintf("%zu of %zu test%s done%s, %zu running  %s", n_over,
			 record->n_tests, record->n_tests == 1 ? "" : "s", bad,
			 n_running, status_time(since_s(b, b->began_ns), time));
	line = shown_line(text, columns, b->look->unicode);
	free(text);
	text = xasprintf("%s%s%s",
			 look_begin(b->look, n_bad > 0 ? LOOK_BAD : LOOK_HEAD),
			 line, look_end(b->look));
	free(line);
	free(bad);
	return text;
}

static size_t
label_width(const struct board *b)
{
	size_t width = 0;

	for (const struct board_test *t = b->tests; t != NULL; t = t->next)
		if (strlen(t->label) > width)
			width = strlen(t->label);
	return width < LABEL_WIDTH_MAX ? width : LABEL_WIDTH_MAX;
}

/* One line a test; where there is not room for all, those begun first. */
static void
add_tests(struct board *b, struct status_lines *lines,
	  const struct status_size *size)
{
	size_t width = label_width(b);
	size_t room = size->rows > 2 ? size->rows - 2 : 0;

	for (struct board_test *t = b->tests; t != NULL && room > 0;
	     t = t->next, room--)
		status_lines_add(lines,
				 status_line_test(t->label, width, &t->progress,
						  since_s(b, t->began_ns),
						  b->look, size->columns));
}

static void
on_lines(struct status_lines *lines, const struct status_size *size, void *arg)
{
	struct board *b = arg;
	struct status_size rest = { size->columns,
				    size->rows > 1 ? size->rows - 1 : 1 };

	for (struct board_test *t = b->tests; t != NULL; t = t->next)
		read_log(b, t);
	status_lines_add(lines, head_line(b, size->columns));
	if (b->tests != NULL && b->tests->next == NULL)
		status_lines_run(lines, &b->tests->progress,
				 since_s(b, b->tests->began_ns), b->look,
				 &rest);
	else
		add_tests(b, lines, size);
}

/* ---- life ---- */

struct board *
board_new(struct event_base *base, struct clock *clock, const struct look *look,
	  const struct batch_record *record)
{
	struct board *b;

	if (!look->live)
		return NULL;
	b = XNEW(struct board);
	b->clock = clock;
	b->look = look;
	b->record = record;
	b->inotify = -1;
	b->began_ns = clock_now_ns(clock);
	b->block = status_block_new(base, clock, look->out, on_lines, b);
	if (b->block == NULL) {
		board_free(b);
		return NULL;
	}
	listen_to_logs(b, base);
	return b;
}

FILE *
board_out(struct board *b)
{
	return status_block_out(b->block);
}

void
board_change(struct board *b)
{
	status_block_change(b->block);
}

struct board_test *
board_add(struct board *b, const char *label, const char *dir)
{
	struct board_test *test = XNEW(struct board_test);
	struct board_test **link = &b->tests;

	test->label = xstrdup(label);
	test->log = xasprintf("%s/log.jsonl", dir);
	test->follow = log_follow_new(test->log);
	test->progress = (struct progress)PROGRESS_INIT;
	test->progress.test = xstrdup(label);
	test->began_ns = clock_now_ns(b->clock);
	test->watch = -1;
	while (*link != NULL)
		link = &(*link)->next;
	*link = test;
	status_block_change(b->block);
	return test;
}

static void
test_free(struct board *b, struct board_test *test)
{
	if (test->watch >= 0)
		inotify_rm_watch(b->inotify, test->watch);
	log_follow_free(test->follow);
	progress_fini(&test->progress);
	free(test->label);
	free(test->log);
	free(test);
}

void
board_remove(struct board *b, struct board_test *test)
{
	struct board_test **link = &b->tests;

	while (*link != test)
		link = &(*link)->next;
	*link = test->next;
	test_free(b, test);
	status_block_change(b->block);
}

void
board_free(struct board *b)
{
	if (b == NULL)
		return;
	status_block_free(b->block);
	while (b->tests != NULL) {
		struct board_test *test = b->tests;

		b->tests = test->next;
		test_free(b, test);
	}
	if (b->on_grown != NULL)
		event_free(b->on_grown);
	timer_free(b->pause);
	if (b->inotify >= 0)
		close(b->inotify);
	free(b);
}
