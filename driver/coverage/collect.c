#include "config.h"

#include "driver/coverage/collect.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "driver/coverage/guest-text.h"
#include "driver/coverage/manifest.h"
#include "driver/coverage/notes.h"
#include "driver/lab/plan.h"
#include "driver/live.h"
#include "driver/report/event-log.h"
#include "driver/vm/machine.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/log.h"
#include "lib/xalloc.h"

struct coverage_take {
	struct coverage *coverage;
	struct machine *machine; /* borrowed */
	size_t node;
	struct machine_command *command;
	struct timer *timer; /* owned; until the guest says something */
	int fd;		     /* of the file that is written; -1: none yet */
	char *part;	     /* its path while it is not whole; owned */
	uint64_t size;
	int error; /* -errno: it could not be written */
	unsigned n_tries;
	char said[256];		 /* the first of its stderr */
	coverage_taken_fn *done; /* NULL: nobody waits */
	void *arg;		 /* borrowed */
};

struct coverage {
	struct coverage_spec spec; /* all borrowed */
	char *dir;
	char *prepare, *list, *take;  /* texts */
	struct coverage_take **takes; /* one a node; NULL: none under way */
	unsigned *lives; /* of each node: how often it has begun; from 1 */
};

static const char *
name_of(const struct coverage *coverage, size_t node)
{
	return coverage->spec.plan->nodes[node].name;
}

/* ---- facts ---- */

static void
tell(struct coverage *coverage, size_t node, const char *path, uint64_t size,
     const char *error)
{
	event_log_add(
	    coverage->spec.log, "coverage", "s:s, s:o, s:I, s:o", "machine",
	    name_of(coverage, node), "path",
	    path != NULL ? json_text(path, strlen(path)) : json_null(),
	    "octets", (json_int_t)size, "error",
	    error != NULL ? json_text(error, strlen(error)) : json_null());
}

void
coverage_warn(struct coverage *coverage, size_t node, const char *why)
{
	log_warn("%s: coverage: %s", name_of(coverage, node), why);
	tell(coverage, node, NULL, 0, why);
}

/* ---- the file ---- */

/* "coverage/client.1.tar", returned owned. */
static char *
file_name(const struct coverage *coverage, size_t node)
{
	return xasprintf("coverage/%s.%u.tar", name_of(coverage, node),
			 coverage->lives[node]);
}

static int
open_part(struct coverage_take *take)
{
	struct coverage *coverage = take->coverage;

	if (take->part == NULL)
		take->part = xasprintf("%s/.%s.part", coverage->dir,
				       name_of(coverage, take->node));
	take->fd =
	    open(take->part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	return take->fd < 0 ? -errno : 0;
}

static int
write_all(int fd, const char *data, size_t size)
{
	while (size > 0) {
		ssize_t n = write(fd, data, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		size -= (size_t)n;
	}
	return 0;
}

static void
close_part(struct coverage_take *take)
{
	if (take->fd >= 0 && close(take->fd) < 0 && take->error == 0)
		take->error = -errno;
	take->fd = -1;
}

/* What was taken is whole.  Return: 0 or -errno */
static int
keep_part(struct coverage_take *take, const char *name)
{
	char *path = xasprintf("%s/%s", take->coverage->spec.results_dir, name);
	int ret = rename(take->part, path) < 0 ? -errno : 0;

	free(path);
	return ret;
}

/* ---- one machine ---- */

static void
take_free(struct coverage_take *take)
{
	take->coverage->takes[take->node] = NULL;
	timer_free(take->timer);
	close_part(take);
	if (take->part != NULL)
		unlink(take->part); /* but when it was kept */
	free(take->part);
	free(take);
}

static void
end_take(struct coverage_take *take, const char *error)
{
	coverage_taken_fn *done = take->done;
	void *arg = take->arg;

	if (error != NULL)
		coverage_warn(take->coverage, take->node, error);
	take_free(take);
	if (done != NULL)
		done(error, arg);
}

/* All of it has come. */
static void
end_whole(struct coverage_take *take)
{
	struct coverage *coverage = take->coverage;
	char *name = file_name(coverage, take->node), *why = NULL;
	int ret;

	close_part(take);
	ret = take->error;
	if (ret == 0 && take->size > 0)
		ret = keep_part(take, name);
	if (ret == 0)
		tell(coverage, take->node, take->size > 0 ? name : NULL,
		     take->size, NULL);
	else
		why = xasprintf("cannot write %s: %s", name, strerror(-ret));
	free(name);
	end_take(take, why);
	free(why);
}

static void
on_silent(void *arg)
{
	struct coverage_take *take = arg;

	machine_command_forget(take->command);
	take->command = NULL;
	end_take(take, "its shell does not answer any more");
}

static void
await(struct coverage_take *take, uint64_t limit_ms)
{
	double ns =
	    (double)limit_ms * NS_PER_MS * take->coverage->spec.timeout_scale;

	timer_set_in(take->timer, (uint64_t)ns);
}

static void
on_output(int fd, const void *data, size_t size, void *arg)
{
	struct coverage_take *take = arg;
	size_t used = strlen(take->said);

	await(take, COVERAGE_IDLE_MS);
	if (fd == 2) {
		snprintf(take->said + used, sizeof(take->said) - used, "%.*s",
			 (int)size, (const char *)data);
		return;
	}
	take->size += size;
	if (take->size > COVERAGE_SIZE_MAX && take->error == 0)
		take->error = -EFBIG;
	if (take->error == 0)
		take->error = write_all(take->fd, data, size);
	if (take->error != 0)
		machine_command_kill(take->command);
}

static void run_take(struct coverage_take *take);

static void
on_taken(const struct shell_result *result, void *arg)
{
	struct coverage_take *take = arg;
	const char *said = take->said;
	char why[512];

	take->command = NULL;
	if (strncmp(said, "here\n", 5) == 0)
		said += 5;
	if (result->status == COVERAGE_TOOK_MOVING &&
	    ++take->n_tries < COVERAGE_TRIES) {
		run_take(take);
		return;
	}
	if (take->error != 0 || result->status == 0 ||
	    result->status == COVERAGE_TOOK_MOVING) {
		end_whole(take);
		return;
	}
	if (result->error != NULL)
		snprintf(why, sizeof(why), "%s", result->error);
	else if (result->timed_out)
		snprintf(why, sizeof(why), "it took too long");
	else
		snprintf(why, sizeof(why), "exit status %d: %s", result->status,
			 said);
	end_take(take, why);
}

static uint64_t
scaled(const struct coverage *coverage, uint64_t ms)
{
	return (uint64_t)((double)ms * coverage->spec.timeout_scale);
}

static void
begin_command(struct coverage_take *take, const struct shell_spec *spec)
{
	struct machine_command *command = machine_run(take->machine, spec);

	if (command != NULL) /* else it has ended, and take with it */
		take->command = command;
}

static void
run_take(struct coverage_take *take)
{
	const struct shell_spec spec = {
		.text = take->coverage->take,
		.timeout_ms = scaled(take->coverage, COVERAGE_TAKE_MS),
		.discard = true,
		.on_output = on_output,
		.on_done = on_taken,
		.arg = take,
	};

	close_part(take);
	take->said[0] = '\0';
	take->size = 0;
	take->error = open_part(take);
	if (take->error != 0) {
		end_whole(take);
		return;
	}
	await(take, COVERAGE_ANSWER_MS);
	begin_command(take, &spec);
}

/* Whatever it said, what has been written is taken. */
static void
on_flushed(const struct shell_result *result, void *arg)
{
	struct coverage_take *take = arg;
	char why[512];

	take->command = NULL;
	if (result->error != NULL) {
		end_take(take, result->error);
		return;
	}
	if (result->status != 0) {
		snprintf(why, sizeof(why),
			 "flush failed with exit status %d: %.*s",
			 result->status, (int)result->err_size,
			 (const char *)result->err);
		coverage_warn(take->coverage, take->node, why);
	}
	run_take(take);
}

static void
run_flush(struct coverage_take *take)
{
	const struct coverage *coverage = take->coverage;
	const struct shell_spec spec = {
		.text = coverage->spec.plan->coverage->flush,
		.timeout_ms = scaled(coverage, COVERAGE_FLUSH_MS),
		.on_done = on_flushed,
		.arg = take,
	};

	await(take, COVERAGE_FLUSH_MS + COVERAGE_ANSWER_MS);
	begin_command(take, &spec);
}

bool
coverage_can_take(const struct coverage *coverage, struct live *live,
		  size_t node)
{
	const struct machine *machine = live_machine(live, node);

	return coverage->spec.plan->nodes[node].is_covered &&
	       coverage->lives[node] > 0 && coverage->takes[node] == NULL &&
	       machine_state(machine) == MACHINE_UP &&
	       !machine_has_panicked(machine);
}

struct coverage_take *
coverage_take(struct coverage *coverage, struct live *live, size_t node,
	      coverage_taken_fn *done, void *arg)
{
	struct coverage_take *take;

	if (!coverage_can_take(coverage, live, node)) {
		done(NULL, arg);
		return NULL;
	}
	take = XNEW(struct coverage_take);
	take->coverage = coverage;
	take->machine = live_machine(live, node);
	take->node = node;
	take->fd = -1;
	take->done = done;
	take->arg = arg;
	take->timer = timer_new(coverage->spec.clock, on_silent, take);
	coverage->takes[node] = take;
	if (coverage->spec.plan->coverage->flush != NULL)
		run_flush(take);
	else
		run_take(take);
	return coverage->takes[node];
}

void
coverage_take_forget(struct coverage_take *take)
{
	take->done = NULL;
}

/* ---- all of it ---- */

void
coverage_begin(struct coverage *coverage, size_t node)
{
	coverage->lives[node]++;
}

const char *
coverage_prepare(const struct coverage *coverage)
{
	return coverage->prepare;
}

const char *
coverage_list(const struct coverage *coverage)
{
	return coverage->list;
}

static void
make_texts(struct coverage *coverage)
{
	const struct plan_coverage *plan = coverage->spec.plan->coverage;
	struct coverage_notes notes;

	coverage_notes_find(plan->build, &notes);
	if (notes.n == 0)
		log_warn("coverage: there is no .gcno file below %s: nothing "
			 "there was built with --coverage",
			 plan->build);
	coverage->list = coverage_notes_list(&notes);
	coverage_notes_fini(&notes);
	coverage->prepare = coverage_prepare_text(plan, PLAN_COVERAGE_DIR);
	coverage->take =
	    coverage_take_text(plan, PLAN_COVERAGE_DIR, COVERAGE_KERNEL_DIR);
}

struct coverage *
coverage_new(const struct coverage_spec *spec, struct err *err)
{
	struct coverage *coverage = XNEW(struct coverage);

	coverage->spec = *spec;
	coverage->dir = xasprintf("%s/coverage", spec->results_dir);
	coverage->takes =
	    xcalloc(spec->plan->n_nodes + 1, sizeof(struct coverage_take *));
	coverage->lives =
	    xcalloc(spec->plan->n_nodes + 1, sizeof(*coverage->lives));
	make_texts(coverage);
	if (mkdir(coverage->dir, 0755) < 0 && errno != EEXIST)
		err_errno(err, "cannot make %s", coverage->dir);
	else if (coverage_manifest_write(coverage->dir, spec->plan, err) == 0)
		return coverage;
	coverage_end(coverage);
	return NULL;
}

void
coverage_stop(struct coverage *coverage)
{
	for (size_t i = 0; i < coverage->spec.plan->n_nodes; i++) {
		struct coverage_take *take = coverage->takes[i];

		if (take == NULL)
			continue;
		machine_command_forget(take->command);
		take_free(take);
	}
}

void
coverage_end(struct coverage *coverage)
{
	if (coverage == NULL)
		return;
	coverage_stop(coverage);
	free(coverage->dir);
	free(coverage->prepare);
	free(coverage->list);
	free(coverage->take);
	free(coverage->takes);
	free(coverage->lives);
	free(coverage);
}
