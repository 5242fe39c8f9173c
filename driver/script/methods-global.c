/* methods-global: what belongs to no machine and no segment. */
#include "driver/script/method-tables.h"

const struct method methods_global[] = {
	{
	    .owner = METHOD_GLOBAL,
	    .name = "start_all",
	    .params = "",
	    .doc = "start every machine that does not run, and do not wait",
	},
	{
	    .owner = METHOD_GLOBAL,
	    .name = "subtest",
	    .params = "name:str function:fn",
	    .blocks = true,
	    .doc = "a named part of the test, with a result of its own",
	},
	{
	    .owner = METHOD_GLOBAL,
	    .name = "parallel",
	    .params = "function:fn...",
	    .blocks = true,
	    .doc = "run functions side by side until all have returned; the "
		   "first that fails ends the others",
	},
	{
	    .owner = METHOD_GLOBAL,
	    .name = "with_netem",
	    .params = "wire:wire",
	    .options = METHODS_NETEM,
	    .body = true,
	    .blocks = true,
	    .doc =
		"call the function while netem is set like this for a port "
		"or a segment; afterwards, however it ends, as it was before",
	},
	{
	    .owner = METHOD_GLOBAL,
	    .name = "retry",
	    .params = "function:fn",
	    .options = "timeout:seconds interval:seconds",
	    .timeout_ms = METHODS_WAIT_MS,
	    .blocks = true,
	    .doc = "call the function every interval (1 s) until it returns "
		   "neither false nor nil; its argument tells the last try",
	},
	{
	    .owner = METHOD_GLOBAL,
	    .name = "sleep",
	    .params = "seconds:seconds",
	    .blocks = true,
	    .doc = "wait by the host's clock",
	},
	{
	    .owner = METHOD_GLOBAL,
	    .name = "now",
	    .params = "",
	    .returns = "seconds:num",
	    .doc = "seconds since the run began",
	},
	{
	    .owner = METHOD_GLOBAL,
	    .name = "log",
	    .params = "value:any...?",
	    .doc = "note something in the log",
	},
	{
	    .owner = METHOD_GLOBAL,
	    .name = "print",
	    .params = "value:any...?",
	    .doc = "the same as log",
	},
	{
	    .owner = METHOD_GLOBAL,
	    .name = "breakpoint",
	    .params = "",
	    .blocks = true,
	    .doc = "stand still, the guests running, until a person at a "
		   "prompt says that it goes on",
	},
	{
	    .owner = METHOD_GLOBAL,
	    .name = "machines",
	    .returns = "machines:table",
	    .doc = "the list of all machines, in order of their numbers",
	},
	{
	    .owner = METHOD_GLOBAL,
	    .name = "packet",
	    .returns = "packet:table",
	    .doc = "makes frames, packet.eth{} / packet.arp{}, and reads them, "
		   "packet.decode(octets)",
	},
	{
	    .owner = METHOD_GLOBAL,
	    .name = "seed",
	    .returns = "seed:int",
	    .doc = "the run's seed, which math.random starts from",
	},
	{ .name = NULL },
};
