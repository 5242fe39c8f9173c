/*
 * talkers: who sends how much.  Counts frames and octets of each station, tells
 * of new ones by an event, and can let no more than a number of them in.
 *
 *     vdelabctl plugin load talkers segment lab limit=10
 *     vdelabctl talkers show
 *     vdelabctl plugin set talkers limit=20
 *     vdelabctl monitor talkers
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <vdelab/plugin.h>

enum { SLOTS = 512, LIMIT_MAX = 256, MAC_LEN = 6, MAC_AT = 6 };

struct talker {
	uint8_t mac[MAC_LEN];
	uint32_t port; /* where it was heard last */
	uint64_t frames, octets;
};

struct talkers {
	struct vl_inst *inst;
	struct talker slots[SLOTS]; /* by address, the next ones when taken */
	uint32_t n, limit;
	uint64_t *stations; /* the host's: shown by `vdelabctl -s plugin` */
	uint8_t too_many;   /* a verdict */
};

static void
format_mac(const uint8_t *mac, char text[18])
{
	snprintf(text, 18, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1],
		 mac[2], mac[3], mac[4], mac[5]);
}

/* The slot of @mac, perhaps an empty one: there are more than stations. */
static struct talker *
slot_of(struct talkers *t, const uint8_t *mac)
{
	uint32_t i = (mac[3] * 31u + mac[4]) * 31u + mac[5];

	while (t->slots[i % SLOTS].frames > 0 &&
	       memcmp(t->slots[i % SLOTS].mac, mac, MAC_LEN) != 0)
		i++;
	return &t->slots[i % SLOTS];
}

static void
add(struct talkers *t, struct talker *talker, const uint8_t *mac, uint32_t port)
{
	char text[18];

	memcpy(talker->mac, mac, MAC_LEN);
	t->n++;
	++*t->stations;
	format_mac(mac, text);
	vl_event_send(t->inst, "new",
		      json_pack("{s:s, s:s?}", "mac", text, "port",
				vl_port_name(t->inst, port)));
}

/* Runs for up to VL_VECTOR_MAX frames at a time, all from one port. */
static void
on_ingress(void *priv, const struct vl_vector *v)
{
	struct talkers *t = priv;

	for (uint32_t i = 0; i < v->n; i++) {
		const uint8_t *mac = vl_frame_data(v->frames[i]) + MAC_AT;
		struct talker *talker;

		if (v->verdicts[i] != VL_PASS)
			continue; /* another plugin has decided */
		talker = slot_of(t, mac);
		if (talker->frames == 0 && t->n >= t->limit) {
			v->verdicts[i] = t->too_many;
			continue;
		}
		if (talker->frames == 0)
			add(t, talker, mac, v->port);
		talker->port = v->port;
		talker->frames++;
		talker->octets += vl_frame_len(v->frames[i]);
	}
}

static int
do_show(void *priv, struct vl_inst *inst, const json_t *params, json_t **result,
	char *error, size_t error_size)
{
	const char *only = json_string_value(json_object_get(params, "port"));
	struct talkers *t = priv;

	if (only != NULL && vl_port_find(inst, only) == VL_PORT_NONE) {
		snprintf(error, error_size, "there is no port %s", only);
		return -ENOENT;
	}
	*result = json_array();
	for (uint32_t i = 0; i < SLOTS; i++) {
		const struct talker *talker = &t->slots[i];
		const char *port = vl_port_name(inst, talker->port);
		char mac[18];

		if (talker->frames == 0 ||
		    (only != NULL && (port == NULL || strcmp(port, only) != 0)))
			continue;
		format_mac(talker->mac, mac);
		json_array_append_new(
		    *result,
		    json_pack("{s:s, s:s?, s:I, s:I}", "mac", mac, "port", port,
			      "frames", (json_int_t)talker->frames, "bytes",
			      (json_int_t)talker->octets));
	}
	return 0;
}

/* Options have been checked against the signature below. */
static void
take_options(struct talkers *t, const json_t *options)
{
	const json_t *limit = json_object_get(options, "limit");

	if (limit != NULL)
		t->limit = (uint32_t)json_integer_value(limit);
}

static int
talkers_set(struct vl_inst *inst, const json_t *options, char *error,
	    size_t error_size)
{
	(void)error;
	(void)error_size;
	take_options(vl_priv(inst), options);
	return 0;
}

/* What has been added through @inst the host takes back when this fails. */
static int
talkers_start(struct vl_inst *inst, const json_t *options, char *error,
	      size_t error_size)
{
	struct talkers *t = calloc(1, sizeof(*t));
	int ret;

	(void)error;
	(void)error_size;
	if (t == NULL)
		return -ENOMEM;
	t->inst = inst;
	t->limit = LIMIT_MAX;
	take_options(t, options);
	vl_set_priv(inst, t);
	ret = vl_drop_reason_add(inst, "too many stations");
	if (ret >= 0) {
		t->too_many = (uint8_t)ret;
		ret =
		    vl_counter_add(inst, "stations", "addresses", &t->stations);
	}
	if (ret == 0)
		ret = vl_method_add(inst, "show", "port:name?",
				    "list who was heard", do_show);
	if (ret == 0)
		ret = vl_method_describe(inst, "show",
					 "`[{mac, port, frames, bytes}]`",
					 "Of one `port`, or of all.");
	if (ret == 0)
		ret = vl_hook_add(inst, VL_STAGE_INGRESS, 500, on_ingress);
	if (ret < 0)
		free(t);
	return ret;
}

static void
talkers_stop(struct vl_inst *inst)
{
	free(vl_priv(inst));
}

VL_EXPORT const struct vl_plugin vl_plugin = {
	.abi = VL_PLUGIN_ABI,
	.name = "talkers",
	.summary = "count what each station sends",
	.options = "limit:int(1..256)?",
	.start = talkers_start,
	.stop = talkers_stop,
	.set = talkers_set,
	.details = "`limit`: frames of further stations are dropped; at most, "
		   "and unless told, 256.",
};
