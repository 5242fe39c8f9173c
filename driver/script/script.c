#include "driver/script/script-internal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "driver/lab/plan.h"
#include "driver/live.h"
#include "driver/report/event-log.h"
#include "driver/script/test-file.h"
#include "driver/wire/capture-index.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/xalloc.h"

static const char script_key; /* its address is the registry's key */

static const char prelude[] =
#include "driver/script/prelude-lua.h"
    ;

struct script *
script_of(lua_State *L)
{
	struct script *script;

	lua_rawgetp(L, LUA_REGISTRYINDEX, &script_key);
	script = lua_touserdata(L, -1);
	lua_pop(L, 1);
	return script;
}

size_t
script_check_node(lua_State *L, int i)
{
	struct script *script = script_of(L);
	const char *name = luaL_checkstring(L, i);
	const struct plan_node *node = plan_find_node(script->plan, name);

	if (node == NULL)
		luaL_error(L, "no node is called \"%s\"", name);
	return (size_t)(node - script->plan->nodes);
}

uint64_t
script_scaled_ms(lua_State *L, int i, uint64_t otherwise_ms)
{
	double ms = lua_isnoneornil(L, i) ? (double)otherwise_ms
					  : luaL_checknumber(L, i) * 1e3;

	if (!(ms >= 0))
		ms = 0;
	ms *= script_of(L)->spec.timeout_scale;
	return ms < 1e13 ? (uint64_t)ms : UINT64_C(10000000000000);
}

/* ---- what the prelude gets ---- */

static void
set_string(lua_State *L, const char *key, const char *value)
{
	lua_pushstring(L, value);
	lua_setfield(L, -2, key);
}

static void
push_nic(lua_State *L, const struct plan_nic *nic)
{
	char mac[MAC_TEXT_SIZE];

	lua_createtable(L, 0, 6);
	set_string(L, "name", nic->ifname);
	set_string(L, "port", nic->port);
	set_string(L, "ipv4", nic->ipv4);
	set_string(L, "ipv6", nic->ipv6);
	set_string(L, "mac", mac_format(&nic->mac, mac));
	lua_pushinteger(L, nic->vlan);
	lua_setfield(L, -2, "vlan");
}

static void
push_files(lua_State *L, const struct plan_node *node)
{
	lua_createtable(L, (int)node->n_files, 0);
	for (size_t i = 0; i < node->n_files; i++) {
		const struct plan_file *file = &node->files[i];

		lua_createtable(L, 0, 3);
		set_string(L, "guest_path", file->guest_path);
		if (file->host_path != NULL)
			set_string(L, "host_path", file->host_path);
		else
			set_string(L, "text", file->text);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
}

static void
push_node(lua_State *L, const struct plan *plan, const struct plan_node *node)
{
	/* Who has a start command of its own has its own addresses. */
	char *identity =
	    node->start_command == NULL ? plan_setup_script(plan, node) : NULL;

	lua_createtable(L, 0, 6);
	set_string(L, "name", node->name);
	if (identity != NULL)
		set_string(L, "identity", identity);
	lua_pushboolean(L, node->display != PLAN_DISPLAY_NONE);
	lua_setfield(L, -2, "display");
	free(identity);
	if (node->setup != NULL)
		set_string(L, "setup", node->setup);
	push_files(L, node);
	lua_setfield(L, -2, "files");
	lua_createtable(L, (int)node->n_nics, 0);
	for (size_t i = 0; i < node->n_nics; i++) {
		push_nic(L, &node->nics[i]);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	lua_setfield(L, -2, "nics");
}

/* The table `host` that the prelude is called with. */
static void
push_host(lua_State *L, struct script *script)
{
	const struct plan *plan = script->plan;

	lua_newtable(L);
	luaL_setfuncs(L, script_machine_functions, 0);
	luaL_setfuncs(L, script_network_functions, 0);
	luaL_setfuncs(L, script_console_functions, 0);
	luaL_setfuncs(L, script_screen_functions, 0);
	luaL_setfuncs(L, script_capture_functions, 0);
	luaL_setfuncs(L, script_packet_functions, 0);
	luaL_setfuncs(L, script_send_functions, 0);
	luaL_setfuncs(L, script_command_functions, 0);
	luaL_setfuncs(L, script_guard_functions, 0);
	luaL_setfuncs(L, script_text_functions, 0);
	luaL_setfuncs(L, script_file_functions, 0);
	luaL_setfuncs(L, script_task_functions, 0);
	luaL_setfuncs(L, script_lab_functions, 0);
	luaL_setfuncs(L, script_call_functions, 0);
	luaL_setfuncs(L, script_pause_functions, 0);
	luaL_setfuncs(L, script_ways_functions, 0);
	luaL_setfuncs(L, script_coverage_functions, 0);
	lua_pushinteger(L, (lua_Integer)script->spec.seed);
	lua_setfield(L, -2, "seed");
	lua_createtable(L, (int)plan->n_nodes, 0);
	for (size_t i = 0; i < plan->n_nodes; i++) {
		push_node(L, plan, &plan->nodes[i]);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	lua_setfield(L, -2, "nodes");
	lua_createtable(L, (int)plan->n_vlans, 0);
	for (size_t i = 0; i < plan->n_vlans; i++) {
		lua_pushinteger(L, plan->vlans[i]);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	lua_setfield(L, -2, "vlans");
}

/* prelude(host) returns a table: the globals of tests. */
static int
install(lua_State *L)
{
	struct script *script = lua_touserdata(L, 1);

	lua_pushlightuserdata(L, script);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &script_key);
	task_set_init(&script->tasks, script->spec.base, script->spec.file, L);
	if (luaL_loadbuffer(L, prelude, sizeof(prelude) - 1, "=prelude") !=
	    LUA_OK)
		return lua_error(L);
	push_host(L, script);
	lua_call(L, 1, 1);
	lua_pushglobaltable(L);
	lua_pushnil(L);
	while (lua_next(L, -3) != 0) { /* globals, key, value */
		lua_pushvalue(L, -2);
		lua_insert(L, -2);
		lua_rawset(L, -4);
	}
	return 0;
}

struct script *
script_new(const struct script_spec *spec, struct err *err)
{
	struct script *script = XNEW(struct script);
	lua_State *L = test_file_lua(spec->file);

	script->spec = *spec;
	script->plan = test_file_plan(spec->file);
	script->indices =
	    xcalloc(script->plan->n_vlans + 1, sizeof(*script->indices));
	TAILQ_INIT(&script->waits);
	TAILQ_INIT(&script->states);
	TAILQ_INIT(&script->pauses);
	LIST_INIT(&script->calls);
	LIST_INIT(&script->screens);
	TAILQ_INIT(&script->commands);
	LIST_INIT(&script->guards);
	lua_pushcfunction(L, install);
	lua_pushlightuserdata(L, script);
	if (lua_pcall(L, 1, 0, 0) != LUA_OK) {
		err_set(err, -EINVAL, "%s", luaL_tolstring(L, -1, NULL));
		lua_settop(L, 0);
		script_free(script);
		return NULL;
	}
	return script;
}

/* ---- running ---- */

static void
on_main_done(struct task *task, const char *error, lua_State *co, int n,
	     void *arg)
{
	struct script *script = arg;

	(void)task;
	(void)n;
	if (error != NULL)
		script_note_failure(script, test_file_lua(script->spec.file),
				    co);
	/* It may have caught the abort and gone on to its end. */
	script->done(error != NULL ? error : script->tasks.aborted,
		     script->arg);
}

/* Protected: makes the task of the script. */
static int
start_main(lua_State *L)
{
	struct script *script = lua_touserdata(L, 1);

	test_file_push_script(script->spec.file, L);
	task_new(&script->tasks, L, 0, on_main_done, script, &script->main);
	return 0;
}

void
script_start(struct script *script, struct live *live, script_done_fn *done,
	     void *arg)
{
	lua_State *L = test_file_lua(script->spec.file);

	script->live = live;
	script->done = done;
	script->arg = arg;
	lua_pushcfunction(L, start_main);
	lua_pushlightuserdata(L, script);
	if (lua_pcall(L, 1, 0, 0) != LUA_OK) {
		done(lua_tostring(L, -1), arg);
		lua_settop(L, 0);
	}
}

void
script_wake(struct script *script, size_t node, const struct machine_news *news)
{
	struct machine_wait *wait, *next;

	/* A wait that ends resumes its task, which may end or begin others:
	 * begin again after each. */
again:
	for (wait = TAILQ_FIRST(&script->waits); wait != NULL; wait = next) {
		next = TAILQ_NEXT(wait, entry);
		if (wait->node == node && wait->check(wait, news))
			goto again;
	}
}

static void __attribute__((format(printf, 2, 3)))
abort_because(struct script *script, const char *fmt, ...)
{
	va_list ap;
	char *why;

	va_start(ap, fmt);
	why = xvasprintf(fmt, ap);
	va_end(ap);
	script_abort(script, why);
	free(why);
}

void
script_on_machine(struct script *script, size_t node, enum machine_event event,
		  const char *text)
{
	const char *name = script->plan->nodes[node].name;
	const struct machine_news news = {
		.panicked = event == MACHINE_PANICKED,
		.line =
		    event == MACHINE_SERIAL_LINE || event == MACHINE_SERIAL_PART
			? text
			: NULL,
	};

	if (script->main == NULL && !script->served)
		return;
	script_wake(script, node, &news);
	if (script->main == NULL || script->tasks.aborted != NULL)
		return;
	/* A step that was waiting for this machine has failed by now.  If
	 * none was, the news still must not wait for the next step. */
	if (event == MACHINE_PANICKED)
		abort_because(script, "%s: the guest panicked: %s", name,
			      text != NULL ? text : "");
	else if (event == MACHINE_ENDED &&
		 machine_died(live_machine(script->live, node)))
		abort_because(script, "%s: %s", name, text);
}

void
script_serve(struct script *script, struct live *live)
{
	script->live = live;
	script->served = true;
	free(script->tasks.aborted);
	script->tasks.aborted = NULL;
}

void
script_abort(struct script *script, const char *why)
{
	tasks_abort(&script->tasks, why, false);
}

void
script_time_out(struct script *script, const char *why)
{
	tasks_abort(&script->tasks, why, true);
}

void
script_stop(struct script *script)
{
	if (script == NULL)
		return;
	tasks_end(&script->tasks);
	script_guards_end(script);
	script_commands_end(script);
}

void
script_free(struct script *script)
{
	if (script == NULL)
		return;
	task_set_fini(&script->tasks);
	script_guards_end(script);
	script_commands_end(script);
	script_senders_free(script);
	script_states_free(script);
	script_screens_free(script);
	for (size_t i = 0; i < script->plan->n_vlans; i++)
		capture_index_free(script->indices[i]);
	free(script->indices);
	free(script);
}
