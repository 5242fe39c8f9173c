/*
 * fuzz_event_log: whatever guests say, and however fast, each line of the log
 * is an event that is known, they are numbered, in the order of time, and every
 * event that is not there is counted by one that is.
 *
 * The input is a sequence of: a byte that says what happens, one that says how
 * much, and for texts so many octets, which are repeated so often.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "driver/report/event-log.h"
#include "driver/report/event-types.h"
#include "driver/vm/kernel-trouble.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/xalloc.h"

enum { TYPES = 3, REPEATED_MAX = 64 * 1024 };

static const char *const types[TYPES] = { "serial", "qemu", "switch" };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(int ok)
{
	if (!ok)
		abort();
}

struct fuzz {
	struct event_log *log;
	struct clock *clock;
	json_int_t n_said[TYPES], n_found[TYPES];
};

static void
say(struct fuzz *f, unsigned type, const uint8_t *text, size_t size,
    unsigned times)
{
	size_t whole =
	    size * times < REPEATED_MAX ? size * times : REPEATED_MAX;
	char *all = xcalloc(whole + 1, 1);
	const char *trouble;

	for (size_t i = 0; i < whole; i++)
		all[i] = (char)text[i % size];
	trouble = kernel_trouble_in(all);
	require(trouble == NULL ||
		(trouble >= all && trouble <= all + strlen(all)));
	if (strcmp(types[type], "switch") == 0)
		event_log_add(f->log, types[type], "s:o", "text",
			      json_text(all, whole));
	else
		event_log_add(f->log, types[type], "s:s, s:o", "machine",
			      times % 2 ? "a" : "b", "text",
			      json_text(all, whole));
	f->n_said[type]++;
	free(all);
}

static void
play(struct fuzz *f, const uint8_t *data, size_t size)
{
	json_int_t step = 0;

	while (size >= 2) {
		unsigned what = data[0] % 6, much = data[1];
		size_t n;

		data += 2;
		size -= 2;
		n = much < size ? much : size;
		if (what < TYPES) {
			say(f, what, data, n, 1 + (much << (what * 4)));
			data += n;
			size -= n;
		} else if (what == 3) {
			clock_advance(f->clock, much * NS_PER_S);
		} else if (what == 4) {
			event_log_add(f->log, "step.end", "s:I, s:b, s:n, s:b",
				      "step", ++step, "ok", much % 2, "error",
				      "timed_out", 0);
		} else {
			event_log_add(f->log, "machine.panicked", "s:s, s:s",
				      "machine", "a", "text", "why");
		}
	}
	event_log_add(f->log, "time-out", "s:s", "text", "it is over");
}

static void
count(struct fuzz *f, const json_t *event)
{
	const char *type = json_str_or(event, "type", "");
	json_int_t n = 1;

	if (strcmp(type, "left-out") == 0) {
		type = json_str_or(event, "of", "");
		n = json_int_or(event, "count", 0);
		require(n > 0);
	}
	for (unsigned i = 0; i < TYPES; i++)
		if (strcmp(types[i], type) == 0)
			f->n_found[i] += n;
}

static void
check(struct fuzz *f, const char *path)
{
	FILE *file = fopen(path, "r");
	char *line = NULL;
	size_t room = 0;
	json_int_t n = 0;
	double t_s = 0;
	ssize_t len;

	while ((len = getline(&line, &room, file)) > 0) {
		struct err err = ERR_INIT;
		json_t *event = json_loadb(line, (size_t)len, 0, NULL);
		double at_s = json_number_value(json_object_get(event, "t"));

		require(line[len - 1] == '\n' && event != NULL);
		if (event_check(event, &err) < 0) {
			fprintf(stderr, "%s: %s", err.text, line);
			abort();
		}
		require(json_int_or(event, "n", 0) == ++n && at_s >= t_s);
		t_s = at_s;
		count(f, event);
		json_decref(event);
	}
	free(line);
	fclose(file);
	for (unsigned i = 0; i < TYPES; i++)
		require(f->n_said[i] == f->n_found[i]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[] = "/tmp/fuzz-event-log-XXXXXX";
	struct fuzz f = { .clock = clock_virtual_new(0) };
	int fd = mkstemp(path);

	require(fd >= 0);
	close(fd);
	f.log = event_log_new(f.clock, path, NULL);
	require(f.log != NULL);
	play(&f, data, size);
	event_log_free(f.log);
	check(&f, path);
	unlink(path);
	clock_free(f.clock);
	return 0;
}
