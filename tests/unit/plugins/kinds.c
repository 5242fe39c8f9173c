/* kinds: a plugin that brings a kind of port, "wire", for tests of the host.  What
 * leaves by such a port is counted, or comes back in by it. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "vdelab/plugin.h"

enum { NAME_SIZE = 32 };

struct kinds {
	struct vl_inst *inst;
	char name[NAME_SIZE];
	struct vl_port_kind kind;
	uint64_t *closed;
};

struct wire {
	struct kinds *kinds;
	uint32_t id;
	bool echo;
	uint32_t credit; /* frames it takes before it is full */
	uint32_t n_taken, n_pauses;
};

static int
wire_open(struct vl_inst *inst, uint32_t port, const json_t *params, int fd,
	  void **priv, char *error, size_t error_size)
{
	const json_t *credit = json_object_get(params, "credit");
	struct wire *wire;

	if (fd >= 0)
		close(fd);
	if (json_is_true(json_object_get(params, "refuse"))) {
		snprintf(error, error_size, "told to refuse");
		return -ECONNREFUSED;
	}
	wire = calloc(1, sizeof(*wire));
	if (wire == NULL)
		return -ENOMEM;
	wire->kinds = vl_priv(inst);
	wire->id = port;
	wire->echo = json_is_true(json_object_get(params, "echo"));
	wire->credit =
	    credit != NULL ? (uint32_t)json_integer_value(credit) : UINT32_MAX;
	*priv = wire;
	return 0;
}

static uint32_t
wire_transmit(void *priv, struct vl_frame *const *frames, uint32_t n)
{
	struct wire *wire = priv;
	uint32_t i;

	for (i = 0; i < n && wire->credit > 0; i++) {
		struct vl_inst *inst = wire->kinds->inst;
		struct vl_frame *clone;

		if (wire->credit != UINT32_MAX)
			wire->credit--;
		wire->n_taken++;
		clone = wire->echo ? vl_frame_clone(inst, frames[i]) : NULL;
		if (clone != NULL)
			vl_port_input(inst, wire->id, &clone, 1);
		if (vl_frame_len(frames[i]) == 666)
			vl_port_tx_drop(inst, wire->id, frames[i]);
	}
	return i;
}

static void
wire_pause(void *priv, int paused)
{
	struct wire *wire = priv;

	wire->n_pauses += paused != 0;
}

static void
wire_describe(const void *priv, json_t *into)
{
	const struct wire *wire = priv;

	json_object_set_new(into, "taken", json_integer(wire->n_taken));
	json_object_set_new(into, "pauses", json_integer(wire->n_pauses));
}

static void
wire_close(void *priv)
{
	struct wire *wire = priv;

	++*wire->kinds->closed;
	free(wire);
}

static uint32_t
port_of(struct vl_inst *inst, const json_t *params)
{
	return vl_port_find(inst,
			    json_string_value(json_object_get(params, "port")));
}

static int
do_input(void *priv, struct vl_inst *inst, const json_t *params,
	 json_t **result, char *error, size_t error_size)
{
	uint32_t n = (uint32_t)json_integer_value(json_object_get(params, "n"));
	uint32_t len =
	    (uint32_t)json_integer_value(json_object_get(params, "len"));
	struct vl_frame *frames[VL_VECTOR_MAX];

	(void)priv;
	(void)result;
	(void)error;
	(void)error_size;
	for (uint32_t i = 0; i < n; i++) {
		uint8_t *octets;

		frames[i] = vl_frame_new(inst, NULL, len);
		octets = vl_frame_edit(inst, &frames[i], len);
		memset(octets, 0xff, 6);
		octets[6] = 2;
	}
	vl_port_input(inst, port_of(inst, params), frames, n);
	return 0;
}

static int
do_writable(void *priv, struct vl_inst *inst, const json_t *params,
	    json_t **result, char *error, size_t error_size)
{
	(void)priv;
	(void)result;
	(void)error;
	(void)error_size;
	vl_port_writable(inst, port_of(inst, params));
	return 0;
}

static int
do_lose(void *priv, struct vl_inst *inst, const json_t *params, json_t **result,
	char *error, size_t error_size)
{
	(void)priv;
	(void)result;
	(void)error;
	(void)error_size;
	vl_port_lost(inst, port_of(inst, params), "the wire is cut");
	return 0;
}

static int
kinds_start(struct vl_inst *inst, const json_t *options, char *error,
	    size_t error_size)
{
	const char *name = json_string_value(json_object_get(options, "name"));
	const char *params =
	    json_string_value(json_object_get(options, "params"));
	struct kinds *k = calloc(1, sizeof(*k));
	int ret;

	if (k == NULL)
		return -ENOMEM;
	k->inst = inst;
	snprintf(k->name, sizeof(k->name), "%s", name != NULL ? name : "wire");
	k->kind = (struct vl_port_kind){
		.name = k->name,
		.summary = "a wire for tests",
		.params = params != NULL
			      ? params
			      : "echo:bool? credit:int? refuse:bool?",
		.open = wire_open,
		.transmit = wire_transmit,
		.pause = wire_pause,
		.describe = wire_describe,
		.close = wire_close,
	};
	vl_set_priv(inst, k);
	ret = vl_counter_add(inst, "closed", "ports", &k->closed);
	if (ret == 0)
		ret = vl_method_add(inst, "input", "port:name n:int len:int",
				    "send frames", do_input);
	if (ret == 0)
		ret = vl_method_add(inst, "writable", "port:name", "go on",
				    do_writable);
	if (ret == 0)
		ret = vl_method_add(inst, "lose", "port:name", "cut a wire",
				    do_lose);
	if (ret == 0)
		ret = vl_port_kind_add(inst, &k->kind);
	if (ret == 0 && json_is_true(json_object_get(options, "fail")))
		ret = -EIO;
	if (ret < 0) {
		snprintf(error, error_size, "%s", strerror(-ret));
		free(k);
	}
	return ret;
}

static void
kinds_stop(struct vl_inst *inst)
{
	free(vl_priv(inst));
}

VL_EXPORT const struct vl_plugin vl_plugin = {
	.abi = VL_PLUGIN_ABI,
	.name = "kinds",
	.summary = "a kind of port for tests",
	.options = "name:str? params:str? fail:bool?",
	.start = kinds_start,
	.stop = kinds_stop,
};
