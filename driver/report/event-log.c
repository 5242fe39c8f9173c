#include "driver/report/event-log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/xalloc.h"

enum { CLOCK_READINGS = 5 };

struct view {
	event_view_fn *fn;
	void *arg; /* borrowed */
};

struct event_log {
	const struct clock *clock; /* borrowed */
	FILE *file;
	uint64_t start_ns;
	uint64_t began_ns; /* the same moment by the wall clock */
	json_int_t n;	   /* events so far */
	struct view *views;
	size_t n_views;
};

/* When we are kept from running between two readings, others are nearer to each
 * other. */
static void
read_both_clocks(struct event_log *log)
{
	uint64_t best_ns = UINT64_MAX;

	for (int i = 0; i < CLOCK_READINGS; i++) {
		uint64_t before_ns = clock_now_ns(log->clock);
		uint64_t wall_ns = clock_wall_ns(log->clock);
		uint64_t apart_ns = clock_now_ns(log->clock) - before_ns;

		if (apart_ns >= best_ns)
			continue;
		best_ns = apart_ns;
		log->start_ns = before_ns + apart_ns / 2;
		log->began_ns = wall_ns;
	}
}

struct event_log *
event_log_new(const struct clock *clock, const char *path, struct err *err)
{
	struct event_log *log;
	FILE *file = fopen(path, "we");

	if (file == NULL) {
		err_errno(err, "cannot write %s", path);
		return NULL;
	}
	/* A line at a time: whatever kills us, the file ends after a line. */
	setvbuf(file, NULL, _IOLBF, 64 * 1024);
	log = XNEW(struct event_log);
	log->clock = clock;
	log->file = file;
	read_both_clocks(log);
	return log;
}

void
event_log_add_view(struct event_log *log, event_view_fn *view, void *arg)
{
	log->views =
	    xrealloc(log->views, log->n_views + 1, sizeof(*log->views));
	log->views[log->n_views++] = (struct view){ view, arg };
}

double
event_log_now_s(const struct event_log *log)
{
	return (double)(clock_now_ns(log->clock) - log->start_ns) / 1e9;
}

uint64_t
event_log_began_ns(const struct event_log *log)
{
	return log->began_ns;
}

char *
event_log_wall_text(uint64_t wall_ns)
{
	time_t at = (time_t)(wall_ns / NS_PER_S);
	char text[32] = "";
	struct tm tm;

	if (gmtime_r(&at, &tm) != NULL)
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	return xasprintf("%s.%09uZ", text, (unsigned)(wall_ns % NS_PER_S));
}

static json_t *
pack_members(const char *format, va_list ap)
{
	char *object = xasprintf("{%s}", format);
	json_error_t error;
	json_t *members = json_vpack_ex(&error, 0, object, ap);

	if (members == NULL) /* text that is not UTF-8 is the caller's fault */
		members = json_pack("{s:s}", "bad_event", error.text);
	free(object);
	return members;
}

void
event_log_add(struct event_log *log, const char *type, const char *format, ...)
{
	json_t *event = json_object();
	json_t *members;
	va_list ap;
	char *line;

	va_start(ap, format);
	members = pack_members(format, ap);
	va_end(ap);

	json_object_set_new(event, "n", json_integer(++log->n));
	json_object_set_new(event, "t", json_real(event_log_now_s(log)));
	json_object_set_new(event, "type", json_string(type));
	json_object_update(event, members);
	json_decref(members);

	line = json_dumps(event, JSON_COMPACT | JSON_REAL_PRECISION(15));
	if (line != NULL)
		fprintf(log->file, "%s\n", line);
	free(line);
	for (size_t i = 0; i < log->n_views; i++)
		log->views[i].fn(event, log->views[i].arg);
	json_decref(event);
}

json_t *
event_log_place(const char *file, int line)
{
	if (file == NULL || line <= 0)
		return json_null();
	return json_pack("{s:o, s:i}", "file", json_text(file, strlen(file)),
			 "line", line);
}

int
event_log_error(const struct event_log *log)
{
	return ferror(log->file) ? -EIO : 0;
}

void
event_log_free(struct event_log *log)
{
	if (log == NULL)
		return;
	fclose(log->file);
	free(log->views);
	free(log);
}
