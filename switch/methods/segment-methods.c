#include "switch/methods/methods.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/xalloc.h"
#include "switch/fdb.h"
#include "switch/segment.h"
#include "switch/stp.h"
#include "switch/switch.h"
#include "switch/trace.h"

/* ---- settings ---- */

/* What segment.add and segment.set have in common. */
#define SETTINGS                                                               \
	"mode:bridge|hub|8021q? ageing:int(1..1000000)? "                      \
	"table:int(16..65536)? "                                               \
	"protocol:802.1q|802.1ad? pvid:int(0..4095)? "                         \
	"stp:off|stp|rstp?"

static const uint16_t tpids[] = { TPID_CUSTOMER, TPID_SERVICE };
static const char *const protocols[] = { "802.1q", "802.1ad" };
enum { N_PROTOCOLS = 2 };

static const char *
protocol_name(uint16_t tpid)
{
	return protocols[tpid == TPID_SERVICE];
}

static void
set_mode(struct segment *segment, const char *name)
{
	for (int m = 0; m < N_SEGMENT_MODES; m++) {
		if (strcmp(name, segment_mode_name(m)) == 0)
			segment_set_mode(segment, (enum segment_mode)m);
	}
}

static void
set_protocol(struct segment *segment, const char *name)
{
	for (int i = 0; i < N_PROTOCOLS; i++) {
		if (strcmp(name, protocols[i]) == 0)
			segment_set_tpid(segment, tpids[i]);
	}
}

static void
set_stp(struct segment *segment, const char *name)
{
	for (int p = 0; p < N_STP_PROTOCOLS; p++) {
		if (strcmp(name, stp_protocol_name(p)) == 0)
			stp_set_protocol(segment, (enum stp_protocol)p);
	}
}

/* The only setting that can be refused. */
static int
set_table(struct segment *segment, const json_t *params, struct err *err)
{
	int64_t n = json_int_or(params, "table", -1);
	struct fdb *fdb = segment->fdb;

	if (n < 0)
		return 0;
	fdb_expire(fdb, clock_now_ms(segment->lane->clock));
	if (fdb_set_max(fdb, (size_t)n) == 0)
		return 0;
	return err_set(err, -ENOSPC,
		       "segment %s knows %zu addresses, %zu of them static, "
		       "which may be half of a table: %" PRId64 " are too few "
		       "(fdb.flush forgets the others)",
		       segment->name, fdb_count(fdb), fdb_n_static(fdb), n);
}

static void
apply_settings(struct segment *segment, const json_t *params)
{
	int64_t ageing_s = json_int_or(params, "ageing", 0);
	int64_t pvid = json_int_or(params, "pvid", -1);

	set_protocol(segment, json_str_or(params, "protocol", ""));
	set_mode(segment, json_str_or(params, "mode", ""));
	set_stp(segment, json_str_or(params, "stp", ""));
	if (ageing_s > 0)
		fdb_set_ageing(segment->fdb, (uint64_t)ageing_s * 1000);
	if (pvid >= 0)
		segment_set_pvid(segment, (uint16_t)pvid);
}

static void
segment_add(struct rpc_call *call, const json_t *params, void *arg)
{
	struct control *control = arg;
	struct err err = ERR_INIT;
	const char *name = json_str_or(params, "name", "");
	unsigned worker = (unsigned)json_int_or(params, "worker", 0);
	struct segment *segment = switch_find_segment(control->sw, name);

	/* It is there for ports of an earlier process: now it was asked for. */
	if (segment != NULL && segment->restored &&
	    (worker == 0 || worker == segment->lane->number))
		segment->restored = false;
	else
		segment =
		    switch_add_segment_on(control->sw, name, worker, &err);
	if (segment == NULL) {
		method_fail(control, call, &err);
		return;
	}
	/* one for an earlier process may have static addresses */
	if (set_table(segment, params, &err) < 0) {
		rpc_fail_err(call, &err);
		return;
	}
	apply_settings(segment, params);
	rpc_reply(call, json_pack("{s:I, s:s}", "id", (json_int_t)segment->id,
				  "name", segment->name));
}

static void
segment_set(struct rpc_call *call, const json_t *params, void *arg)
{
	struct err err = ERR_INIT;
	struct segment *segment;

	if (!method_segment(arg, call, params, &segment))
		return;
	if (set_table(segment, params, &err) < 0) {
		rpc_fail_err(call, &err);
		return;
	}
	apply_settings(segment, params);
	rpc_reply(call, json_true());
}

/* ---- the rest ---- */

static void
segment_del(struct rpc_call *call, const json_t *params, void *arg)
{
	struct control *control = arg;
	struct err err = ERR_INIT;
	struct segment *segment;

	if (!method_segment(control, call, params, &segment))
		return;
	if (segment->essential) {
		err_set(&err, -EBUSY,
			"segment %s is all that this switch is for: end the "
			"switch instead (switch.stop)",
			segment->name);
		rpc_fail_err(call, &err);
		return;
	}
	switch_remove_segment(control->sw, segment);
	rpc_reply(call, json_true());
}

static json_t *
show_segment(const struct segment *segment)
{
	const struct fdb *fdb = segment->fdb;

	return json_pack(
	    "{s:I, s:s, s:s, s:s, s:i, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, "
	    "s:I}",
	    "id", (json_int_t)segment->id, "name", segment->name, "mode",
	    segment_mode_name(segment->mode), "protocol",
	    protocol_name(segment->tpid), "pvid", (int)segment->vid_rules.pvid,
	    "stp", stp_protocol_name(stp_protocol(segment)), "ports",
	    (json_int_t)segment->n_ports, "fdb_count",
	    (json_int_t)fdb_count(fdb), "fdb_static",
	    (json_int_t)fdb_n_static(fdb), "fdb_max", (json_int_t)fdb_max(fdb),
	    "ageing_ms", (json_int_t)fdb_ageing_ms(fdb), "moves",
	    (json_int_t)segment_moves(segment), "refused",
	    (json_int_t)segment->n_refused, "worker",
	    (json_int_t)segment->lane->number);
}

static void
segment_show(struct rpc_call *call, const json_t *params, void *arg)
{
	struct control *control = arg;
	const struct segment *segment;
	struct segment *only;
	json_t *list;

	if (!method_segment(control, call, params, &only))
		return;
	list = json_array();
	TAILQ_FOREACH (segment, &control->sw->segments, link) {
		if (only == NULL || segment == only)
			json_array_append_new(list, show_segment(segment));
	}
	rpc_reply(call, list);
}

/* ---- trace ---- */

static int
digit_of(char c)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *at = c != '\0' ? strchr(digits, c) : NULL;

	return at != NULL ? (int)(at - digits) % 16 : -1;
}

/* Hexadecimal digits, with or without ':', '-' or ' ' between octets.
 * @octets: of FRAME_LEN_MAX + 1, zero
 * Return: how many octets; -EINVAL with @err set. */
static int
parse_frame(const char *text, uint8_t *octets, struct err *err)
{
	int n = 0;

	while (*text != '\0') {
		int high, low;

		if (strchr(":- ", *text) != NULL) {
			text++;
			continue;
		}
		high = digit_of(text[0]);
		low = high >= 0 ? digit_of(text[1]) : -1;
		if (low < 0)
			return err_set(err, -EINVAL,
				       "a frame is written as two hexadecimal "
				       "digits an octet, not as \"%.8s\"",
				       text);
		if (n > FRAME_LEN_MAX)
			return err_set(err, -EINVAL,
				       "a frame has at most %d octets",
				       FRAME_LEN_MAX);
		octets[n++] = (uint8_t)(high << 4 | low);
		text += 2;
	}
	return n;
}

static void
segment_trace(struct rpc_call *call, const json_t *params, void *arg)
{
	struct control *control = arg;
	struct err err = ERR_INIT;
	struct segment *segment;
	struct port *port;
	uint8_t *octets;
	int len;

	if (!method_segment(control, call, params, &segment) ||
	    !method_port(control, call, params, &port))
		return;
	octets = xcalloc(FRAME_LEN_MAX + 1, 1);
	len = parse_frame(json_str_or(params, "frame", ""), octets, &err);
	if (len >= 0 && port->segment != segment)
		len = err_set(&err, -EINVAL, "port %s is on segment %s",
			      port->name, port->segment->name);
	if (len < 0)
		rpc_fail_err(call, &err);
	else
		rpc_reply(call,
			  trace_frame(port, octets, (uint32_t)len,
				      clock_now_ms(control->sw->config.clock)));
	free(octets);
}

const struct rpc_method segment_methods[] = {
	{ .name = "segment.add",
	  .params = "name:name worker:int(1..64)? " SETTINGS,
	  .summary = "make a segment and its sockets",
	  .fn = segment_add,
	  .result = "`{id, name}`",
	  .details =
	      "A segment's name is one of a-z, then a-z, 0-9 or `-`. The "
	      "other parameters are those of `segment.set`, but for `worker`: "
	      "in a switch that was started with `--workers` it is the one "
	      "whose thread moves the frames of this segment; without it the "
	      "one that has the fewest segments. A segment stays with its "
	      "worker." },
	{ .name = "segment.set",
	  .params = "segment:name " SETTINGS,
	  .summary = "change how a segment treats frames",
	  .fn = segment_set,
	  .result = "`true`",
	  .details =
	      "`mode`: a `bridge`, the default, learns addresses (of each VID "
	      "apart) and lets everything cross untouched, tags and the "
	      "addresses 01:80:c2:00:00:0x included; a `hub` sends every frame "
	      "to every other port; `8021q` applies the VLAN rules of the "
	      "ports (`vlan.add`), and 01:80:c2:00:00:00 to :0f stay local. "
	      "`ageing`: seconds without a frame after which an address is "
	      "forgotten. `table`: how many addresses it knows at most, 16 to "
	      "65536, 8192 at first; when all places are taken, a new one "
	      "takes that of the oldest at the port that holds most. It cannot "
	      "become smaller than what is known, nor than twice the static "
	      "ones: nothing is changed then. `protocol`: of the tags that "
	      "VLAN rules are about: "
	      "802.1q has type 0x8100, 802.1ad (QinQ) 0x88a8; frames with the "
	      "other are untagged, and their tag is payload. `pvid`: the VLAN, "
	      "without tag, of ports that have no rules of their own; 1 at "
	      "first, 4095 is none. `stp`: `rstp` makes the segment a bridge "
	      "of the "
	      "spanning tree (IEEE 802.1D-2004), which ends loops and finds "
	      "other ways when one is lost; `stp` is the protocol of "
	      "802.1D-1998; `off`, at first: BPDUs are frames like others. "
	      "A change of mode or protocol forgets "
	      "learned addresses; what is not given stays as it is." },
	{ .name = "segment.trace",
	  .params = "segment:name port:name frame:str",
	  .summary = "tell why a frame would go where",
	  .fn = segment_trace,
	  .result = "`{segment, port, length, verdict, reason?, steps: [{step, "
		    "text}], outputs: [{port, tag, hooks: [name]}], refused: "
		    "[{port, reason}]}`",
	  .details =
	      "`frame` is what would come in by `port`, two hexadecimal digits "
	      "an octet, `:`, `-` and spaces between them as you like. Nothing "
	      "is sent and nothing learned; it is decided by the code that "
	      "decides for real. `verdict` is `forward` (to one port), "
	      "`flood`, "
	      "`trap` (the spanning tree takes it) or `drop`, then with the "
	      "`reason` under which it would be counted. `outputs` are the "
	      "ports it would leave by, `tag` is `unchanged`, `tagged` or "
	      "`untagged`, and `hooks` are plugins that would see it there; "
	      "what a plugin would do with it is not known. `refused` are "
	      "ports that would not send it. `text` is for people." },
	{ .name = "segment.del",
	  .params = "segment:name",
	  .summary = "remove a segment and its ports",
	  .fn = segment_del,
	  .result = "`true`",
	  .details = "Its ports are closed, and its sockets and directory "
		     "removed. The "
		     "segment of a vde_switch stays as long as that runs." },
	{ .name = "segment.show",
	  .params = "segment:name?",
	  .summary = "list segments",
	  .fn = segment_show,
	  .result = "`[{id, name, mode, protocol, pvid, stp, ports, fdb_count, "
		    "fdb_static, fdb_max, ageing_ms, moves, refused, worker}]`",
	  .details = "`ports` is their number, `fdb_count` that of the "
		     "addresses that are known, out of `fdb_max` at most; one "
		     "is forgotten after `ageing_ms` of silence, unless it is "
		     "one of the `fdb_static`. `moves` counts stations that "
		     "came up at another port than before, `refused` peers "
		     "that might not attach. `worker` is 0 in a switch without "
		     "workers. The others are "
		     "those of `segment.set`." },
	{ .name = NULL },
};
