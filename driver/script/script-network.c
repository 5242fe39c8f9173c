/* script-network: what the prelude asks of the switch and of the captures. */
#include "driver/script/script-internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pcap/pcap.h>

#include "driver/lab/plan.h"
#include "driver/live.h"
#include "driver/report/event-log.h"
#include "driver/wire/frame-info.h"
#include "driver/wire/network.h"
#include "driver/wire/pcapng-read.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/xalloc.h"

enum { SNAPLEN_MAX = 65550 };

/* ---- control methods ---- */

struct call_op {
	struct op op;
	char method[64];
};

static void
call_cancel(struct op *op)
{
	(void)op; /* the reply frees it */
}

static void
on_reply(const json_t *result, const struct err *err, void *arg)
{
	struct call_op *op = arg;

	if (op_cancelled(&op->op)) {
		op_end(&op->op);
	} else if (result == NULL) {
		op_raise(&op->op, "%s: %s", op->method, err->text);
	} else {
		op_return(&op->op, lua_push_json_result, (void *)result);
	}
}

/* host.switch(method, params or nil) -> its result */
static int
host_switch(lua_State *L)
{
	struct script *script = script_of(L);
	const char *method = luaL_checkstring(L, 1);
	json_t *params = NULL;
	struct call_op *op;

	op_check(L);
	if (!lua_isnoneornil(L, 2))
		params = lua_to_json(L, 2);
	op = op_begin(L, sizeof(*op), call_cancel);
	snprintf(op->method, sizeof(op->method), "%s", method);
	network_call(live_network(script->live), method, params, on_reply, op);
	return op_wait(L);
}

/* ---- captured frames ---- */

static size_t
check_vlan(lua_State *L, int i)
{
	const struct plan *plan = script_of(L)->plan;
	lua_Integer vlan = luaL_checkinteger(L, i);

	for (size_t n = 0; n < plan->n_vlans; n++)
		if (plan->vlans[n] == vlan)
			return n;
	luaL_argerror(L, i, "no such segment");
	return 0;
}

/* host.capture_id(vlan) -> its id in the switch */
static int
host_capture_id(lua_State *L)
{
	size_t vlan = check_vlan(L, 1);

	lua_pushstring(
	    L, network_capture_id(live_network(script_of(L)->live), vlan));
	return 1;
}

/* What frames are wanted. */
struct selection {
	struct bpf_program program;
	bool has_program;
	double since_s;	  /* in the run's time */
	const char *port; /* or NULL */
	lua_Integer limit;
	double origin_s;	      /* wall time of the run's begin */
	struct pcapng_reader *reader; /* owned; NULL: not open */
};

static bool
is_wanted(const struct selection *want, const struct pcapng_frame *frame)
{
	struct pcap_pkthdr header = { .caplen = frame->captured_len,
				      .len = frame->len };

	if ((double)frame->time_ns / 1e9 - want->origin_s < want->since_s)
		return false;
	if (want->port != NULL && strcmp(want->port, frame->port) != 0)
		return false;
	return !want->has_program ||
	       pcap_offline_filter(&want->program, &header, frame->data) != 0;
}

static void
set_text(lua_State *L, const char *key, const char *value)
{
	lua_pushstring(L, value);
	lua_setfield(L, -2, key);
}

static void
set_integer(lua_State *L, const char *key, lua_Integer value)
{
	lua_pushinteger(L, value);
	lua_setfield(L, -2, key);
}

static void
push_frame(lua_State *L, const struct selection *want,
	   const struct pcapng_frame *frame)
{
	struct frame_info info;
	char text[MAC_TEXT_SIZE], protocol[16];

	lua_createtable(L, 0, 14);
	set_integer(L, "number", (lua_Integer)frame->number);
	lua_pushnumber(L, (double)frame->time_ns / 1e9 - want->origin_s);
	lua_setfield(L, -2, "time");
	set_text(L, "port", frame->port);
	set_integer(L, "len", frame->len);
	lua_pushlstring(L, (const char *)frame->data, frame->captured_len);
	lua_setfield(L, -2, "data");
	if (!frame_info_parse(frame->data, frame->captured_len, &info))
		return;
	set_text(L, "src", mac_format(&info.src, text));
	set_text(L, "dst", mac_format(&info.dst, text));
	set_integer(L, "ethertype", info.ethertype);
	if (info.vid >= 0)
		set_integer(L, "vid", info.vid);
	set_text(L, "protocol",
		 frame_info_protocol(&info, protocol, sizeof(protocol)));
	if (info.ip_src[0] != '\0') {
		set_text(L, "ip_src", info.ip_src);
		set_text(L, "ip_dst", info.ip_dst);
	}
	if (info.src_port >= 0) {
		set_integer(L, "src_port", info.src_port);
		set_integer(L, "dst_port", info.dst_port);
	}
}

/* Pushes the list of the frames that are wanted. */
static int
push_frames(lua_State *L, const char *path, struct selection *want,
	    struct err *err)
{
	struct pcapng_frame frame;
	lua_Integer n = 0;
	int ret = 0;

	want->reader = pcapng_open(path, err);
	if (want->reader == NULL)
		return -1;
	lua_newtable(L);
	while (n < want->limit &&
	       (ret = pcapng_next(want->reader, &frame, err)) > 0) {
		if (!is_wanted(want, &frame))
			continue;
		push_frame(L, want, &frame);
		lua_rawseti(L, -2, ++n);
	}
	return n >= want->limit ? 0 : ret;
}

static int
compile(const char *filter, struct selection *want, struct err *err)
{
	pcap_t *pcap;
	int ret = 0;

	if (filter == NULL || filter[0] == '\0')
		return 0;
	pcap = pcap_open_dead(DLT_EN10MB, SNAPLEN_MAX);
	if (pcap == NULL)
		return err_set(err, -ENOMEM, "out of memory");
	if (pcap_compile(pcap, &want->program, filter, 1,
			 PCAP_NETMASK_UNKNOWN) < 0)
		ret = err_set(err, -EINVAL, "\"%s\" is no capture filter: %s",
			      filter, pcap_geterr(pcap));
	else
		want->has_program = true;
	pcap_close(pcap);
	return ret;
}

/* host.check_filter(filter): raises an error for a bad one */
static int
host_check_filter(lua_State *L)
{
	struct selection want = { 0 };
	struct err err = ERR_INIT;

	if (compile(luaL_optstring(L, 1, NULL), &want, &err) < 0)
		return task_raise(L, "%s", err.text);
	if (want.has_program)
		pcap_freecode(&want.program);
	return 0;
}

/* Arguments as of host_frames(), and the two results of compile() and
 * push_frames() behind them; protected, so that nothing leaks when Lua runs
 * out of memory. */
static int
frames_protected(lua_State *L)
{
	struct selection *want = lua_touserdata(L, 1);
	const char *path = lua_touserdata(L, 2);
	struct err *err = lua_touserdata(L, 3);

	if (push_frames(L, path, want, err) < 0)
		return luaL_error(L, "%s", err->text);
	return 1;
}

/* host.frames(vlan, filter or nil, since or nil, port or nil, limit)
 *  -> list of frames written so far */
static int
host_frames(lua_State *L)
{
	struct script *script = script_of(L);
	size_t vlan = check_vlan(L, 1);
	struct selection want = {
		.since_s = luaL_optnumber(L, 3, -1e18),
		.port = luaL_optstring(L, 4, NULL),
		.limit = luaL_checkinteger(L, 5),
		.origin_s = (double)clock_wall_ns(script->spec.clock) / 1e9 -
			    event_log_now_s(script->spec.log),
	};
	struct err err = ERR_INIT;
	int status;

	if (compile(luaL_optstring(L, 2, NULL), &want, &err) < 0)
		return task_raise(L, "%s", err.text);
	lua_pushcfunction(L, frames_protected);
	lua_pushlightuserdata(L, &want);
	lua_pushlightuserdata(
	    L, (void *)network_capture_path(live_network(script->live), vlan));
	lua_pushlightuserdata(L, &err);
	status = lua_pcall(L, 3, 1, 0);
	pcapng_close(want.reader);
	if (want.has_program)
		pcap_freecode(&want.program);
	if (status != LUA_OK)
		return task_raise(L, "vlan%d: %s",
				  (int)script->plan->vlans[vlan],
				  lua_tostring(L, -1));
	return 1;
}

const struct luaL_Reg script_network_functions[] = {
	{ "switch", host_switch },
	{ "capture_id", host_capture_id },
	{ "check_filter", host_check_filter },
	{ "frames", host_frames },
	{ NULL, NULL },
};
