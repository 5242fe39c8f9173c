/* methods-lab: what is done to all machines and segments at once. */
#include "driver/script/method-tables.h"

const struct method methods_lab[] = {
	{
	    .owner = METHOD_GLOBAL,
	    .name = "lab",
	    .returns = "lab:table",
	    .doc = "all machines and segments at once: lab.save, lab.restore",
	},
	{
	    .owner = METHOD_GLOBAL,
	    .name = "lab.save",
	    .params = "name:str",
	    .blocks = true,
	    .doc = "save the state of all machines that run, all at the same "
		   "moment, with what is set of links and of netem; they go on "
		   "afterwards",
	},
	{
	    .owner = METHOD_GLOBAL,
	    .name = "lab.restore",
	    .params = "name:str",
	    .blocks = true,
	    .doc = "everything is as it was when it was saved: each machine is "
		   "ended, and goes on from its state, or is off as it was",
	},
	{ .name = NULL },
};
