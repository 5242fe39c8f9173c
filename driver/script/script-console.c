/* script-console: serial consoles and QMP events, for the prelude. */
#include "driver/script/script-internal.h"

#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "driver/live.h"
#include "driver/report/event-log.h"
#include "lib/clock.h"
#include "lib/err.h"

static struct machine *
check_machine(lua_State *L, int i)
{
	return live_machine(script_of(L)->live, script_check_node(L, i));
}

void
script_compile(lua_State *L, int i, regex_t *regex)
{
	const char *pattern = luaL_checkstring(L, i);
	char why[128];
	int ret = regcomp(regex, pattern, REG_EXTENDED | REG_NEWLINE);

	if (ret == 0)
		return;
	regerror(ret, regex, why, sizeof(why));
	task_raise(L, "\"%s\" is no regular expression: %s", pattern, why);
}

/* host.matches(text, regex) -> bool */
static int
host_matches(lua_State *L)
{
	const char *text = luaL_checkstring(L, 1);
	regex_t regex;

	script_compile(L, 2, &regex);
	lua_pushboolean(L, regexec(&regex, text, 0, NULL, 0) == 0);
	regfree(&regex);
	return 1;
}

/* host.console(node) -> all of it that is kept, and the line that has begun */
static int
host_console(lua_State *L)
{
	struct machine *machine = check_machine(L, 1);
	size_t size;
	const char *text = machine_console(machine, &size);

	lua_pushlstring(L, text, size);
	lua_pushstring(L, machine_console_part(machine));
	lua_concat(L, 2);
	return 1;
}

/* host.type_console(node, data) */
static int
host_type_console(lua_State *L)
{
	struct err err = ERR_INIT;
	size_t size;
	const char *data = luaL_checklstring(L, 2, &size);

	if (machine_type_console(check_machine(L, 1), data, size, &err) < 0)
		return task_raise(L, "%s: %s", lua_tostring(L, 1), err.text);
	return 0;
}

/* ---- waiting for text ---- */

struct line {
	const char *text;
	size_t size;
};

static int
push_line(lua_State *L, void *data)
{
	const struct line *line = data;

	lua_pushlstring(L, line->text, line->size);
	return 1;
}

/* The whole line in which the match begins. */
static void
return_line(struct machine_wait *wait, const char *text, size_t size,
	    const regmatch_t *match)
{
	const char *from = text + match->rm_so;
	const char *end = memchr(from, '\n', (size_t)(text + size - from));
	struct line line;

	while (from > text && from[-1] != '\n')
		from--;
	line.text = from;
	line.size = (size_t)((end != NULL ? end : text + size) - from);
	script_wait_return(wait, push_line, &line);
}

/* Return: true when there is a line that matches; the wait has ended then. */
static bool
find_line(struct machine_wait *wait, const char *text, size_t size)
{
	regmatch_t match = { .rm_so = 0, .rm_eo = (regoff_t)size };

	if (size == 0 ||
	    regexec(&wait->regex, text, 1, &match, REG_STARTEND) != 0)
		return false;
	return_line(wait, text, size, &match);
	return true;
}

/* All there is at first, then only what is new: a console may be long, and
 * looking through it for each of its lines would never end. */
static bool
look_at_console(struct machine_wait *wait, const struct machine *machine,
		const struct machine_news *news)
{
	const char *part, *text;
	size_t size;

	if (news != NULL)
		return news->line != NULL &&
		       find_line(wait, news->line, strlen(news->line));
	text = machine_console(machine, &size);
	part = machine_console_part(machine);
	return find_line(wait, text, size) ||
	       find_line(wait, part, strlen(part));
}

/* Ends a wait for what can come no more.  Return: has it? */
static bool
end_with_machine(struct machine_wait *wait, const struct machine *machine,
		 const struct machine_news *news)
{
	if (news != NULL && news->panicked)
		script_wait_raise(wait, "the guest panicked");
	else if (machine_state(machine) == MACHINE_OFF)
		script_wait_raise(wait, "it is off");
	else
		return false;
	return true;
}

static bool
check_console(struct machine_wait *wait, const struct machine_news *news)
{
	struct machine *machine = live_machine(wait->script->live, wait->node);

	return look_at_console(wait, machine, news) ||
	       end_with_machine(wait, machine, news);
}

/* host.wait_console(node, regex, timeout) -> the line */
static int
host_wait_console(lua_State *L)
{
	struct machine_wait *wait;
	regex_t regex;

	script_compile(L, 2, &regex);
	regfree(&regex); /* what follows may raise an error */
	wait = script_wait_begin(L, check_console, 3);
	script_compile(L, 2, &wait->regex);
	wait->has_regex = true;
	check_console(wait, NULL);
	return op_wait(L);
}

/* ---- QMP events ---- */

static void
push_event(lua_State *L, const struct script *script,
	   const struct machine_qmp_event *event)
{
	uint64_t age_ns = clock_now_ns(script->spec.clock) - event->at_ns;

	lua_createtable(L, 0, 4);
	lua_pushinteger(L, (lua_Integer)event->number);
	lua_setfield(L, -2, "number");
	lua_pushstring(L, event->name);
	lua_setfield(L, -2, "event");
	if (event->data != NULL) {
		lua_push_json(L, event->data);
		lua_setfield(L, -2, "data");
	}
	lua_pushnumber(L, event_log_now_s(script->spec.log) -
			      (double)age_ns / 1e9);
	lua_setfield(L, -2, "time");
}

/* host.qmp_event(node, from) -> the oldest event whose number is at least that,
 * or nil */
static int
host_qmp_event(lua_State *L)
{
	uint64_t from = (uint64_t)luaL_checkinteger(L, 2);
	struct machine_qmp_event event;

	if (machine_qmp_event(check_machine(L, 1), from, &event))
		push_event(L, script_of(L), &event);
	else
		lua_pushnil(L);
	return 1;
}

static bool
check_qmp_event(struct machine_wait *wait, const struct machine_news *news)
{
	struct machine *machine = live_machine(wait->script->live, wait->node);
	struct machine_qmp_event event;

	if (machine_qmp_event(machine, wait->from, &event)) {
		script_wait_return(wait, NULL, NULL);
		return true;
	}
	return end_with_machine(wait, machine, news);
}

/* host.wait_qmp_event(node, from, timeout): until there is one */
static int
host_wait_qmp_event(lua_State *L)
{
	uint64_t from = (uint64_t)luaL_checkinteger(L, 2);
	struct machine_wait *wait = script_wait_begin(L, check_qmp_event, 3);

	wait->from = from;
	check_qmp_event(wait, NULL);
	return op_wait(L);
}

const struct luaL_Reg script_console_functions[] = {
	{ "matches", host_matches },
	{ "console", host_console },
	{ "type_console", host_type_console },
	{ "wait_console", host_wait_console },
	{ "qmp_event", host_qmp_event },
	{ "wait_qmp_event", host_wait_qmp_event },
	{ NULL, NULL },
};
