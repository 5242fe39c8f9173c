/* script-ways: how the host reaches the ports of machines. */
#include "config.h"

#include "driver/script/script-internal.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "driver/lab/plan.h"
#include "driver/live.h"
#include "lib/err.h"

/* Raises an error, or returns where it is. */
static const struct plan_forward *
forward(lua_State *L, const struct plan_forward *wanted)
{
	struct script *script = script_of(L);
	size_t node = script_check_node(L, 1);
	const struct plan_forward *place;
	struct err err = ERR_INIT;

	place = machine_forward(live_machine(script->live, node), wanted, &err);
	if (place == NULL)
		task_raise(L, "%s: %s", script->plan->nodes[node].name,
			   err.text);
	return place;
}

/* host.forward(node, guest port, host port, public) -> host port */
static int
host_forward(lua_State *L)
{
	const struct plan_forward wanted = {
		.guest = (unsigned)luaL_checkinteger(L, 2),
		.port = (unsigned)luaL_checkinteger(L, 3),
		.is_public = lua_toboolean(L, 4),
	};

	lua_pushinteger(L, forward(L, &wanted)->port);
	return 1;
}

/* Where other programs find @path, whatever their directory. */
static void
absolute(lua_State *L, const char *path, char *out, size_t size)
{
	char cwd[PATH_MAX];
	int n;

	if (path[0] == '/')
		n = snprintf(out, size, "%s", path);
	else if (getcwd(cwd, sizeof(cwd)) != NULL)
		n = snprintf(out, size, "%s/%s", cwd, path);
	else
		n = task_raise(L, "no current directory: %s", strerror(errno));
	if (n < 0 || (size_t)n >= size)
		task_raise(L, "%s: path too long", path);
}

/* host.forward_socket(node, guest port, path or nil) -> path */
static int
host_forward_socket(lua_State *L)
{
	struct plan_forward wanted = {
		.guest = (unsigned)luaL_checkinteger(L, 2),
		.is_socket = true,
	};
	char relative[PATH_MAX], path[PATH_MAX];

	if (!lua_isnoneornil(L, 3)) {
		script_check_path(L, 3, relative, sizeof(relative));
		absolute(L, relative, path, sizeof(path));
		wanted.path = path;
	}
	lua_pushstring(L, forward(L, &wanted)->path);
	return 1;
}

const struct luaL_Reg script_ways_functions[] = {
	{ "forward", host_forward },
	{ "forward_socket", host_forward_socket },
	{ NULL, NULL },
};
