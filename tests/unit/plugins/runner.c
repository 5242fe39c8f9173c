/* runner: a plugin that has a program run, for tests of the host. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <jansson.h>

#include "vdelab/plugin.h"

enum { WORDS_MAX = 8 };

struct runner {
	struct vl_inst *inst;
	struct vl_program *program;
	int fd; /* -1: it does not run */
	int stops_itself;
};

static void
on_started(void *priv, int fd)
{
	struct runner *r = priv;

	r->fd = fd;
	vl_event_send(
	    r->inst, "started",
	    json_pack("{s:b}", "pid", vl_program_pid(r->program) > 0));
}

static void
on_ended(void *priv, const char *reason)
{
	struct runner *r = priv;

	r->fd = -1;
	vl_event_send(r->inst, "ended",
		      json_pack("{s:s, s:i}", "reason", reason, "pid",
				vl_program_pid(r->program)));
	if (r->stops_itself) {
		vl_program_stop(r->program);
		r->program = NULL;
	}
}

static const struct vl_program_ops ops = { on_started, on_ended };

/* What the program says to "text". */
static int
runner_ask(void *priv, struct vl_inst *inst, const json_t *params,
	   json_t **result, char *error, size_t error_size)
{
	const char *text = json_string_value(json_object_get(params, "text"));
	struct runner *r = priv;
	char answer[64];
	ssize_t n;

	(void)inst;
	if (r->fd < 0 || send(r->fd, text, strlen(text), MSG_NOSIGNAL) < 0) {
		snprintf(error, error_size, "nobody hears it");
		return -EPIPE;
	}
	do
		n = recv(r->fd, answer, sizeof(answer), 0);
	while (n < 0 && errno == EAGAIN);
	*result = json_stringn(answer, n > 0 ? (size_t)n : 0);
	return 0;
}

static int
runner_pid(void *priv, struct vl_inst *inst, const json_t *params,
	   json_t **result, char *error, size_t error_size)
{
	const struct runner *r = priv;

	(void)inst;
	(void)params;
	(void)error;
	(void)error_size;
	vl_event_send(
	    r->inst, "pid",
	    json_pack("{s:i}", "pid",
		      r->program != NULL ? vl_program_pid(r->program) : 0));
	*result = NULL;
	return 0;
}

static int
runner_restart(void *priv, struct vl_inst *inst, const json_t *params,
	       json_t **result, char *error, size_t error_size)
{
	const struct runner *r = priv;

	(void)inst;
	(void)params;
	(void)result;
	(void)error;
	(void)error_size;
	vl_program_restart(r->program, "it was asked for");
	return 0;
}

static int
runner_start(struct vl_inst *inst, const json_t *options, char *error,
	     size_t error_size)
{
	const json_t *list = json_object_get(options, "argv");
	struct runner *r = calloc(1, sizeof(*r));
	const char *argv[WORDS_MAX + 1] = { NULL };

	if (r == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < json_array_size(list) && i < WORDS_MAX; i++)
		argv[i] = json_string_value(json_array_get(list, i));
	r->inst = inst;
	r->fd = -1;
	r->stops_itself =
	    json_is_true(json_object_get(options, "stops_itself"));
	vl_method_add(inst, "ask", "text:str", "say something to it",
		      runner_ask);
	vl_method_add(inst, "pid", "", "tell its pid", runner_pid);
	vl_method_add(inst, "restart", "", "start it again", runner_restart);
	r->program = vl_program_start(inst, argv, &ops, r, error, error_size);
	if (r->program == NULL) {
		free(r);
		return -ENOENT;
	}
	vl_set_priv(inst, r);
	return 0;
}

static void
runner_stop(struct vl_inst *inst)
{
	struct runner *r = vl_priv(inst);

	/* It is gone already, and this harms nobody. */
	if (r->program != NULL && vl_program_pid(r->program) == 0)
		vl_program_stop(r->program);
	free(r);
}

VL_EXPORT const struct vl_plugin vl_plugin = {
	.abi = VL_PLUGIN_ABI,
	.name = "runner",
	.summary = "runs a program for tests of the host",
	.options = "argv:list stops_itself:bool?",
	.start = runner_start,
	.stop = runner_stop,
};
