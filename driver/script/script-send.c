/* script-send: frames that scripts send into segments. */
#include "driver/script/script-internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <lauxlib.h>

#include "driver/lab/plan.h"
#include "driver/live.h"
#include "driver/wire/frame-sender.h"
#include "driver/wire/network.h"
#include "lib/err.h"
#include "lib/xalloc.h"

/* One on each segment into which something was sent. */
struct script_sender {
	struct script_sender *next;
	size_t vlan;
	bool ready;		     /* the switch has the port */
	bool failed;		     /* it refused: it is tried anew */
	struct frame_sender *sender; /* owned */
	struct plug_op *first;	     /* of those that wait for its answer */
};

struct plug_op {
	struct op op;
	struct plug_op *next;
};

static struct script_sender *
find_sender(struct script *script, size_t vlan)
{
	struct script_sender *s = script->senders;

	while (s != NULL && (s->vlan != vlan || s->failed))
		s = s->next;
	return s;
}

static void
on_plugged(const json_t *result, const struct err *err, void *arg)
{
	struct script_sender *s = arg;
	struct plug_op *op, *next;

	s->ready = result != NULL;
	s->failed = result == NULL;
	for (op = s->first, s->first = NULL; op != NULL; op = next) {
		next = op->next;
		if (op_cancelled(&op->op))
			op_end(&op->op);
		else if (result == NULL)
			op_raise(&op->op, "%s", err->text);
		else
			op_return(&op->op, NULL, NULL);
	}
}

static void
plug_cancel(struct op *op)
{
	(void)op; /* the answer ends it */
}

static struct script_sender *
new_sender(lua_State *L, struct script *script, size_t vlan)
{
	struct script_sender *s = XNEW(struct script_sender);
	struct err err = ERR_INIT;
	char port[32];
	int fd;

	s->vlan = vlan;
	s->next = script->senders;
	script->senders = s;
	snprintf(port, sizeof(port), "test.vlan%u", script->plan->vlans[vlan]);
	fd = network_plug(live_network(script->live), port, vlan, on_plugged, s,
			  &err);
	if (fd < 0) {
		s->failed = true;
		task_raise(L, "%s", err.text);
	}
	s->sender = frame_sender_new(script->spec.base, fd);
	return s;
}

/* host.plug(vlan): waits until frames can be sent there */
static int
host_plug(lua_State *L)
{
	struct script *script = script_of(L);
	size_t vlan = script_check_vlan(L, 1);
	struct script_sender *s = find_sender(script, vlan);
	struct plug_op *op;

	op_check(L);
	if (s != NULL && s->ready)
		return 0;
	if (s == NULL)
		s = new_sender(L, script, vlan);
	op = op_begin(L, sizeof(*op), plug_cancel);
	op->next = s->first;
	s->first = op;
	return op_wait(L);
}

/* host.send(vlan, octets) -> false when the switch has to catch up first */
static int
host_send(lua_State *L)
{
	struct script *script = script_of(L);
	size_t vlan = script_check_vlan(L, 1);
	struct script_sender *s = find_sender(script, vlan);
	struct err err = ERR_INIT;
	const char *data;
	size_t size;
	int ret;

	data = luaL_checklstring(L, 2, &size);
	luaL_argcheck(L, s != NULL && s->ready, 1, "not plugged");
	ret = frame_sender_send(s->sender, (const uint8_t *)data, size, &err);
	if (ret < 0 && ret != -EAGAIN)
		return task_raise(L, "vlan%u: %s", script->plan->vlans[vlan],
				  err.text);
	lua_pushboolean(L, ret == 0);
	return 1;
}

void
script_senders_free(struct script *script)
{
	struct script_sender *s;

	while ((s = script->senders) != NULL) {
		script->senders = s->next;
		frame_sender_free(s->sender);
		free(s);
	}
}

const struct luaL_Reg script_send_functions[] = {
	{ "plug", host_plug },
	{ "send", host_send },
	{ NULL, NULL },
};
