/* script-network: what the prelude asks of the switch. */
#include "driver/script/script-internal.h"

#include <stdio.h>

#include "driver/lab/plan.h"
#include "driver/live.h"
#include "driver/wire/network.h"
#include "lib/err.h"

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

size_t
script_check_vlan(lua_State *L, int i)
{
	const struct plan *plan = script_of(L)->plan;
	lua_Integer vlan = luaL_checkinteger(L, i);

	for (size_t n = 0; n < plan->n_vlans; n++)
		if (plan->vlans[n] == vlan)
			return n;
	luaL_argerror(L, i, "no such segment");
	return 0;
}

/* host.tell(method, params or nil): the same, and its result is not waited for;
 * also where nothing can be */
static int
host_tell(lua_State *L)
{
	struct script *script = script_of(L);
	const char *method = luaL_checkstring(L, 1);
	json_t *params = NULL;

	if (!lua_isnoneornil(L, 2))
		params = lua_to_json(L, 2);
	network_call(live_network(script->live), method, params, NULL, NULL);
	return 0;
}

/* host.capture_id(vlan) -> its id in the switch */
static int
host_capture_id(lua_State *L)
{
	size_t vlan = script_check_vlan(L, 1);

	lua_pushstring(
	    L, network_capture_id(live_network(script_of(L)->live), vlan));
	return 1;
}

const struct luaL_Reg script_network_functions[] = {
	{ "switch", host_switch },
	{ "tell", host_tell },
	{ "capture_id", host_capture_id },
	{ NULL, NULL },
};
