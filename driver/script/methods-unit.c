/* methods-unit: what is asked of systemd in a guest. */
#include "driver/script/method-tables.h"

const struct method methods_unit[] = {
	{
	    .owner = METHOD_MACHINE,
	    .name = "wait_for_unit",
	    .params = "unit:str user:str?",
	    .options = "timeout:seconds",
	    .timeout_ms = METHODS_WAIT_MS,
	    .blocks = true,
	    .doc = "wait until systemd, or the user's service manager, calls "
		   "the unit active; fails at once when it has failed, or is "
		   "inactive and nothing is about to start it",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "systemctl",
	    .params = "arguments:str user:str?",
	    .options = "timeout:seconds",
	    .timeout_ms = METHODS_WAIT_MS,
	    .blocks = true,
	    .returns = "status:int stdout:data stderr:data",
	    .doc = "run systemctl with these words of the shell, for the "
		   "user's service manager where a user is given",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "get_unit_info",
	    .params = "unit:str user:str?",
	    .options = "timeout:seconds",
	    .timeout_ms = METHODS_WAIT_MS,
	    .blocks = true,
	    .returns = "properties:table",
	    .doc = "all properties of a unit by name, as text",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "get_unit_property",
	    .params = "unit:str property:str user:str?",
	    .options = "timeout:seconds",
	    .timeout_ms = METHODS_WAIT_MS,
	    .blocks = true,
	    .returns = "value:str",
	    .doc = "one property of a unit",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "require_unit_state",
	    .params = "unit:str state:str? user:str?",
	    .options = "timeout:seconds",
	    .timeout_ms = METHODS_WAIT_MS,
	    .blocks = true,
	    .doc = "fail unless the unit is active, or in another state that "
		   "is given",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "start_job",
	    .params = "unit:str user:str?",
	    .options = "timeout:seconds",
	    .timeout_ms = METHODS_WAIT_MS,
	    .blocks = true,
	    .returns = "status:int stdout:data stderr:data",
	    .doc = "systemctl start, whatever it exits with",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "stop_job",
	    .params = "unit:str user:str?",
	    .options = "timeout:seconds",
	    .timeout_ms = METHODS_WAIT_MS,
	    .blocks = true,
	    .returns = "status:int stdout:data stderr:data",
	    .doc = "systemctl stop, whatever it exits with",
	},
	{ .name = NULL },
};
