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
	    .returns = "result:any",
	    .doc = "call the function every interval (1 s) until it raises no "
		   "error and returns neither false nor nil; its argument "
		   "tells the last try; a machine that dies of itself ends it "
		   "at once",
	},
	{
	    .owner = METHOD_GLOBAL,
	    .name = "join_all",
	    .params = "",
	    .options = "timeout:seconds",
	    .timeout_ms = METHODS_WAIT_MS,
	    .blocks = true,
	    .doc = "wait until every machine that runs has powered off by "
		   "itself",
	},
	{
	    .owner = METHOD_GLOBAL,
	    .name = "nested",
	    .params = "text:str function:fn",
	    .blocks = true,
	    .returns = "result:any",
	    .doc = "run the function as a step of the log with that text",
	},
	{
	    .owner = METHOD_GLOBAL,
	    .name = "defer",
	    .params = "function:fn",
	    .returns = "closer:any",
	    .doc = "for `local _ <close> = defer(f)`: call the function when "
		   "the block is left, however that is",
	},
	{
	    .owner = METHOD_GLOBAL,
	    .name = "serial_stdout_on",
	    .params = "",
	    .doc = "show the lines of serial consoles while the test runs",
	},
	{
	    .owner = METHOD_GLOBAL,
	    .name = "serial_stdout_off",
	    .params = "",
	    .doc = "do not show them any more, not even with --verbose; they "
		   "are in the results",
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
	    .name = "vlans",
	    .returns = "segments:table",
	    .doc = "the list of all segments, in order of their numbers",
	},
	{
	    .owner = METHOD_GLOBAL,
	    .name = "json",
	    .returns = "json:table",
	    .doc = "reads and writes JSON",
	},
	{
	    .owner = METHOD_GLOBAL,
	    .name = "json.decode",
	    .params = "text:data",
	    .returns = "value:any",
	    .doc = "a JSON text as a Lua value; null becomes json.null",
	},
	{
	    .owner = METHOD_GLOBAL,
	    .name = "json.encode",
	    .params = "value:any",
	    .returns = "text:str",
	    .doc = "a Lua value as JSON in one line; a table with a first "
		   "element is an array, any other an object",
	},
	{
	    .owner = METHOD_GLOBAL,
	    .name = "json.array",
	    .params = "list:table",
	    .returns = "list:table",
	    .doc = "mark a table as an array, which an empty one is not; what "
		   "json.decode made is marked already",
	},
	{
	    .owner = METHOD_GLOBAL,
	    .name = "json.null",
	    .returns = "null:any",
	    .doc = "what stands for JSON's null",
	},
	{
	    .owner = METHOD_GLOBAL,
	    .name = "base64",
	    .returns = "base64:table",
	    .doc = "octets as text, and back",
	},
	{
	    .owner = METHOD_GLOBAL,
	    .name = "base64.encode",
	    .params = "octets:data",
	    .returns = "text:str",
	    .doc = "octets as base64, in one line",
	},
	{
	    .owner = METHOD_GLOBAL,
	    .name = "base64.decode",
	    .params = "text:data",
	    .returns = "octets:data",
	    .doc = "the octets that the base64 stands for; white space in it "
		   "does not count",
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
