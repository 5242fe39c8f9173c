/*
 * checklog: reads logs of runs as who does not trust them does.
 *
 *   checklog [--killed] FILE...
 *       each line is an event that doc/results.md knows, numbered, in the
 *       order of time, steps end that have begun, the last is run.end, and the
 *       wall clock went as fast as the run's;
 *       --killed: of a run that was, what has no newline is no line, and steps
 *       and the run need not have ended
 *   checklog --types
 *       prints the types, each with its members
 */
#include "config.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "driver/report/event-types.h"
#include "lib/err.h"
#include "lib/json.h"

struct log {
	json_int_t n;
	double t_s;
	json_int_t n_begun, n_ended;
	double began_s, ended_s; /* by the wall clock */
	bool over;
	bool torn;
};

enum { APART_MAX_MS = 500 }; /* of two readings of clocks, on a busy machine */

static int
print_types(void)
{
	const struct event_type *type;

	for (size_t i = 0; (type = event_type_at(i)) != NULL; i++)
		printf("%s %s\n", type->name, type->members);
	return EXIT_SUCCESS;
}

/* "2026-11-23T06:10:00.123456789Z" since 1970; -1: it is none. */
static double
read_wall(const char *text)
{
	struct tm tm = { 0 };
	const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	char *end;
	double fraction;

	if (rest == NULL || *rest != '.')
		return -1;
	fraction = strtod(rest, &end);
	return end == rest + 10 && strcmp(end, "Z") == 0
		   ? (double)timegm(&tm) + fraction
		   : -1;
}

static const char *
check_wall(const struct log *log)
{
	double apart_s = log->ended_s - log->began_s - log->t_s;

	if (log->began_s <= 0 || log->ended_s <= 0)
		return "the wall clock cannot be read";
	return apart_s < APART_MAX_MS / 1e3 && apart_s > APART_MAX_MS / -1e3
		   ? NULL
		   : "the wall clock goes another way";
}

/* Return: NULL, or what is wrong. */
static const char *
check_order(struct log *log, const json_t *event)
{
	const char *type = json_str_or(event, "type", "");
	double t_s = json_number_value(json_object_get(event, "t"));

	if (log->over)
		return "an event after run.end";
	if (json_int_or(event, "n", 0) != ++log->n)
		return "numbers are not in order";
	if (t_s < log->t_s)
		return "times are not in order";
	log->t_s = t_s;
	if (log->n == 1 && strcmp(type, "run.begin") != 0)
		return "the first is not run.begin";
	if (strcmp(type, "step.begin") == 0 &&
	    json_int_or(event, "step", 0) != ++log->n_begun)
		return "steps are not numbered in order";
	if (strcmp(type, "step.end") == 0) {
		log->n_ended++;
		if (json_int_or(event, "step", 0) > log->n_begun)
			return "the end of a step that has not begun";
	}
	if (strcmp(type, "frame") == 0 &&
	    json_number_value(json_object_get(event, "time")) > t_s)
		return "a frame was found before it was there";
	if (log->n == 1)
		log->began_s = read_wall(json_str_or(event, "began", ""));
	log->over = strcmp(type, "run.end") == 0;
	if (!log->over)
		return NULL;
	log->ended_s = read_wall(json_str_or(event, "ended", ""));
	return check_wall(log);
}

static const char *
check_line(struct log *log, const char *line, size_t size, struct err *err)
{
	json_t *event;
	const char *why;

	if (line[size - 1] != '\n') {
		log->torn = true;
		return NULL;
	}
	event = json_loadb(line, size, 0, NULL);
	if (event == NULL)
		return "no JSON";
	why = event_check(event, err) < 0 ? err->text : check_order(log, event);
	json_decref(event);
	return why;
}

static const char *
check_end(const struct log *log, bool killed)
{
	if (killed)
		return NULL;
	if (log->torn)
		return "the last line has no end";
	if (!log->over)
		return "the last is not run.end";
	return log->n_begun == log->n_ended ? NULL
					    : "there are steps without an end";
}

static int
check_file(const char *path, bool killed)
{
	FILE *f = fopen(path, "re");
	struct err err = ERR_INIT;
	struct log log = { 0 };
	const char *why = NULL;
	char *line = NULL;
	size_t room = 0;
	ssize_t size;

	if (f == NULL) {
		perror(path);
		return -1;
	}
	while (why == NULL && (size = getline(&line, &room, f)) > 0) {
		why = check_line(&log, line, (size_t)size, &err);
		if (why != NULL)
			fprintf(stderr, "%.*s", (int)size, line);
	}
	if (why == NULL)
		why = check_end(&log, killed);
	if (why != NULL)
		fprintf(stderr, "%s: behind line %lld: %s\n", path,
			(long long)log.n, why);
	free(line);
	fclose(f);
	return why == NULL ? 0 : -1;
}

int
main(int argc, char **argv)
{
	bool killed = argc > 1 && strcmp(argv[1], "--killed") == 0;
	int ret = EXIT_SUCCESS;

	if (argc == 2 && strcmp(argv[1], "--types") == 0)
		return print_types();
	if (argc < 2 + killed) {
		fprintf(stderr, "usage: checklog [--killed] FILE...\n");
		return EXIT_FAILURE;
	}
	for (int i = 1 + killed; i < argc; i++)
		if (check_file(argv[i], killed) < 0)
			ret = EXIT_FAILURE;
	return ret;
}
