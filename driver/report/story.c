#include "config.h"

#include "driver/report/story.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/report/log-lines.h"
#include "driver/report/story-internal.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/xalloc.h"

enum { NAME_MAX_OCTETS = 255 }; /* of a machine; more than a host's */

/* ---- for all files of story ---- */

/* Arrays have room for a power of two. */
void *
story_grow(void *array, size_t n, size_t size)
{
	if ((n & (n - 1)) == 0)
		array = xrealloc(array, n > 0 ? 2 * n : 1, size);
	memset((char *)array + n * size, 0, size);
	return array;
}

const char *
story_text(const json_t *event, const char *key)
{
	return json_str_or(event, key, "");
}

double
story_number(const json_t *event, const char *key, double otherwise)
{
	const json_t *value = json_object_get(event, key);

	if (!json_is_number(value) || !isfinite(json_number_value(value)))
		return otherwise;
	return json_number_value(value);
}

uint64_t
story_count(const json_t *event, const char *key)
{
	int64_t value = json_int_or(event, key, 0);

	return value > 0 ? (uint64_t)value : 0;
}

int
story_machine(struct story_reader *reader, const char *name)
{
	struct story *story = reader->story;
	const json_t *known = json_object_get(reader->machines, name);
	struct story_machine *machine;

	if (known != NULL)
		return (int)json_integer_value(known);
	if (name[0] == '\0' || strlen(name) > NAME_MAX_OCTETS ||
	    story->n_machines == STORY_MACHINES_MAX)
		return -1;
	json_object_set_new(reader->machines, name,
			    json_integer((json_int_t)story->n_machines));
	machine = STORY_ADD(story->machines, story->n_machines);
	machine->name = xstrdup(name);
	return (int)story->n_machines - 1;
}

static struct story_place
place(const struct story *story, const char *file, size_t len, int64_t line)
{
	struct story_place at = { .source = -1 };

	if (len == 0 || line < 0 || line > INT32_MAX)
		return at;
	at.file = xasprintf("%.*s", (int)len, file);
	at.line = (int)line;
	for (size_t i = 0; i < story->n_sources; i++)
		if (strcmp(story->sources[i].file, at.file) == 0)
			at.source = (int)i;
	return at;
}

struct story_place
story_place(const struct story *story, const json_t *at)
{
	const char *file = json_str_or(at, "file", "");
	size_t len = strlen(file);

	return place(story, file, len < 4096 ? len : 0,
		     json_int_or(at, "line", 0));
}

struct story_place
story_place_in(const struct story *story, const char *error)
{
	const char *colon = error;
	unsigned long line = 0;
	size_t digits = 0;

	/* "a:b.lua:12: ..."; names of files have no newline here. */
	while ((colon = strpbrk(colon, ":\n")) != NULL && *colon == ':') {
		digits = strspn(colon + 1, "0123456789");
		if (digits > 0 && digits < 10 && colon[1 + digits] == ':')
			break;
		colon++;
	}
	if (colon == NULL || *colon != ':' || colon - error > 4096)
		return (struct story_place){ .source = -1 };
	line = strtoul(colon + 1, NULL, 10);
	return place(story, error, (size_t)(colon - error), (int64_t)line);
}

void
story_omit(struct story *story, uint64_t shown, uint64_t of, const char *where,
	   const char *what, ...)
{
	struct story_omission *omission =
	    STORY_ADD(story->omissions, story->n_omissions);
	va_list ap;

	va_start(ap, what);
	omission->what = xvasprintf(what, ap);
	va_end(ap);
	omission->shown = shown;
	omission->of = of;
	omission->where = where != NULL ? xstrdup(where) : NULL;
}

/* ---- reading ---- */

/* What is not here is an event. */
static const struct handler {
	const char *type;
	void (*handle)(struct story_reader *reader, const json_t *event);
	bool is_event; /* all the same */
} handlers[] = {
	{ "run.begin", story_on_run_begin, false },
	{ "run.end", story_on_run_end, false },
	{ "source", story_on_source, false },
	{ "step.begin", story_on_step_begin, false },
	{ "step.end", story_on_step_end, false },
	{ "capture", story_on_capture, false },
	{ "file", story_on_file, true },
	{ "screenshot", story_on_screenshot, true },
};

static const struct handler *
handler_of(const char *type)
{
	for (size_t i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++)
		if (strcmp(handlers[i].type, type) == 0)
			return &handlers[i];
	return NULL;
}

/* Return: false for what is no line of a log. */
static bool
take_event(struct story_reader *reader, const json_t *event)
{
	const struct handler *handler;
	const char *type = story_text(event, "type");
	double t = story_number(event, "t", -1);

	if (type[0] == '\0' || t < 0)
		return false;
	if (t > reader->last_s)
		reader->last_s = t;
	handler = handler_of(type);
	if (handler != NULL && !reader->taking)
		handler->handle(reader, event);
	if (handler == NULL || handler->is_event)
		story_on_event(reader, event);
	return true;
}

static int
read_lines(struct story_reader *reader, struct log_lines *lines)
{
	const char *line;
	size_t len;
	int ret;

	while ((ret = log_lines_next(lines, &line, &len)) != 0) {
		json_t *event;

		if (ret == -EIO)
			return ret;
		event = ret == 1 ? json_loadb(line, len, 0, NULL) : NULL;
		if ((event == NULL || !take_event(reader, event)) &&
		    !reader->taking)
			reader->bad_lines++;
		json_decref(event);
	}
	return 0;
}

static int
read_log(struct story_reader *reader, const char *path, struct err *err)
{
	struct log_lines *lines = log_lines_open(path, err);
	int ret;

	if (lines == NULL)
		return -EIO;
	ret = read_lines(reader, lines);
	if (ret == 0 && !reader->began)
		ret = -EINVAL;
	if (ret == -EINVAL)
		err_set(err, ret,
			"%s: no log of a run: nothing in it says "
			"that one began",
			path);
	if (ret == 0) {
		story_end_steps(reader);
		story_choose_events(reader);
		reader->taking = true;
		log_lines_rewind(lines);
		ret = read_lines(reader, lines);
	}
	if (ret == -EIO)
		err_errno(err, "%s", path);
	log_lines_close(lines);
	return ret;
}

static void
end_run(struct story_reader *reader)
{
	struct story *story = reader->story;
	struct story_run *run = &story->run;

	if (!run->complete) {
		run->result = xstrdup("killed");
		run->code = -1;
		run->error = xasprintf("the run was killed, or is still "
				       "running: its log ends at %.3f s",
				       reader->last_s);
		run->duration_s = reader->last_s;
	}
	if (reader->bad_lines > 0)
		story_omit(story, 0, reader->bad_lines, "log.jsonl",
			   "lines of the log that cannot be read");
	if (reader->steps_seen > story->n_steps)
		story_omit(story, story->n_steps, reader->steps_seen,
			   "log.jsonl", "steps");
	if (reader->sources_left_out > 0)
		story_omit(story, story->n_sources,
			   story->n_sources + reader->sources_left_out,
			   "log.jsonl", "files of the test");
	if (reader->files_left_out > 0)
		story_omit(story, STORY_FILES_MAX,
			   STORY_FILES_MAX + reader->files_left_out,
			   "log.jsonl", "files");
}

static void
reader_fini(struct story_reader *reader)
{
	json_decref(reader->machines);
	json_decref(reader->types);
	json_decref(reader->lanes);
	json_decref(reader->end_at);
	keep_free(reader->events);
}

struct story *
story_read(const char *dir, struct err *err)
{
	struct story *story = XNEW(struct story);
	struct story_reader reader = { .story = story,
				       .machines = json_object(),
				       .types = json_object(),
				       .lanes = json_object(),
				       .events = keep_new() };
	char *path = xasprintf("%s/log.jsonl", dir);
	int ret;

	story->dir = xstrdup(dir);
	story->failure.step = -1;
	story->failure.at.source = -1;
	ret = read_log(&reader, path, err);
	if (ret == 0) {
		end_run(&reader);
		story_end_events(&reader);
		story_find_files(story);
	}
	reader_fini(&reader);
	free(path);
	if (ret == 0)
		return story;
	story_free(story);
	return NULL;
}

/* ---- what others ask ---- */

const char *
story_event_type(const struct story *story, const struct story_event *event)
{
	return story->event_types[event->type];
}

char *
story_source_line(const struct story_source *source, int number)
{
	const char *line = source->text;

	for (int i = 1; i < number && line != NULL; i++) {
		line = strchr(line, '\n');
		line = line != NULL ? line + 1 : NULL;
	}
	if (number < 1 || line == NULL || *line == '\0')
		return NULL;
	return xasprintf("%.*s", (int)strcspn(line, "\r\n"), line);
}

char *
story_findings(const struct story *story)
{
	bool any_bad = false;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		return xstrdup("");
	for (size_t i = 0; i < story->n_findings; i++)
		any_bad |= story->findings[i].severity == STORY_BAD;
	for (size_t i = 0; i < story->n_findings; i++)
		if (!any_bad || story->findings[i].severity == STORY_BAD)
			fprintf(out, "%s\n", story->findings[i].text);
	fclose(out);
	return text;
}
