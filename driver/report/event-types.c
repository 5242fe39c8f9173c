#include "driver/report/event-types.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/json.h"
#include "lib/xalloc.h"

static const struct event_type types[] = {
	{ "run.begin",
	  "schema:int version:str began:str language:str test:str file:str "
	  "attempt:int machines:int segments:int nodes:list accel:str "
	  "accel_reason:str? timeout_scale:num seed:int",
	  EVENT_FACT },
	{ "source", "file:str text:str cut:bool", EVENT_FACT },
	{ "step.begin",
	  "step:int in:int kind:str machine:str? text:str at:obj?",
	  EVENT_FACT },
	{ "step.end", "step:int ok:bool error:str? timed_out:bool result:str?",
	  EVENT_POINT_IF_NOT_OK },
	{ "attempt", "step:int attempt:int text:str", EVENT_FACT },
	{ "output",
	  "machine:str step:int command:int? stream:stdout|stderr text:str "
	  "cut:bool",
	  EVENT_BULK },
	{ "command.end",
	  "machine:str step:int command:int status:int timed_out:bool "
	  "error:str?",
	  EVENT_FACT },
	{ "frame", "segment:str step:int number:int port:str text:str time:num",
	  EVENT_FACT },
	{ "wire", "method:str params:obj text:str", EVENT_FACT },
	{ "serial.shown", "on:bool", EVENT_FACT },
	{ "log", "text:str step:int", EVENT_BULK },
	{ "mark", "segment:str text:str step:int", EVENT_FACT },
	{ "file", "machine:str step:int path:str", EVENT_FACT },
	{ "snapshot", "text:str", EVENT_FACT },
	{ "machine.snapshot", "machine:str text:str", EVENT_FACT },
	{ "machine.started", "machine:str text:str", EVENT_FACT },
	{ "machine.loaded", "machine:str text:str", EVENT_FACT },
	{ "machine.ready", "machine:str text:str", EVENT_FACT },
	{ "machine.trouble", "machine:str text:str", EVENT_BULK },
	{ "machine.panicked", "machine:str text:str", EVENT_POINT },
	{ "machine.disk-error", "machine:str text:str", EVENT_POINT },
	{ "machine.shell-lost", "machine:str text:str", EVENT_POINT },
	{ "machine.ended", "machine:str text:str", EVENT_POINT },
	{ "forward", "machine:str text:str", EVENT_BULK },
	{ "serial", "machine:str text:str", EVENT_BULK },
	{ "qemu", "machine:str text:str", EVENT_BULK },
	{ "qmp", "machine:str text:str data:any?", EVENT_BULK },
	{ "left-out",
	  "of:str machine:str? count:int octets:int text:str path:str?",
	  EVENT_FACT },
	{ "screenshot", "machine:str step:int path:str file:str", EVENT_FACT },
	{ "switch", "text:str", EVENT_BULK },
	{ "switch.event", "text:str data:any?", EVENT_BULK },
	{ "switch.lost", "text:str", EVENT_POINT },
	{ "switch.restored", "ms:int", EVENT_FACT },
	{ "time-out", "text:str", EVENT_POINT },
	{ "run.paused", "run:str place:str error:str?", EVENT_FACT },
	{ "run.continued", "", EVENT_FACT },
	{ "capture",
	  "segment:str path:str frames:int octets:int dropped:int "
	  "left_out:int",
	  EVENT_FACT },
	{ "coverage", "machine:str path:str? octets:int error:str?",
	  EVENT_FACT },
	{ "run.end",
	  "test:str result:str code:int error:str? at:obj? results:str "
	  "ended:str",
	  EVENT_POINT },
};

const struct event_type *
event_type_at(size_t i)
{
	return i < sizeof(types) / sizeof(types[0]) ? &types[i] : NULL;
}

const struct event_type *
event_type_find(const char *name)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i].name, name) == 0)
			return &types[i];
	return NULL;
}

int
event_check(const json_t *event, struct err *err)
{
	const char *name = json_str_or(event, "type", "");
	const struct event_type *type = event_type_find(name);
	const json_t *at = json_object_get(event, "at");
	char *signature;
	int ret;

	if (type == NULL)
		return err_set(err, -EINVAL, "there is no type \"%s\"", name);
	signature = xasprintf("n:int t:num type:str %s", type->members);
	ret = json_check(event, signature, err);
	free(signature);
	if (ret == 0 && at != NULL && !json_is_null(at))
		ret = json_check(at, "file:str line:int(1..2147483647)", err);
	if (ret < 0)
		err_prefix(err, "%s", name);
	return ret;
}
