/* methods-network: what is done on segments, at ports, and with watches. */
#include "driver/script/method-tables.h"

const struct method methods_network[] = {
	{
	    .owner = METHOD_SEGMENT,
	    .name = "frames",
	    .params = "filter:filter?",
	    .options = "since:num port:port limit:int(1..1000000)",
	    .blocks = true,
	    .returns = "frames:table",
	    .doc = "the captured frames that match the pcap filter, oldest "
		   "first: since a time of the run in seconds, of one port",
	},
	{
	    .owner = METHOD_SEGMENT,
	    .name = "count",
	    .params = "filter:filter?",
	    .options = "since:num port:port",
	    .blocks = true,
	    .returns = "n:int",
	    .doc = "how many captured frames match the pcap filter",
	},
	{
	    .owner = METHOD_SEGMENT,
	    .name = "expect",
	    .params = "filter:filter",
	    .options = "within:seconds count:int(1..10000) since:num "
		       "port:port",
	    .body = true,
	    .blocks = true,
	    .returns = "frames:table",
	    .doc = "wait, 10 s unless within is given, until a frame (count "
		   "frames) that matches the pcap filter has crossed the "
		   "segment in this subtest, or since the function began; the "
		   "result is a list of them",
	},
	{
	    .owner = METHOD_SEGMENT,
	    .name = "expect_no",
	    .params = "filter:filter",
	    .options = "during:seconds since:num port:port",
	    .body = true,
	    .blocks = true,
	    .doc = "the test fails when a frame that matches the pcap filter "
		   "has crossed the segment in this subtest; with during, when "
		   "one does from now on, for so long; with a function, while "
		   "it runs",
	},
	{
	    .owner = METHOD_SEGMENT,
	    .name = "watch",
	    .params = "filter:filter?",
	    .options = "port:port",
	    .blocks = true,
	    .returns = "watch:table",
	    .doc = "the frames that match the pcap filter and cross the "
		   "segment from now on, to be asked for later",
	},
	{
	    .owner = METHOD_SEGMENT,
	    .name = "send",
	    .params = "frame:frame",
	    .blocks = true,
	    .doc = "send an Ethernet frame into the segment, from a port of "
		   "the test's own, called test.vlanN",
	},
	{
	    .owner = METHOD_SEGMENT,
	    .name = "mark",
	    .params = "text:str",
	    .blocks = true,
	    .doc = "a comment in the segment's capture, between the frames of "
		   "before and after",
	},
	{
	    .owner = METHOD_SEGMENT,
	    .name = "netem",
	    .params = "",
	    .options = METHODS_NETEM,
	    .blocks = true,
	    .returns = "seed:int",
	    .doc = "what becomes of frames that cross the segment, in the "
		   "words of tc: delay, loss and more; nothing when none is "
		   "given",
	},
	{
	    .owner = METHOD_SEGMENT,
	    .name = "name",
	    .returns = "name:str",
	    .doc = "the segment's name, like vlan1",
	},
	{
	    .owner = METHOD_WATCH,
	    .name = "expect",
	    .params = "",
	    .options = "within:seconds count:int(1..10000)",
	    .blocks = true,
	    .returns = "frames:table",
	    .doc = "as expect of the segment, since the watch began",
	},
	{
	    .owner = METHOD_WATCH,
	    .name = "expect_no",
	    .params = "",
	    .options = "during:seconds",
	    .blocks = true,
	    .doc = "as expect_no of the segment, since the watch began",
	},
	{
	    .owner = METHOD_WATCH,
	    .name = "count",
	    .params = "",
	    .blocks = true,
	    .returns = "n:int",
	    .doc = "how many frames match since the watch began",
	},
	{
	    .owner = METHOD_WATCH,
	    .name = "frames",
	    .params = "",
	    .options = "limit:int(1..1000000)",
	    .blocks = true,
	    .returns = "frames:table",
	    .doc = "the frames that match since the watch began",
	},
	{
	    .owner = METHOD_WATCH,
	    .name = "name",
	    .returns = "name:str",
	    .doc = "what is watched, like vlan1: arp",
	},
	{
	    .owner = METHOD_PORT,
	    .name = "netem",
	    .params = "",
	    .options = METHODS_NETEM,
	    .blocks = true,
	    .returns = "seed:int",
	    .doc = "what becomes of frames of the port, in the words of tc: "
		   "delay, loss and more, until it is set again; nothing when "
		   "none is given; dir is in for what the guest sends, out for "
		   "what it receives",
	},
	{
	    .owner = METHOD_PORT,
	    .name = "hold",
	    .params = "filter:filter n:int(1..1000000)?",
	    .options = "nth:int(1..1000000) dir:str",
	    .blocks = true,
	    .doc = "keep back the next frame, or n frames, of the port that "
		   "match the pcap filter, until release; with nth, from the "
		   "nth on that matches",
	},
	{
	    .owner = METHOD_PORT,
	    .name = "release",
	    .params = "",
	    .blocks = true,
	    .returns = "n:int",
	    .doc = "let go on what hold keeps back, and hold no more; the "
		   "result is how many frames that were",
	},
	{
	    .owner = METHOD_PORT,
	    .name = "drop",
	    .params = "filter:filter n:int(1..1000000)?",
	    .options = "nth:int(1..1000000) dir:str",
	    .blocks = true,
	    .doc = "lose the next frame, or n frames, of the port that match "
		   "the pcap filter",
	},
	{
	    .owner = METHOD_PORT,
	    .name = "delay",
	    .params = "filter:filter seconds:seconds n:int(1..1000000)?",
	    .options = "nth:int(1..1000000) dir:str",
	    .blocks = true,
	    .doc = "let the next frame, or n frames, of the port that match "
		   "the pcap filter come so much later",
	},
	{
	    .owner = METHOD_PORT,
	    .name = "name",
	    .returns = "name:str",
	    .doc = "the port's name, like client.eth1",
	},
	{
	    .owner = METHOD_PORT,
	    .name = "mac",
	    .returns = "mac:str",
	    .doc = "the MAC address of the interface",
	},
	{
	    .owner = METHOD_PORT,
	    .name = "ipv4",
	    .returns = "ipv4:str",
	    .doc = "the IPv4 address that the interface was given, or \"\"",
	},
	{
	    .owner = METHOD_PORT,
	    .name = "ipv6",
	    .returns = "ipv6:str",
	    .doc = "the IPv6 address that the interface was given, or \"\"",
	},
	{
	    .owner = METHOD_PORT,
	    .name = "vlan",
	    .returns = "vlan:int",
	    .doc = "the number of the segment it is on",
	},
	{ .name = NULL },
};
