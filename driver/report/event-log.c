#include "driver/report/event-log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "driver/report/event-budget.h"
#include "driver/report/event-types.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/xalloc.h"

enum { CLOCK_READINGS = 5 };

struct view {
	event_view_fn *fn;
	void *arg; /* borrowed */
};

/* What is logged of one type that may go on without end. */
struct limit {
	struct limit *next;
	const struct event_type *type;
	char *machine; /* whose it is; owned; NULL: nobody's */
	struct event_budget budget;
};

struct event_log {
	const struct clock *clock; /* borrowed */
	int fd;			   /* owned */
	off_t whole;		   /* octets of whole lines in the file */
	bool failed;		   /* a line could not be written */
	uint64_t start_ns;
	uint64_t began_ns; /* the same moment by the wall clock */
	json_int_t n;	   /* events so far */
	struct view *views;
	size_t n_views;
	struct limit *limits; /* owned */
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
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

	if (fd < 0) {
		err_errno(err, "cannot write %s", path);
		return NULL;
	}
	log = XNEW(struct event_log);
	log->clock = clock;
	log->fd = fd;
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

/* ---- writing ---- */

/* The kernel has each line at once: who kills us cannot take it back.  When the
 * disk is full there is no half a line, before which the next one would be
 * lost. */
static void
write_line(struct event_log *log, char *line)
{
	size_t size = strlen(line) + 1, done = 0;

	line[size - 1] = '\n'; /* in place of the NUL */
	while (done < size) {
		ssize_t n = write(log->fd, line + done, size - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			log->failed = true;
			if (ftruncate(log->fd, log->whole) == 0)
				lseek(log->fd, log->whole, SEEK_SET);
			return;
		}
		done += (size_t)n;
	}
	log->whole += (off_t)size;
}

static void
write_event(struct event_log *log, const char *type, json_t *members)
{
	json_t *event = json_object();
	char *line;

	json_object_set_new(event, "n", json_integer(++log->n));
	json_object_set_new(event, "t", json_real(event_log_now_s(log)));
	json_object_set_new(event, "type", json_string(type));
	json_object_update(event, members);

	line = json_dumps(event, JSON_COMPACT | JSON_REAL_PRECISION(15));
	if (line != NULL)
		write_line(log, line);
	free(line);
	for (size_t i = 0; i < log->n_views; i++)
		log->views[i].fn(event, log->views[i].arg);
	json_decref(event);
}

/* ---- what may go on without end ---- */

static struct limit *
limit_of(struct event_log *log, const struct event_type *type,
	 const char *machine)
{
	struct limit *limit = log->limits;

	while (limit != NULL &&
	       (limit->type != type ||
		strcmp(limit->machine != NULL ? limit->machine : "",
		       machine != NULL ? machine : "") != 0))
		limit = limit->next;
	if (limit != NULL)
		return limit;
	limit = XNEW(struct limit);
	limit->type = type;
	limit->machine = machine != NULL ? xstrdup(machine) : NULL;
	event_budget_init(&limit->budget, clock_now_ns(log->clock));
	limit->next = log->limits;
	log->limits = limit;
	return limit;
}

/* How much has been left out since this was told last. */
static void
tell_left_out(struct event_log *log, struct limit *limit)
{
	struct event_budget *budget = &limit->budget;
	bool is_serial = strcmp(limit->type->name, "serial") == 0;
	char *path =
	    is_serial ? xasprintf("%s.serial.log", limit->machine) : NULL;
	json_t *members = json_pack(
	    "{s:s, s:s?, s:I, s:I, s:o, s:s?}", "of", limit->type->name,
	    "machine", limit->machine, "count", (json_int_t)budget->n_left_out,
	    "octets", (json_int_t)budget->left_out_bytes, "text",
	    json_text(budget->kept, budget->n_kept), "path", path);

	event_budget_told(budget);
	write_event(log, "left-out", members);
	json_decref(members);
	free(path);
}

static void
tell_all_left_out(struct event_log *log)
{
	for (struct limit *l = log->limits; l != NULL; l = l->next)
		if (l->budget.n_left_out > 0)
			tell_left_out(log, l);
}

/* Return: is there room for it in the log? */
static bool
admit(struct event_log *log, const struct event_type *type,
      const json_t *members)
{
	const char *text = json_str_or(members, "text", "");
	const char *machine = json_str_or(members, "machine", NULL);
	struct limit *limit = limit_of(log, type, machine);
	bool was_closed = limit->budget.closed;

	if (event_budget_take(&limit->budget, clock_now_ns(log->clock), text,
			      strlen(text))) {
		if (limit->budget.n_left_out > 0)
			tell_left_out(log, limit);
		return true;
	}
	/* A run that is killed now shall not look as if there was silence. */
	if (!was_closed)
		tell_left_out(log, limit);
	return false;
}

static bool
is_point(const struct event_type *type, const json_t *members)
{
	return type != NULL && (type->kind == EVENT_POINT ||
				(type->kind == EVENT_POINT_IF_NOT_OK &&
				 !json_bool_or(members, "ok", false)));
}

void
event_log_add(struct event_log *log, const char *type_name, const char *format,
	      ...)
{
	const struct event_type *type = event_type_find(type_name);
	json_t *members;
	va_list ap;

	va_start(ap, format);
	members = pack_members(format, ap);
	va_end(ap);
	if (is_point(type, members))
		tell_all_left_out(log);
	if (type == NULL || type->kind != EVENT_BULK ||
	    admit(log, type, members))
		write_event(log, type_name, members);
	json_decref(members);
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
	return log->failed ? -EIO : 0;
}

void
event_log_free(struct event_log *log)
{
	if (log == NULL)
		return;
	while (log->limits != NULL) {
		struct limit *limit = log->limits;

		log->limits = limit->next;
		event_budget_fini(&limit->budget);
		free(limit->machine);
		free(limit);
	}
	close(log->fd);
	free(log->views);
	free(log);
}
