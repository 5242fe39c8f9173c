#include "config.h"

#include "driver/batch/log-compare.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/err.h"
#include "lib/json.h"
#include "lib/siphash.h"
#include "lib/xalloc.h"

enum { LINE_HASH_SIZE = 17 };

/* The members stand for lines, in their normal form, which may be long: each is
 * a hash.  What they are is nothing. */
struct log_lines {
	json_t *set;
	struct siphash_key key;
};

struct log_lines *
log_lines_new(void)
{
	struct log_lines *lines = XNEW(struct log_lines);

	lines->set = json_object();
	lines->key = siphash_random_key();
	return lines;
}

void
log_lines_free(struct log_lines *lines)
{
	if (lines == NULL)
		return;
	json_decref(lines->set);
	free(lines);
}

/* Is the event of a kind that tells runs apart?  The others have numbers of
 * their own, or are told by what follows. */
static bool
is_compared(const char *type)
{
	static const char *const types[] = {
		"step.begin",	 "step.end",
		"output",	 "log",
		"machine.ready", "machine.panicked",
		"machine.ended", "serial",
		"qemu",		 "machine.shell-lost",
		"qmp",		 "switch",
		"switch.lost",	 "switch.restored",
		"run.end",
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i], type) == 0)
			return true;
	return false;
}

/* One line for a person: "serial router: Oops", "step.end: not there". */
static char *
line_text(const json_t *event)
{
	static const char *const members[] = { "kind", "text", "error" };
	const char *machine = json_str_or(event, "machine", NULL);
	char *line = xasprintf("%s%s%s", json_str_or(event, "type", ""),
			       machine != NULL ? " " : "",
			       machine != NULL ? machine : "");

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		const char *text = json_str_or(event, members[i], "");
		char *shorter = line;

		if (text[0] == '\0')
			continue;
		line = xasprintf("%s: %s", shorter, text);
		free(shorter);
	}
	for (char *p = line; *p != '\0'; p++)
		if (*p == '\n')
			*p = ' ';
	return line;
}

typedef bool event_fn(const json_t *event, const char *text, void *arg);

/* Each compared event of the log @path until @fn returns false.  A last line
 * that is cut short is none. */
static int
each_event(const char *path, event_fn *fn, void *arg, struct err *err)
{
	FILE *f = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;
	bool more = true;
	int ret = 0;

	if (f == NULL)
		return err_errno(err, "%s", path);
	while (more && getline(&line, &size, f) > 0) {
		json_t *event = json_loads(line, 0, NULL);

		if (is_compared(json_str_or(event, "type", ""))) {
			char *text = line_text(event);

			more = fn(event, text, arg);
			free(text);
		}
		json_decref(event);
	}
	if (ferror(f))
		ret = err_set(err, -EIO, "%s: cannot be read", path);
	free(line);
	fclose(f);
	return ret;
}

static void
hash_line(const struct log_lines *lines, const char *text,
	  char hash[LINE_HASH_SIZE])
{
	char *normal = log_line_normal(text);

	snprintf(hash, LINE_HASH_SIZE, "%016" PRIx64,
		 siphash(&lines->key, normal, strlen(normal)));
	free(normal);
}

static bool
add_event(const json_t *event, const char *text, void *arg)
{
	struct log_lines *lines = arg;
	char hash[LINE_HASH_SIZE];

	(void)event;
	hash_line(lines, text, hash);
	if (json_object_size(lines->set) < LOG_LINES_MAX)
		json_object_set_new(lines->set, hash, json_true());
	return true;
}

int
log_lines_add(struct log_lines *lines, const char *path, struct err *err)
{
	return each_event(path, add_event, lines, err);
}

struct search {
	const struct log_lines *lines;
	struct log_difference *difference;
};

static bool
look_for_event(const json_t *event, const char *text, void *arg)
{
	const struct search *search = arg;
	char hash[LINE_HASH_SIZE];

	hash_line(search->lines, text, hash);
	if (json_object_get(search->lines->set, hash) != NULL)
		return true;
	*search->difference = (struct log_difference){
		.n = json_int_or(event, "n", 0),
		.t_s = json_number_value(json_object_get(event, "t")),
		.text = xstrdup(text),
	};
	return false;
}

int
log_lines_compare(const struct log_lines *lines, const char *path,
		  struct log_difference *difference, struct err *err)
{
	struct search search = { lines, difference };

	*difference = (struct log_difference){ 0 };
	return each_event(path, look_for_event, &search, err);
}

void
log_difference_fini(struct log_difference *difference)
{
	free(difference->text);
	difference->text = NULL;
}
