#include "config.h"

#include "driver/batch/batch.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "driver/batch/attempt.h"
#include "driver/batch/batch-file.h"
#include "driver/batch/board.h"
#include "driver/batch/difference.h"
#include "driver/batch/host.h"
#include "driver/batch/tellers.h"
#include "driver/report/look.h"
#include "driver/results.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/xalloc.h"

enum { N_SIGNALS = 3 };
static const int signals[N_SIGNALS] = { SIGINT, SIGTERM, SIGHUP };

/* A test that runs. */
struct job {
	struct job *next;
	struct batch *batch;
	size_t test;
	struct attempt_part part;
	char *label; /* "nat", "nat/3" */
	struct attempt *attempt;
	struct board_test *shown; /* on the board, if there is one */
	uint64_t began_ns;
};

/* What there is to a test while the batch runs, beside its record. */
struct test_state {
	struct results *results; /* NULL: not begun, or over */
	unsigned n_started;
	unsigned n_running;
	bool is_over;
};

struct batch {
	const struct batch_options *options; /* borrowed */
	struct batch_record *record;	     /* borrowed */
	struct schedule_need *needs;	     /* borrowed */
	struct test_state *tests;
	size_t *order;
	struct event_base *base;
	struct clock *clock;
	struct event *on_signals[N_SIGNALS];
	struct timer *limit_timer;
	struct timer *stop_timer;
	struct batch_file *file;
	struct board *board; /* NULL: nothing is drawn */
	uint64_t began_ns;
	uint64_t until_ns; /* 0: no limit */
	struct host_room budget;
	uint64_t memory_used_mib;
	unsigned cores_used;
	struct job *jobs; /* those that run */
	size_t n_running;
	bool no_more; /* nothing is started any more */
	int error;    /* results.json could not be written: -errno */
};

static void fill(struct batch *batch);

static FILE *
out_of(const struct batch *batch)
{
	return batch->board != NULL ? board_out(batch->board)
				    : batch->options->look->out;
}

/* Something was printed, or has changed. */
static void
changed(struct batch *batch)
{
	if (batch->board != NULL)
		board_change(batch->board);
	else
		fflush(batch->options->look->out);
}

/* ---- the record ---- */

static void
write_record(struct batch *batch)
{
	struct err err = ERR_INIT;

	batch->record->duration_ms =
	    (clock_now_ns(batch->clock) - batch->began_ns) / NS_PER_MS;
	if (batch_file_write(batch->file, batch->record, &err) == 0 ||
	    batch->error < 0)
		return;
	log_error("%s", err.text);
	batch->error = err.code;
}

static void
end_test(struct batch *batch, size_t i)
{
	struct test_state *state = &batch->tests[i];

	if (state->is_over)
		return;
	state->is_over = true;
	if (state->results != NULL && batch->record->repeat > 1)
		difference_find(batch->record, &batch->record->tests[i]);
	results_close(state->results);
	state->results = NULL;
	tellers_ended(batch->options->tellers, i);
}

/* ---- an end ---- */

/* May another try of a test that ended with @code end otherwise? */
static bool
is_worth_a_retry(const struct batch *batch, const struct test_record *test,
		 int code)
{
	return code != EXIT_OK && code != EXIT_USAGE && code <= 128 &&
	       batch->record->repeat <= 1 && batch->record->stop_code == 0 &&
	       test->n_attempts <= batch->record->retries;
}

static void
judge(struct batch *batch, size_t i, int code)
{
	const struct test_record *test = &batch->record->tests[i];
	FILE *out = out_of(batch);

	if (is_worth_a_retry(batch, test, code)) {
		batch->needs[i].n_waiting++;
		fprintf(out, "%s: %s at attempt %zu, is run again\n",
			test->name, result_word(result_of_code(code)),
			test->n_attempts);
	} else if (test_record_result(batch->record, test) == RESULT_FLAKY) {
		fprintf(out, "%s: FLAKY: passed at attempt %zu\n", test->name,
			test->n_attempts);
	} else if (code != EXIT_OK && !batch->options->keep_going) {
		batch->no_more = true;
	}
	changed(batch);
}

/* A run of test @i has ended; @end's and @dir's texts are taken. */
static void
note_end(struct batch *batch, size_t i, unsigned number,
	 const struct attempt_end *end, char *dir, uint64_t duration_ms)
{
	struct attempt_record record = { .number = number,
					 .code = end->code,
					 .duration_ms = duration_ms,
					 .error = end->error,
					 .dir = dir };
	struct test_record *test = &batch->record->tests[i];

	if (!end->told)
		fprintf(out_of(batch), "%s: %s: %s\n",
			dir != NULL ? dir : test->name,
			result_word(result_of_code(end->code)), end->error);
	test_record_add(test, &record);
	judge(batch, i, end->code);
	if (batch->needs[i].n_waiting == 0 && batch->tests[i].n_running == 0)
		end_test(batch, i);
	write_record(batch);
}

static void
job_free(struct job *job)
{
	attempt_free(job->attempt);
	attempt_part_fini(&job->part);
	free(job->label);
	free(job);
}

/* @job, which is in the list, runs no more. */
static void
end_job(struct job *job, const struct attempt_end *end)
{
	struct batch *batch = job->batch;
	struct job **link = &batch->jobs;
	const char *dir = job->part.dir + strlen(batch->record->root) + 1;
	uint64_t took_ns = clock_now_ns(batch->clock) - job->began_ns;

	while (*link != job)
		link = &(*link)->next;
	*link = job->next;
	if (job->shown != NULL)
		board_remove(batch->board, job->shown);
	batch->n_running--;
	batch->tests[job->test].n_running--;
	batch->memory_used_mib -= batch->needs[job->test].memory_mib;
	batch->cores_used -= batch->needs[job->test].cores;
	note_end(batch, job->test, job->part.number, end, xstrdup(dir),
		 took_ns / NS_PER_MS);
	job_free(job);
}

static enum attempt_output
output_of(const struct batch *batch)
{
	if (batch->options->n_jobs_max == 1)
		return batch->board != NULL ? ATTEMPT_STREAM : ATTEMPT_DIRECT;
	return batch->options->verbose ? ATTEMPT_LINES : ATTEMPT_BLOCK;
}

/* Is it printed as it comes, and nothing else beside it? */
static bool
is_alone(enum attempt_output output)
{
	return output == ATTEMPT_DIRECT || output == ATTEMPT_STREAM;
}

/* Who watches has seen it on the board: one line is enough. */
static void
print_passed(struct job *job)
{
	const struct look *look = job->batch->options->look;
	uint64_t took_ns = clock_now_ns(job->batch->clock) - job->began_ns;

	fprintf(out_of(job->batch), "  %s%s%s %s  %.1f s\n",
		look_begin(look, LOOK_GOOD), look_mark(look, true),
		look_end(look), job->label, (double)took_ns / NS_PER_S);
}

/* What a run that ended with @code has printed, in one piece; or it was there
 * as it came. */
static void
print_run(struct job *job, int code)
{
	struct tellers *tellers = job->batch->options->tellers;
	enum attempt_output output = output_of(job->batch);

	if (output == ATTEMPT_BLOCK && code == EXIT_OK &&
	    job->batch->board != NULL) {
		print_passed(job);
	} else if (output == ATTEMPT_BLOCK) {
		tellers_print_begins(tellers, job->label);
		attempt_print_block(job->attempt);
		tellers_print_ends(tellers);
	} else if (is_alone(output)) {
		tellers_print_ends(tellers);
	}
}

static void
on_printed(void *arg)
{
	changed(((struct job *)arg)->batch);
}

static void
on_attempt_end(const struct attempt_end *end, void *arg)
{
	struct job *job = arg;
	struct batch *batch = job->batch;

	print_run(job, end->code);
	end_job(job, end);
	fill(batch);
}

/* ---- a beginning ---- */

static int
make_dir(struct batch *batch, struct job *job, struct err *err)
{
	const struct batch_record *record = batch->record;
	struct test_state *state = &batch->tests[job->test];
	const char *name = record->tests[job->test].name;

	if (state->results == NULL)
		state->results = results_open(record->root, name, err);
	if (state->results == NULL)
		return -EIO;
	if (record->repeat <= 1 && record->retries == 0) {
		job->part.dir = xstrdup(results_dir(state->results));
		job->label = xstrdup(name);
		return 0;
	}
	job->part.dir =
	    results_make_part(state->results, job->part.number, err);
	job->label = xasprintf("%s/%u", name, job->part.number);
	return job->part.dir != NULL ? 0 : -EIO;
}

static int
start_attempt(struct batch *batch, struct job *job, struct err *err)
{
	const struct attempt_spec spec = {
		.base = batch->base,
		.clock = batch->clock,
		.options = batch->options->test_options,
		.part = &job->part,
		.name = job->label,
		.file = batch->record->tests[job->test].file,
		.output = output_of(batch),
		.out = out_of(batch),
		.on_printed = on_printed,
		.on_end = on_attempt_end,
		.arg = job,
	};

	if (is_alone(spec.output))
		tellers_print_begins(batch->options->tellers, job->label);
	job->attempt = attempt_start(&spec, err);
	if (job->attempt == NULL && is_alone(spec.output))
		tellers_print_ends(batch->options->tellers);
	return job->attempt != NULL ? 0 : -EIO;
}

static void
start(struct batch *batch, size_t i)
{
	struct job *job = XNEW(struct job);
	struct attempt_end end = { .code = EXIT_INFRA };
	struct err err = ERR_INIT;

	job->batch = batch;
	job->test = i;
	job->part.number = ++batch->tests[i].n_started;
	job->part.until_ns = batch->until_ns;
	job->part.limit_s = batch->options->limit_s;
	job->part.accel_reason = xstrdup(batch->record->accel_reason);
	job->part.compact = batch->options->look->compact;
	job->part.unicode = batch->options->look->unicode;
	job->began_ns = clock_now_ns(batch->clock);
	batch->needs[i].n_waiting--;
	if (make_dir(batch, job, &err) < 0 ||
	    start_attempt(batch, job, &err) < 0) {
		end.error = xstrdup(err.text);
		note_end(batch, i, job->part.number, &end, NULL, 0);
		job_free(job);
		return;
	}
	if (batch->board != NULL)
		job->shown = board_add(batch->board, job->label, job->part.dir);
	job->next = batch->jobs;
	batch->jobs = job;
	batch->n_running++;
	batch->tests[i].n_running++;
	batch->memory_used_mib += batch->needs[i].memory_mib;
	batch->cores_used += batch->needs[i].cores;
}

static uint64_t
below(uint64_t all, uint64_t used)
{
	return all > used ? all - used : 0;
}

static size_t
pick(const struct batch *batch)
{
	size_t n_max = batch->options->n_jobs_max;
	struct schedule_room room = { .n_running = batch->n_running,
				      .n_running_max = n_max,
				      .cores = UINT_MAX };
	struct host_room now;

	if (batch->no_more)
		return SIZE_MAX;
	/* What runs may not have taken yet what it will need; and others
	 * may have taken since the beginning what was free then. */
	host_room_read("", &now);
	room.memory_mib =
	    below(batch->budget.memory_mib, batch->memory_used_mib);
	if (now.memory_mib < room.memory_mib)
		room.memory_mib = now.memory_mib;
	if (n_max == 0)
		room.cores =
		    (unsigned)below(batch->budget.cores, batch->cores_used);
	return schedule_pick(batch->needs, batch->order, batch->record->n_tests,
			     &room);
}

static void
fill(struct batch *batch)
{
	size_t i;

	while ((i = pick(batch)) != SIZE_MAX)
		start(batch, i);
	if (batch->n_running == 0)
		event_base_loopbreak(batch->base);
}

/* ---- an early end ---- */

static void
kill_all(struct batch *batch, const char *why)
{
	while (batch->jobs != NULL) {
		struct job *job = batch->jobs;
		struct attempt_end end = { .code = batch->record->stop_code,
					   .error = xstrdup(why) };

		if (is_alone(output_of(batch)))
			print_run(job, end.code);
		attempt_free(job->attempt);
		job->attempt = NULL;
		end_job(job, &end);
	}
	event_base_loopbreak(batch->base);
}

static void
on_stop_timer(void *arg)
{
	kill_all(arg, "it was killed: it did not end when it had to");
}

static void
stop(struct batch *batch, int code, const char *why)
{
	if (batch->record->stop_code == 0) {
		batch->record->stop_code = code;
		batch->record->stop_reason = xstrdup(why);
	}
	batch->no_more = true;
	if (!timer_is_set(batch->stop_timer))
		timer_set_in(batch->stop_timer, BATCH_STOP_MS * NS_PER_MS);
}

static void
on_signal(evutil_socket_t signo, short what, void *arg)
{
	struct batch *batch = arg;
	char why[64];

	(void)what;
	if (batch->record->stop_code > 128) {
		kill_all(batch, "it was killed: interrupted twice");
		return;
	}
	/* Stronger than the end of the time. */
	free(batch->record->stop_reason);
	batch->record->stop_reason = NULL;
	batch->record->stop_code = 0;
	snprintf(why, sizeof(why), "interrupted by %s", strsignal((int)signo));
	stop(batch, 128 + (int)signo, why);
	for (struct job *job = batch->jobs; job != NULL; job = job->next)
		attempt_signal(job->attempt, (int)signo);
}

/* The tests that run know of this time, and end with the same words. */
static void
on_limit(void *arg)
{
	struct batch *batch = arg;
	char why[96];

	snprintf(why, sizeof(why),
		 "the tests did not end within the %g s of --timeout",
		 batch->options->limit_s);
	stop(batch, EXIT_TIMED_OUT, why);
}

/* ---- all of it ---- */

static int
setup_loop(struct batch *batch, struct err *err)
{
	batch->base = event_base_new();
	if (batch->base == NULL)
		return err_set(err, -ENOMEM, "cannot make an event loop");
	batch->clock = clock_real_new(batch->base);
	for (int i = 0; i < N_SIGNALS; i++) {
		batch->on_signals[i] =
		    evsignal_new(batch->base, signals[i], on_signal, batch);
		if (batch->on_signals[i] == NULL ||
		    event_add(batch->on_signals[i], NULL) < 0)
			return err_set(err, -ENOMEM, "cannot watch signals");
	}
	batch->stop_timer = timer_new(batch->clock, on_stop_timer, batch);
	batch->limit_timer = timer_new(batch->clock, on_limit, batch);
	batch->began_ns = clock_now_ns(batch->clock);
	if (batch->options->limit_s > 0) {
		batch->until_ns =
		    batch->began_ns + (uint64_t)(batch->options->limit_s * 1e9);
		timer_set(batch->limit_timer, batch->until_ns);
	}
	return 0;
}

static int
setup_tests(struct batch *batch, struct err *err)
{
	struct batch_record *record = batch->record;

	batch->file = batch_file_open(record, err);
	if (batch->file == NULL)
		return -EIO;
	batch->tests = xcalloc(record->n_tests + 1, sizeof(*batch->tests));
	batch->order = xcalloc(record->n_tests + 1, sizeof(*batch->order));
	batch_file_expect(batch->file, record, batch->needs);
	for (size_t i = 0; i < record->n_tests; i++)
		batch->needs[i].n_waiting =
		    record->repeat > 1 ? record->repeat : 1;
	schedule_order(batch->needs, record->n_tests,
		       batch->options->n_jobs_max != 1, batch->order);
	host_room_read("", &batch->budget);
	batch->board =
	    board_new(batch->base, batch->clock, batch->options->look, record);
	return 0;
}

static void
batch_fini(struct batch *batch)
{
	for (int i = 0; i < N_SIGNALS; i++)
		if (batch->on_signals[i] != NULL)
			event_free(batch->on_signals[i]);
	board_free(batch->board);
	if (batch->clock != NULL) {
		timer_free(batch->limit_timer);
		timer_free(batch->stop_timer);
		clock_free(batch->clock);
	}
	if (batch->base != NULL)
		event_base_free(batch->base);
	batch_file_close(batch->file, batch->record);
	free(batch->tests);
	free(batch->order);
}

int
batch_run(const struct batch_options *options, struct batch_record *record,
	  struct schedule_need *needs, struct err *err)
{
	struct batch batch = { .options = options,
			       .record = record,
			       .needs = needs };
	int ret = setup_loop(&batch, err);

	if (ret == 0)
		ret = setup_tests(&batch, err);
	if (ret == 0) {
		fill(&batch);
		if (batch.n_running > 0)
			event_base_dispatch(batch.base);
		for (size_t i = 0; i < record->n_tests; i++)
			end_test(&batch, i);
		record->ended = true;
		write_record(&batch);
		ret = batch.error < 0 ? err_set(err, batch.error,
						"results.json is incomplete")
				      : 0;
	}
	batch_fini(&batch);
	return ret;
}
