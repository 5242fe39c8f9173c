#include "config.h"

#include <errno.h>
#include <string.h>

#include "plugins/capture/capture.h"
#include "plugins/capture/start.h"
#include "plugins/common/bpf.h"
#include "plugins/common/inst.h"
#include "plugins/common/refuse.h"

#define NS_PER_MS UINT64_C(1000000)

static struct session *
find_session(const struct capture *c, const char *id)
{
	struct session *s;

	TAILQ_FOREACH (s, &c->sessions, entry)
		if (strcmp(s->id, id) == 0)
			return s;
	return NULL;
}

static int
method_start(void *priv, struct vl_inst *inst, const struct json_t *params,
	     struct json_t **result, char *error, size_t error_size)
{
	struct capture *c = priv;
	struct session *s;
	size_t n_running = 0;
	int ret;

	TAILQ_FOREACH (s, &c->sessions, entry)
		n_running += s->recording != NULL;
	if (n_running == CAPTURE_RUNNING_MAX)
		return refuse(error, error_size, -ENOSPC,
			      "%d captures are running, the most there can be; "
			      "capture.stop ends one",
			      CAPTURE_RUNNING_MAX);
	ret = start_session(c, params, &s, error, error_size);
	if (ret < 0)
		return ret;
	TAILQ_INSERT_TAIL(&c->sessions, s, entry);
	for (size_t i = 0; i < c->n_ports; i++)
		session_port_added(s, inst, c->ports[i]);
	capture_poll(c);
	*result = json_pack("{s:s}", "id", s->id);
	return 0;
}

static int
method_stop(void *priv, struct vl_inst *inst, const struct json_t *params,
	    struct json_t **result, char *error, size_t error_size)
{
	const char *id = param_text(params, "id");
	struct capture *c = priv;
	struct session *s = find_session(c, id);

	if (s == NULL)
		return refuse(
		    error, error_size, -ENOENT,
		    "no capture has the id \"%s\"; capture.show lists "
		    "them",
		    id);
	if (s->waiter != NULL)
		return refuse(error, error_size, -EALREADY,
			      "capture %s is being stopped", id);
	session_finish(s, inst);
	s->deadline_ns = vl_now_ns(inst) + CAPTURE_END_MS * NS_PER_MS;
	if (s->recording == NULL) {
		*result = session_json(s);
		capture_forget(c, s);
		return 0;
	}
	s->waiter = vl_method_defer(inst);
	if (s->waiter == NULL)
		return refuse(error, error_size, -ENOMEM, "out of memory");
	capture_poll(c); /* may have answered */
	return 0;
}

static int
method_show(void *priv, struct vl_inst *inst, const struct json_t *params,
	    struct json_t **result, char *error, size_t error_size)
{
	const char *id = param_text(params, "id");
	struct capture *c = priv;
	struct session *s;

	(void)inst;
	capture_poll(c);
	if (id != NULL && find_session(c, id) == NULL)
		return refuse(error, error_size, -ENOENT,
			      "no capture has the id \"%s\"", id);
	*result = json_array();
	TAILQ_FOREACH (s, &c->sessions, entry)
		if (id == NULL || strcmp(s->id, id) == 0)
			json_array_append_new(*result, session_json(s));
	return 0;
}

static int
method_mark(void *priv, struct vl_inst *inst, const struct json_t *params,
	    struct json_t **result, char *error, size_t error_size)
{
	const char *segment = param_text(params, "segment");
	const char *text = param_text(params, "text");
	struct capture *c = priv;
	json_int_t n_marked = 0;
	struct session *s;

	if (vl_segment_find(inst, segment) == VL_PORT_NONE)
		return refuse(error, error_size, -ENOENT,
			      "no segment is called \"%s\"; segment.show lists "
			      "them",
			      segment);
	if (text[0] == '\0' || strpbrk(text, "\r\n") != NULL ||
	    strlen(text) > PCAPNG_MARK_MAX)
		return refuse(error, error_size, -EINVAL,
			      "a mark is one line of 1 to %d octets",
			      PCAPNG_MARK_MAX);
	TAILQ_FOREACH (s, &c->sessions, entry)
		if (strcmp(s->segment_name, segment) == 0)
			n_marked += session_mark(s, inst, text) == 0;
	*result = json_pack("{s:I}", "captures", n_marked);
	return 0;
}

static int
method_names(void *priv, struct vl_inst *inst, const struct json_t *params,
	     struct json_t **result, char *error, size_t error_size)
{
	const json_t *names = json_object_get(params, "names");
	struct capture *c = priv;
	int ret = 0;

	(void)inst;
	if (names != NULL)
		ret = names_set(c->names, names, error, error_size);
	if (ret == 0)
		*result = names_json(c->names);
	return ret;
}

static int
method_name(void *priv, struct vl_inst *inst, const struct json_t *params,
	    struct json_t **result, char *error, size_t error_size)
{
	json_t *names = json_pack("{s:O}", param_text(params, "address"),
				  json_object_get(params, "name"));
	struct capture *c = priv;
	int ret;

	(void)inst;
	(void)result;
	ret = names_set(c->names, names, error, error_size);
	json_decref(names);
	return ret;
}

static int
method_check(void *priv, struct vl_inst *inst, const struct json_t *params,
	     struct json_t **result, char *error, size_t error_size)
{
	struct bpf *bpf =
	    bpf_compile(param_text(params, "filter"), error, error_size);

	(void)priv;
	(void)inst;
	if (bpf == NULL)
		return -errno;
	bpf_free(bpf);
	*result = json_true();
	return 0;
}

static int
check_name(const struct json_t *params, char *error, size_t error_size)
{
	struct names *names = names_new();
	json_t *object = json_pack("{s:O}", param_text(params, "address"),
				   json_object_get(params, "name"));
	int ret = -ENOMEM;

	if (names != NULL)
		ret = names_set(names, object, error, error_size);
	names_free(names);
	json_decref(object);
	return ret;
}

static const char show_result[] =
    "`[{id, segment, port?, file, format, state, frames, dropped, "
    "accepted_bytes, written_bytes, ring?, files?, last_file?, error?}]`; "
    "`state` is `running`, `finishing` (what is left is being written), "
    "`finished` or `failed`";

const struct vl_method capture_methods[] = {
	{
	    .name = "start",
	    .params =
		"segment:name port:name? filter:str? snaplen:int(64..65550)? "
		"direction:in|out|both? count:int(1..1000000000)? drops:bool? "
		"file:str? format:pcapng|pcap? comment:str? ring:str? "
		"files:int(1..100000)? file_size:str? "
		"file_seconds:int(1..31622400)? "
		"file_frames:int(1..1000000000)?",
	    .summary = "record a segment's frames as pcapng, into a file or a "
		       "descriptor that comes along",
	    .fn = method_start,
	    .check = start_check,
	    .result = "`{id}`",
	    .details =
		"`filter` is in the language of pcap-filter(7), without names "
		"of hosts. `drops` adds frames that get no further, with the "
		"reason. A `file` that ends in .pcap, or `format` pcap, is of "
		"the older format. With a `ring` (`4x16M`, `24x1h`) or one of "
		"`file_size` (`16M`), `file_seconds` and `file_frames`, the "
		"file v.pcapng stands for v-000001.pcapng and so on, of which "
		"the newest `files` are kept. A descriptor that comes along "
		"instead of a `file` is written to; beside a `file` it holds "
		"the capture, which ends when its other end is closed.",
	},
	{
	    .name = "stop",
	    .params = "id:str",
	    .summary = "end a capture; answered when everything is written",
	    .fn = method_stop,
	    .result = "the capture, as `capture.show` has it",
	},
	{
	    .name = "show",
	    .params = "id:str?",
	    .summary = "captures and what they have recorded",
	    .fn = method_show,
	    .result = show_result,
	},
	{
	    .name = "check",
	    .params = "filter:str",
	    .summary = "would that be a filter?",
	    .fn = method_check,
	    .result = "`true`, or the error that tells what is wrong",
	},
	{
	    .name = "mark",
	    .params = "segment:name text:str",
	    .summary =
		"write a line between the frames of a segment's captures",
	    .fn = method_mark,
	    .result = "`{captures}`: how many have it",
	    .details = "Wireshark shows it as a line of its own. Captures in "
		       "the format pcap have no room for it.",
	},
	{
	    .name = "name",
	    .params = "address:str name:str",
	    .summary = "tell captures what a station is called",
	    .fn = method_name,
	    .check = check_name,
	    .details = "`address` is an IPv4, IPv6 or MAC address. Captures "
		       "carry the name along, and Wireshark shows it in place "
		       "of the address. An empty name takes it out.",
	},
	{
	    .name = "names",
	    .params = "names:obj?",
	    .summary = "what stations are called",
	    .fn = method_names,
	    .result = "all names, as `names` has them",
	    .details = "`names`, `{\"192.168.1.1\": \"client\"}`, adds to "
		       "them, as many calls of `capture.name` would: all or "
		       "nothing.",
	},
	{ .name = NULL },
};
