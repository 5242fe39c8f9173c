/* methods-ways: how the host reaches a machine's ports. */
#include "driver/script/method-tables.h"

const struct method methods_ways[] = {
	{
	    .owner = METHOD_MACHINE,
	    .name = "forward_port",
	    .params = "host_port:int(0..65535)? guest_port:int(1..65535)?",
	    .options = "public:bool",
	    .returns = "port:int",
	    .doc = "let processes of this user reach a TCP port of the guest "
		   "(80) at a port of 127.0.0.1 (8080; 0: any that is free); "
		   "with public, processes of all users",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "forward_socket",
	    .params = "guest_port:int(1..65535)?",
	    .options = "path:str",
	    .returns = "path:str",
	    .doc = "let processes of this user reach a TCP port of the guest "
		   "(80) at a unix socket, in the run's own directory unless a "
		   "path is given, which may be relative to the test file",
	},
	{ .name = NULL },
};
