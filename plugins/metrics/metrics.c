/*
 * metrics: what the switch counts, as OpenMetrics text: over a unix socket, by
 * HTTP, when somebody asks; and in a file, now and then.
 */
#include "config.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "plugins/common/inst.h"
#include "plugins/metrics/exposition.h"
#include "plugins/metrics/responder.h"
#include "plugins/metrics/textfile.h"
#include "vdelab/plugin.h"

enum { INTERVAL_MS_DEFAULT = 10 * 1000 };

#define NS_PER_MS UINT64_C(1000000)

/* What is being asked for one text. */
struct question {
	struct metrics *metrics; /* borrowed */
	enum exposition_source source;
};

struct metrics {
	struct vl_inst *inst;
	struct responder *responder; /* or NULL */
	struct textfile *file;	     /* or NULL */
	struct vl_timer *timer;	     /* the next time for .file */
	uint64_t interval_ns;
	bool for_file;	  /* the next text is to be written to it */
	bool again;	  /* somebody came while answers were under way */
	size_t n_awaited; /* answers */
	struct question questions[N_SOURCES];
	json_t *results[N_SOURCES];	       /* owned */
	uint64_t *n_texts, *n_late, *n_failed; /* the host's counters */
};

/* ---- collecting ---- */

static void collect(struct metrics *m);

static void
forget(struct metrics *m)
{
	for (int i = 0; i < N_SOURCES; i++) {
		json_decref(m->results[i]);
		m->results[i] = NULL;
	}
}

/* All answers are there. */
static void
tell(struct metrics *m)
{
	size_t len = 0;
	char *text = exposition_write((const json_t *const *)m->results, &len);

	forget(m);
	++*m->n_texts;
	if (m->responder != NULL)
		responder_answer(m->responder, text, len);
	if (!m->for_file || text == NULL) {
		free(text);
		return;
	}
	m->for_file = false;
	if (!textfile_put(m->file, text, len))
		++*m->n_late;
}

static void
on_answer(void *priv, const struct json_t *result, int code, const char *error)
{
	struct question *q = priv;
	struct metrics *m = q->metrics;

	if (code < 0)
		vl_log(m->inst, "%s: %s", exposition_methods[q->source], error);
	else
		m->results[q->source] = json_incref((json_t *)result);
	if (--m->n_awaited > 0)
		return;
	tell(m);
	if (m->again) {
		m->again = false;
		collect(m);
	}
}

static void
collect(struct metrics *m)
{
	if (m->n_awaited > 0) {
		m->again = true; /* for what is under way may be older */
		return;
	}
	m->n_awaited = N_SOURCES;
	for (int i = 0; i < N_SOURCES; i++) {
		m->questions[i] = (struct question){ m, i };
		if (vl_control(m->inst, exposition_methods[i], NULL, on_answer,
			       &m->questions[i]) < 0)
			m->n_awaited--;
	}
	if (m->n_awaited == 0)
		tell(m);
}

/* ---- who wants it ---- */

static void
on_client(void *arg)
{
	collect(arg);
}

static void
on_timer(void *priv)
{
	struct metrics *m = priv;
	int error = textfile_error(m->file);

	vl_timer_set(m->timer, vl_now_ns(m->inst) + m->interval_ns);
	if (error < 0) {
		vl_log(m->inst, "cannot write the file: %s", strerror(-error));
		++*m->n_failed;
	}
	m->for_file = true;
	collect(m);
}

/* ---- the instance ---- */

static void
metrics_free(struct metrics *m)
{
	responder_free(m->responder);
	textfile_free(m->file);
	forget(m);
	free(m);
}

static int
add_counters(struct metrics *m)
{
	int ret = vl_counter_add(m->inst, "texts", "texts", &m->n_texts);

	if (ret == 0)
		ret = vl_counter_add(m->inst, "late", "texts", &m->n_late);
	if (ret == 0)
		ret = vl_counter_add(m->inst, "failed", "texts", &m->n_failed);
	return ret;
}

static int
start_file(struct metrics *m, const char *path, char *error, size_t error_size)
{
	m->timer = vl_timer_add(m->inst, on_timer, m);
	m->file = textfile_new(path);
	if (m->timer == NULL || m->file == NULL) {
		snprintf(error, error_size, "out of memory");
		return -ENOMEM;
	}
	vl_timer_set(m->timer, vl_now_ns(m->inst));
	return 0;
}

static int
start_outputs(struct metrics *m, const json_t *options, char *error,
	      size_t error_size)
{
	const char *socket = param_text(options, "socket");
	const char *file = param_text(options, "file");

	if (socket == NULL && file == NULL) {
		snprintf(error, error_size,
			 "say where to: socket=PATH, file=PATH, or both");
		return -EINVAL;
	}
	m->interval_ns =
	    param_number(options, "interval_ms", INTERVAL_MS_DEFAULT) *
	    NS_PER_MS;
	if (socket != NULL) {
		m->responder = responder_new(m->inst, socket, on_client, m,
					     error, error_size);
		if (m->responder == NULL)
			return -EIO;
	}
	return file != NULL ? start_file(m, file, error, error_size) : 0;
}

static int
metrics_start(struct vl_inst *inst, const struct json_t *options, char *error,
	      size_t error_size)
{
	struct metrics *m = calloc(1, sizeof(*m));
	int ret;

	if (m == NULL) {
		snprintf(error, error_size, "out of memory");
		return -ENOMEM;
	}
	m->inst = inst;
	vl_set_priv(inst, m);
	ret = add_counters(m);
	if (ret == 0)
		ret = start_outputs(m, options, error, error_size);
	if (ret < 0)
		metrics_free(m);
	return ret;
}

static int
metrics_set(struct vl_inst *inst, const struct json_t *options, char *error,
	    size_t error_size)
{
	struct metrics *m = vl_priv(inst);

	if (json_object_get(options, "socket") != NULL ||
	    json_object_get(options, "file") != NULL) {
		snprintf(error, error_size,
			 "where to is settled when the plugin is loaded; load "
			 "another one");
		return -EINVAL;
	}
	m->interval_ns =
	    param_number(options, "interval_ms", m->interval_ns / NS_PER_MS) *
	    NS_PER_MS;
	if (m->timer != NULL)
		vl_timer_set(m->timer, vl_now_ns(inst) + m->interval_ns);
	return 0;
}

static void
metrics_stop(struct vl_inst *inst)
{
	metrics_free(vl_priv(inst));
}

VL_EXPORT const struct vl_plugin vl_plugin = {
	.abi = VL_PLUGIN_ABI,
	.name = "metrics",
	.summary = "counters as OpenMetrics text, over a socket or in a file",
	.options = "socket:str? file:str? interval_ms:int(100..86400000)?",
	.start = metrics_start,
	.stop = metrics_stop,
	.set = metrics_set,
	.details = "`socket` is the path of a unix socket that answers HTTP; "
		   "`file` is written anew every `interval_ms` (10,000).",
};
