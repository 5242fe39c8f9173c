/* script-capture: frames of the captures, as they are written. */
#include "driver/script/script-internal.h"

#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "driver/lab/plan.h"
#include "driver/live.h"
#include "driver/packet/format.h"
#include "driver/report/event-log.h"
#include "driver/wire/capture-index.h"
#include "driver/wire/frame-filter.h"
#include "driver/wire/frame-info.h"
#include "driver/wire/network.h"
#include "driver/wire/pcapng-read.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/xalloc.h"

enum { NEAREST_MAX = 8 };

static const char watch_class[] = "vdelab.watch";

/* A reader of one capture that gives what is wanted of it.  A userdata, closed
 * by the prelude, or by Lua's collector after an error. */
struct watch {
	int vlan;		      /* its number, for messages */
	struct pcapng_reader *reader; /* owned; NULL: closed */
	struct frame_filter *filter;  /* owned; NULL: closed */
	char *port;		      /* owned; NULL: all */
	uint64_t since_ns;
	double origin_s; /* wall time of the run's begin */
};

static int
watch_close(lua_State *L)
{
	struct watch *watch = luaL_checkudata(L, 1, watch_class);

	pcapng_close(watch->reader);
	frame_filter_free(watch->filter);
	free(watch->port);
	watch->reader = NULL;
	watch->filter = NULL;
	watch->port = NULL;
	return 0;
}

static struct watch *
new_watch(lua_State *L)
{
	struct watch *watch = lua_newuserdatauv(L, sizeof(*watch), 0);

	*watch = (struct watch){ .reader = NULL };
	if (luaL_newmetatable(L, watch_class)) {
		lua_pushcfunction(L, watch_close);
		lua_setfield(L, -2, "__gc");
		lua_pushcfunction(L, watch_close);
		lua_setfield(L, -2, "__close");
	}
	lua_setmetatable(L, -2);
	return watch;
}

static struct watch *
check_watch(lua_State *L)
{
	struct watch *watch = luaL_checkudata(L, 1, watch_class);

	luaL_argcheck(L, watch->reader != NULL, 1, "closed");
	return watch;
}

static struct capture_index *
index_of(struct script *script, size_t vlan)
{
	if (script->indices[vlan] == NULL)
		script->indices[vlan] = capture_index_new(
		    network_capture_path(live_network(script->live), vlan));
	return script->indices[vlan];
}

static uint64_t
wall_ns(double seconds)
{
	return seconds > 0 ? (uint64_t)(seconds * 1e9) : 0;
}

/* host.check_filter(filter): raises an error for a bad one */
static int
host_check_filter(lua_State *L)
{
	struct err err = ERR_INIT;
	struct frame_filter *filter =
	    frame_filter_new(luaL_optstring(L, 1, NULL), &err);

	if (filter == NULL)
		return task_raise(L, "%s", err.text);
	frame_filter_free(filter);
	return 0;
}

/* host.watch(vlan, filter or nil, since or nil, port or nil)
 *  -> a watch of the frames written since then, and later */
static int
host_watch(lua_State *L)
{
	struct script *script = script_of(L);
	size_t vlan = script_check_vlan(L, 1);
	const char *filter = luaL_optstring(L, 2, NULL);
	double since_s = luaL_optnumber(L, 3, -1);
	const char *port = luaL_optstring(L, 4, NULL);
	struct watch *watch = new_watch(L);
	struct err err = ERR_INIT;

	watch->vlan = (int)script->plan->vlans[vlan];
	watch->origin_s = (double)clock_wall_ns(script->spec.clock) / 1e9 -
			  event_log_now_s(script->spec.log);
	watch->since_ns = since_s > 0 ? wall_ns(watch->origin_s + since_s) : 0;
	if (port != NULL)
		watch->port = xstrdup(port);
	watch->filter = frame_filter_new(filter, &err);
	if (watch->filter == NULL)
		return task_raise(L, "%s", err.text);
	watch->reader =
	    capture_index_open(index_of(script, vlan), watch->since_ns, &err);
	if (watch->reader == NULL)
		return task_raise(L, "vlan%d: %s", watch->vlan, err.text);
	return 1;
}

/* The next frame of the right time and port that the segment let in.  Return: false when there is no
 * further one yet; a damaged file is an error. */
static bool
next_frame(lua_State *L, struct watch *watch, struct pcapng_frame *frame)
{
	struct err err = ERR_INIT;
	int ret;

	while ((ret = pcapng_next(watch->reader, frame, &err)) > 0)
		if (frame->time_ns >= watch->since_ns &&
		    !pcapng_is_dropped(frame) &&
		    (watch->port == NULL ||
		     strcmp(watch->port, frame->port) == 0))
			return true;
	if (ret < 0)
		task_raise(L, "vlan%d: %s", watch->vlan, err.text);
	pcapng_rest(watch->reader);
	return false;
}

static bool
next_match(lua_State *L, struct watch *watch, struct pcapng_frame *frame)
{
	while (next_frame(L, watch, frame))
		if (frame_filter_matches(watch->filter, frame->data,
					 frame->captured_len, frame->len))
			return true;
	return false;
}

/* ---- frames as tables ---- */

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
push_frame(lua_State *L, const struct watch *watch,
	   const struct pcapng_frame *frame)
{
	struct frame_info info;
	char text[MAC_TEXT_SIZE], protocol[16];

	lua_createtable(L, 0, 14);
	set_integer(L, "number", (lua_Integer)frame->number);
	lua_pushnumber(L, (double)frame->time_ns / 1e9 - watch->origin_s);
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

/* host.watch_read(watch, max) -> list of the next frames that match */
static int
host_watch_read(lua_State *L)
{
	struct watch *watch = check_watch(L);
	lua_Integer max = luaL_checkinteger(L, 2);
	struct pcapng_frame frame;

	lua_newtable(L);
	for (lua_Integer n = 1; n <= max && next_match(L, watch, &frame); n++) {
		push_frame(L, watch, &frame);
		lua_rawseti(L, -2, n);
	}
	return 1;
}

/* host.found(segment, number in its capture, port, line, time): a frame that was
 * looked for */
static int
host_found(lua_State *L)
{
	const char *port = luaL_checkstring(L, 3);
	size_t size;
	const char *line = luaL_checklstring(L, 4, &size);

	event_log_add(script_of(L)->spec.log, "frame",
		      "s:s, s:I, s:I, s:o, s:o, s:f", "segment",
		      luaL_checkstring(L, 1), "step", (json_int_t)*task_step(L),
		      "number", (json_int_t)luaL_checkinteger(L, 2), "port",
		      json_text(port, strlen(port)), "text",
		      json_text(line, size), "time", luaL_checknumber(L, 5));
	return 0;
}

/* host.watch_count(watch, max or nil) -> how many more match, at most max */
static int
host_watch_count(lua_State *L)
{
	struct watch *watch = check_watch(L);
	lua_Integer max = luaL_optinteger(L, 2, LUA_MAXINTEGER);
	struct pcapng_frame frame;
	lua_Integer n = 0;

	while (n < max && next_match(L, watch, &frame))
		n++;
	lua_pushinteger(L, n);
	return 1;
}

/* ---- what came near ---- */

struct near {
	unsigned likeness;
	struct near_frame {
		double time_s;
		char port[128];
		uint8_t *data; /* owned */
		size_t size;
	} frames[NEAREST_MAX]; /* a ring */
	size_t n;	       /* frames of this likeness so far */
};

static void
near_fini(struct near *near)
{
	for (size_t i = 0; i < NEAREST_MAX; i++)
		free(near->frames[i].data);
	*near = (struct near){ .likeness = 0 };
}

/* Of those that are most like it, the last ones are kept. */
static void
near_add(struct near *near, unsigned likeness, const struct watch *watch,
	 const struct pcapng_frame *frame)
{
	struct near_frame *slot;

	if (likeness < near->likeness)
		return;
	if (likeness > near->likeness) {
		near_fini(near);
		near->likeness = likeness;
	}
	slot = &near->frames[near->n++ % NEAREST_MAX];
	free(slot->data);
	slot->time_s = (double)frame->time_ns / 1e9 - watch->origin_s;
	snprintf(slot->port, sizeof(slot->port), "%s", frame->port);
	slot->size = frame->captured_len;
	slot->data = xcalloc(1, slot->size + 1);
	memcpy(slot->data, frame->data, slot->size);
}

static void
push_near(lua_State *L, const struct near *near, size_t max)
{
	size_t n = near->n < max ? near->n : max;

	lua_createtable(L, (int)n, 0);
	for (size_t i = 0; i < n; i++) {
		const struct near_frame *f =
		    &near->frames[(near->n - n + i) % NEAREST_MAX];
		char line[PACKET_LINE_SIZE];
		struct packet packet;

		packet_dissect(f->data, f->size, &packet);
		lua_createtable(L, 0, 3);
		lua_pushnumber(L, f->time_s);
		lua_setfield(L, -2, "time");
		set_text(L, "port", f->port);
		set_text(L, "line", packet_format(&packet, line));
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
}

static int
near_gc(lua_State *L)
{
	near_fini(lua_touserdata(L, 1));
	return 0;
}

/* host.watch_nearest(watch, max) -> list of {time=, port=, line=}, how many
 * frames there were */
static int
host_watch_nearest(lua_State *L)
{
	struct watch *watch = check_watch(L);
	lua_Integer max = luaL_checkinteger(L, 2);
	struct near *near = lua_newuserdatauv(L, sizeof(*near), 0);
	struct pcapng_frame frame;
	lua_Integer n = 0;

	luaL_argcheck(L, max >= 0 && max <= NEAREST_MAX, 2, "too many");
	*near = (struct near){ .likeness = 0 };
	if (luaL_newmetatable(L, "vdelab.near")) {
		lua_pushcfunction(L, near_gc);
		lua_setfield(L, -2, "__gc");
	}
	lua_setmetatable(L, -2);
	for (; next_frame(L, watch, &frame); n++)
		near_add(near,
			 frame_filter_likeness(watch->filter, frame.data,
					       frame.captured_len, frame.len),
			 watch, &frame);
	push_near(L, near, (size_t)max);
	near_fini(near);
	lua_pushinteger(L, n);
	return 2;
}

const struct luaL_Reg script_capture_functions[] = {
	{ "check_filter", host_check_filter },
	{ "watch", host_watch },
	{ "watch_read", host_watch_read },
	{ "found", host_found },
	{ "watch_count", host_watch_count },
	{ "watch_nearest", host_watch_nearest },
	{ NULL, NULL },
};
