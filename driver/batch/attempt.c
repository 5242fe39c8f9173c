#include "config.h"

#include "driver/batch/attempt.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "driver/batch/line-prefix.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/process.h"
#include "lib/xalloc.h"

struct attempt {
	char *dir; /* of its results */
	struct process *process;
	enum attempt_output output;
	FILE *out; /* borrowed */
	int block; /* a file without a name; -1: none */
	struct line_prefix lines[2];
	attempt_printed_fn *on_printed;
	attempt_end_fn *on_end;
	void *arg; /* borrowed */
};

/* ---- how it ended ---- */

/* The last event of a log, when it is that of the run's end; else NULL. */
static json_t *
last_event(const char *dir)
{
	char path[PATH_MAX];
	char *line = NULL, *last = NULL;
	size_t size = 0, last_size = 0;
	json_t *event = NULL;
	FILE *f;

	snprintf(path, sizeof(path), "%s/log.jsonl", dir);
	f = fopen(path, "re");
	if (f == NULL)
		return NULL;
	while (getline(&line, &size, f) > 0) {
		char *other = last;
		size_t other_size = last_size;

		last = line;
		last_size = size;
		line = other;
		size = other_size;
	}
	fclose(f);
	if (last != NULL && strstr(last, "\"run.end\"") != NULL)
		event = json_loads(last, 0, NULL);
	free(line);
	free(last);
	return event;
}

void
attempt_read_end(const char *dir, bool signaled, int status,
		 struct attempt_end *end)
{
	struct process_status how = { .signaled = signaled, .code = status };
	json_t *event = last_event(dir);
	const char *error = json_str_or(event, "error", NULL);
	char text[128];

	end->told = event != NULL && !signaled &&
		    json_int_or(event, "code", -1) == status;
	end->code = signaled ? EXIT_INFRA : status;
	if (end->told)
		end->error = error != NULL ? xstrdup(error) : NULL;
	else if (signaled)
		end->error =
		    xasprintf("the process that ran the test was %s",
			      process_status_text(&how, text, sizeof(text)));
	else
		end->error = xstrdup("it did not come to an end in order; its "
				     "output tells why");
	/* Success that its log does not know of is none. */
	if (!end->told && end->code == EXIT_OK)
		end->code = EXIT_INFRA;
	json_decref(event);
}

static void
on_process_end(struct process *process, const struct process_status *status,
	       void *arg)
{
	struct attempt *attempt = arg;
	struct attempt_end end;

	(void)process;
	for (int i = 0; i < 2; i++)
		line_prefix_end(&attempt->lines[i]);
	attempt_read_end(attempt->dir, status->signaled, status->code, &end);
	attempt->on_end(&end, attempt->arg);
}

/* ---- what it prints ---- */

static void
on_output(struct process *process, int fd, const void *data, size_t size,
	  void *arg)
{
	struct attempt *attempt = arg;

	(void)process;
	line_prefix_add(&attempt->lines[fd - 1], data, size);
	if (attempt->on_printed != NULL)
		attempt->on_printed(attempt->arg);
}

/* In the directory of the results, where there is to be room for more than
 * that; without a name, so that it goes with us. */
static int
open_block(const char *dir, struct err *err)
{
	char path[PATH_MAX];
	int fd;

	if (snprintf(path, sizeof(path), "%s/.output.XXXXXX", dir) >=
	    (int)sizeof(path))
		return err_set(err, -ENAMETOOLONG, "%s: too long", dir);
	fd = mkostemp(path, O_CLOEXEC | O_APPEND);
	if (fd < 0)
		return err_errno(err, "cannot write in %s", dir);
	unlink(path);
	return fd;
}

void
attempt_print_block(struct attempt *attempt)
{
	char data[16 * 1024];
	off_t at = 0;
	ssize_t n;

	while (attempt->block >= 0 &&
	       (n = pread(attempt->block, data, sizeof(data), at)) > 0) {
		fwrite(data, 1, (size_t)n, attempt->out);
		at += n;
	}
	fflush(attempt->out);
}

/* ---- the process ---- */

/* This program's file; by its link when that has been replaced. */
static void
own_path(char path[PATH_MAX])
{
	static const char link[] = "/proc/self/exe";
	ssize_t n = readlink(link, path, PATH_MAX - 1);

	path[n > 0 ? n : 0] = '\0';
	if (n <= 0 || access(path, X_OK) < 0)
		strcpy(path, link);
}

static int
spawn(struct attempt *attempt, const struct attempt_spec *spec, struct err *err)
{
	char path[PATH_MAX];
	char *part = attempt_part_json(spec->part);
	struct process_spec process = PROCESS_SPEC_INIT;
	const char **argv;
	size_t n = 0, used = 0;

	while (spec->options[n] != NULL)
		n++;
	own_path(path);
	argv = xcalloc(n + 7, sizeof(*argv));
	argv[used++] = path;
	argv[used++] = "run";
	for (size_t i = 0; i < n; i++)
		argv[used++] = spec->options[i];
	argv[used++] = "--attempt";
	argv[used++] = part;
	argv[used++] = "--";
	argv[used++] = spec->file;
	process.name = spec->name;
	process.argv = argv;
	process.kills_group = true;
	process.on_exit = on_process_end;
	process.arg = attempt;
	if (spec->output == ATTEMPT_LINES || spec->output == ATTEMPT_STREAM)
		process.on_output = on_output;
	else if (spec->output == ATTEMPT_BLOCK)
		process.stdout_fd = process.stderr_fd = attempt->block;
	else
		process.stdout_fd = fileno(spec->out);
	if (spec->output == ATTEMPT_DIRECT)
		process.stderr_fd = -2;
	attempt->process =
	    process_spawn(spec->base, spec->clock, &process, err);
	free(argv);
	free(part);
	return attempt->process != NULL ? 0 : -EIO;
}

struct attempt *
attempt_start(const struct attempt_spec *spec, struct err *err)
{
	struct attempt *attempt = XNEW(struct attempt);
	int ret = 0;

	attempt->dir = xstrdup(spec->part->dir);
	attempt->output = spec->output;
	attempt->out = spec->out;
	attempt->on_printed = spec->on_printed;
	attempt->on_end = spec->on_end;
	attempt->arg = spec->arg;
	attempt->block = -1;
	for (int i = 0; i < 2; i++)
		line_prefix_init(&attempt->lines[i],
				 spec->output == ATTEMPT_LINES ? spec->name
							       : NULL,
				 spec->out);
	if (spec->output == ATTEMPT_BLOCK) {
		attempt->block = open_block(spec->part->dir, err);
		ret = attempt->block < 0 ? attempt->block : 0;
	}
	fflush(spec->out); /* what was printed before comes before */
	if (ret == 0)
		ret = spawn(attempt, spec, err);
	if (ret == 0)
		return attempt;
	attempt_free(attempt);
	return NULL;
}

void
attempt_signal(struct attempt *attempt, int signo)
{
	process_signal(attempt->process, signo);
}

void
attempt_free(struct attempt *attempt)
{
	if (attempt == NULL)
		return;
	process_free(attempt->process);
	for (int i = 0; i < 2; i++)
		line_prefix_end(&attempt->lines[i]);
	if (attempt->block >= 0)
		close(attempt->block);
	free(attempt->dir);
	free(attempt);
}
