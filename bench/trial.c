#include "config.h"

#include "bench/trial.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/words.h"
#include "lib/err.h"
#include "lib/sockpath.h"
#include "lib/xalloc.h"

enum { TRIES = 3, PATIENCE_MS = 60000 };

static const char *
first_line(char *text)
{
	text[strcspn(text, "\n")] = '\0';
	return text;
}

/* ---- the switch ---- */

static int
pin_process(pid_t pid, int cpu, struct err *err)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(pid, sizeof(set), &set) < 0)
		return err_errno(err, "cannot pin the switch to CPU %d", cpu);
	return 0;
}

static int
write_config(const struct bench *bench, const struct bench_case *one,
	     struct err *err)
{
	char *path;
	FILE *file;
	int ret = 0;

	if (one->config == NULL)
		return 0;
	path = contestant_config_path(bench);
	file = fopen(path, "we");
	if (file == NULL || fprintf(file, "%s\n", one->config) < 0)
		ret = err_errno(err, "%s", path);
	if (file != NULL && fclose(file) != 0 && ret == 0)
		ret = err_errno(err, "%s", path);
	free(path);
	return ret;
}

/* @stdin_fds: a pipe that nobody writes to: vde_switch ends when there is
 * nothing to read, and is busy when there is. */
static int
start_switch(struct bench *bench, const struct bench_case *one,
	     enum contestant who, const int stdin_fds[2], struct child *child,
	     struct err *err)
{
	struct words words = { .n = 0 };
	int ret;

	ret = write_config(bench, one, err);
	if (ret < 0)
		return ret;
	contestant_switch_words(bench, one, who, &words);
	ret = child_start(child, &bench->runner,
			  (const char *const *)words.word, stdin_fds[0], err);
	words_fini(&words);
	if (ret < 0 || one->layout == LAYOUT_FREE)
		return ret;
	ret = pin_process(process_pid(child->process), bench->switch_cpu, err);
	if (ret < 0)
		child_free(child);
	return ret;
}

/* ---- the load ---- */

static double
number(const json_t *object, const char *name, double scale)
{
	const json_t *value = json_object_get(object, name);

	return json_is_number(value) ? json_number_value(value) * scale : NAN;
}

static int
read_result(const struct child *load, struct sample *sample, struct err *err)
{
	const json_t *rtt;

	if (load->status.signaled || load->status.code != 0)
		return err_set(err, -EIO, "%s", first_line(load->errors));
	sample->raw = json_loads(load->output, 0, NULL);
	if (sample->raw == NULL)
		return err_set(err, -EPROTO,
			       "the load generator's answer is no JSON");
	rtt = json_object_get(sample->raw, "rtt_ns");
	sample->is_there = true;
	sample->value[METRIC_FPS] = number(sample->raw, "fps", 1);
	sample->value[METRIC_GBPS] = number(sample->raw, "gbps", 1);
	sample->value[METRIC_CPU_NS] =
	    number(sample->raw, "switch_ns_per_frame", 1);
	sample->value[METRIC_ALL_CPU_NS] =
	    number(sample->raw, "all_ns_per_frame", 1);
	sample->value[METRIC_LOSS] = number(sample->raw, "loss", 1);
	sample->value[METRIC_P50_US] = number(rtt, "p50", 1e-3);
	sample->value[METRIC_P99_US] = number(rtt, "p99", 1e-3);
	sample->value[METRIC_CPU] = number(sample->raw, "switch_cpu", 1);
	sample->value[METRIC_HOP_US] = number(sample->raw, "hop_ns", 1e-3);
	sample->value[METRIC_RSS_MIB] =
	    number(sample->raw, "switch_rss_kib", 1.0 / 1024);
	return 0;
}

static int
load_switch(struct bench *bench, const struct bench_case *one,
	    enum contestant who, const struct child *child,
	    struct sample *sample, struct err *err)
{
	struct words words = { .n = 0 };
	pid_t own[3] = { getpid(), process_pid(child->process) };
	struct gate_watch watch;
	struct child load;
	int ret;

	contestant_load_words(bench, one, who, own[1], &words);
	gate_watch_start(&watch);
	ret = child_start(&load, &bench->runner,
			  (const char *const *)words.word, -1, err);
	words_fini(&words);
	if (ret < 0)
		return ret;
	own[2] = process_pid(load.process);
	ret = child_wait(&load,
			 PATIENCE_MS + bench->warmup_ms + bench->window_ms);
	sample->foreign_percent =
	    gate_watch_percent(&watch, own, 3, &sample->steal_percent);
	if (ret == -ETIMEDOUT)
		err_set(err, ret, "the load does not come to an end");
	if (ret == 0)
		ret = read_result(&load, sample, err);
	child_free(&load);
	return ret;
}

/* ---- one after the other ---- */

static int
run_once(struct bench *bench, const struct bench_case *one, enum contestant who,
	 struct sample *sample, struct err *err)
{
	char *dir = xasprintf("%s/s", bench->dir);
	struct child child;
	int fds[2], ret;

	*sample = (struct sample){ .is_there = false };
	if (pipe2(fds, O_CLOEXEC) < 0) {
		free(dir);
		return err_errno(err, "pipe");
	}
	ret = start_switch(bench, one, who, fds, &child, err);
	if (ret == 0) {
		ret = load_switch(bench, one, who, &child, sample, err);
		if (ret < 0 && ret != -EINTR && child.ended)
			err_set(err, ret, "the switch has ended: %s",
				first_line(child.errors));
		child_stop(&child);
		child_free(&child);
	}
	close(fds[0]);
	close(fds[1]);
	sockpath_remove_tree(dir, NULL);
	free(dir);
	return ret;
}

int
trial_run(struct bench *bench, const struct bench_case *one,
	  enum contestant who, struct sample *sample, struct err *err)
{
	int ret;

	for (int i = 0;; i++) {
		ret = gate_wait(&bench->gate);
		if (ret < 0)
			return ret;
		ret = run_once(bench, one, who, sample, err);
		if (ret < 0) {
			sample_fini(sample);
			return ret;
		}
		sample->is_dirty =
		    !bench->gate.is_open &&
		    sample->foreign_percent + sample->steal_percent >
			GATE_KEEP_PERCENT;
		if (!sample->is_dirty || i == TRIES - 1)
			return 0;
		sample_fini(sample);
	}
}

void
sample_fini(struct sample *sample)
{
	json_decref(sample->raw);
	sample->raw = NULL;
	sample->is_there = false;
}
