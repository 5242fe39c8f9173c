#include "driver/report/event-log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/xalloc.h"

struct view {
	event_view_fn *fn;
	void *arg; /* borrowed */
};

struct event_log {
	const struct clock *clock; /* borrowed */
	FILE *file;
	uint64_t start_ns;
	json_int_t n; /* events so far */
	struct view *views;
	size_t n_views;
};

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
	log->start_ns = clock_now_ns(clock);
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

	line = json_dumps(event, JSON_COMPACT | JSON_REAL_PRECISION(9));
	if (line != NULL)
		fprintf(log->file, "%s\n", line);
	free(line);
	for (size_t i = 0; i < log->n_views; i++)
		log->views[i].fn(event, log->views[i].arg);
	json_decref(event);
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
