/* methods-table: the rows; to add a method, add one here and its function to
 * the run time. */
#include "driver/script/methods.h"

/* Names and defaults are those of the NixOS test driver, which most authors
 * of such tests know. */
enum {
	WAIT_MS = 900 * 1000,
	STOP_MS = 300 * 1000, /* for a guest to shut down or come up */
};

/* The words of the plugin netem, as in `tc`. */
#define NETEM                                                                  \
	"dir:str spec:str delay:any distribution:any loss:any duplicate:any "  \
	"corrupt:any reorder:any gap:any rate:any limit:any slot:any seed:any"

static const struct method methods[] = {
	{
	    .owner = METHOD_MACHINE,
	    .name = "start",
	    .params = "",
	    .options = "allow_reboot:bool",
	    .doc =
		"start the guest and do not wait for it; with allow_reboot a "
		"reset starts it again instead of ending it",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "succeed",
	    .params = "command:str...",
	    .options = "timeout:seconds",
	    .timeout_ms = WAIT_MS,
	    .blocks = true,
	    .returns = "stdout:data",
	    .doc = "run each shell command in turn; the test fails when one "
		   "does not exit with 0; the result is all their output",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "fail",
	    .params = "command:str...",
	    .options = "timeout:seconds",
	    .timeout_ms = WAIT_MS,
	    .blocks = true,
	    .returns = "stdout:data",
	    .doc = "like succeed, for commands that must exit with another "
		   "status than 0",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "execute",
	    .params = "command:str",
	    .options = "timeout:seconds stdin:data",
	    .timeout_ms = WAIT_MS,
	    .blocks = true,
	    .returns = "status:int stdout:data stderr:data",
	    .doc = "run a shell command, whatever it exits with; 124 when it "
		   "was killed at its time-out",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "wait_until_succeeds",
	    .params = "command:str",
	    .options = "timeout:seconds",
	    .timeout_ms = WAIT_MS,
	    .blocks = true,
	    .returns = "stdout:data",
	    .doc = "run a shell command again and again until it exits with 0",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "wait_until_fails",
	    .params = "command:str",
	    .options = "timeout:seconds",
	    .timeout_ms = WAIT_MS,
	    .blocks = true,
	    .returns = "stdout:data",
	    .doc = "run a shell command again and again until it exits with "
		   "another status than 0",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "wait_for_open_port",
	    .params = "port:int(1..65535)",
	    .options = "addr:str timeout:seconds",
	    .timeout_ms = WAIT_MS,
	    .blocks = true,
	    .doc = "wait until something in the guest accepts TCP connections "
		   "on the port, of localhost unless addr is given",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "wait_for_closed_port",
	    .params = "port:int(1..65535)",
	    .options = "addr:str timeout:seconds",
	    .timeout_ms = WAIT_MS,
	    .blocks = true,
	    .doc = "wait until nothing accepts TCP connections on the port",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "wait_for_file",
	    .params = "path:str",
	    .options = "timeout:seconds",
	    .timeout_ms = WAIT_MS,
	    .blocks = true,
	    .doc = "wait until the path exists in the guest",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "wait_for_console_text",
	    .params = "regex:str",
	    .options = "timeout:seconds",
	    .timeout_ms = WAIT_MS,
	    .blocks = true,
	    .returns = "line:str",
	    .doc = "wait until a line of the serial console, since the guest "
		   "was started, matches the POSIX extended regular expression",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "copy_from_host",
	    .params = "source:str target:str",
	    .options = "timeout:seconds",
	    .timeout_ms = WAIT_MS,
	    .blocks = true,
	    .doc = "copy a file of the host, relative to the test file, into "
		   "the guest",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "copy_from_machine",
	    .params = "source:str",
	    .options = "dir:str timeout:seconds",
	    .timeout_ms = WAIT_MS,
	    .blocks = true,
	    .returns = "path:str",
	    .doc = "copy a file of the guest into the results, there into dir; "
		   "the result is its path on the host",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "block",
	    .params = "",
	    .options = "vlan:int(1..254) nic:int(1..8) silent:bool",
	    .blocks = true,
	    .doc = "cut the guest's links, or only those on the segment vlan, "
		   "or only interface number nic, until unblock; the guest "
		   "sees its carrier go, unless silent",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "unblock",
	    .params = "",
	    .options = "vlan:int(1..254) nic:int(1..8)",
	    .blocks = true,
	    .doc = "undo block",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "shutdown",
	    .params = "",
	    .options = "timeout:seconds",
	    .timeout_ms = STOP_MS,
	    .blocks = true,
	    .doc = "tell the guest to power off, and wait until it has",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "wait_for_shutdown",
	    .params = "",
	    .options = "timeout:seconds",
	    .timeout_ms = WAIT_MS,
	    .blocks = true,
	    .doc = "wait until the guest has powered off by itself",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "crash",
	    .params = "",
	    .blocks = true,
	    .doc = "end the guest at once, as if the power had failed",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "reboot",
	    .params = "",
	    .options = "timeout:seconds",
	    .timeout_ms = STOP_MS,
	    .blocks = true,
	    .doc = "restart a guest that was started with allow_reboot, and "
		   "wait until its shell answers again",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "is_up",
	    .params = "",
	    .returns = "up:bool",
	    .doc = "does the guest's shell answer?",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "sleep",
	    .params = "seconds:seconds",
	    .blocks = true,
	    .doc = "wait by the guest's clock",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "log",
	    .params = "value:any...?",
	    .doc = "note something about the guest in the log",
	},
	{
	    .owner = METHOD_MACHINE,
	    .name = "name",
	    .returns = "name:str",
	    .doc = "the node's name in the test file",
	},
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
	    .options = NETEM,
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
	    .options = NETEM,
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
	    .options = NETEM,
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
	    .timeout_ms = WAIT_MS,
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

const struct method *
methods_all(void)
{
	return methods;
}
