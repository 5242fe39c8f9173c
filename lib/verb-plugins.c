#include "lib/verb-plugins.h"

#include "lib/cli.h"
#include "lib/verb.h"

static const struct cli_option capture_options[] = {
	{ "write", 'w', "FILE", "where to; - is standard output" },
	{ "filter", 'f', "FILTER", "only what matches (pcap-filter(7))" },
	{ "snaplen", 's', "OCTETS",
	  "keep so much of each frame, 64 to 65,550" },
	{ "port", 'i', "PORT", "only this port; implies -d both" },
	{ "direction", 'd', "in|out|both",
	  "frames as they enter the segment (default), leave it, or both" },
	{ "count", 'c', "N", "end after N frames" },
	{ "drops", 0, NULL,
	  "frames that get no further, too, with the reason" },
	{ "format", 'F', "pcapng|pcap",
	  "pcapng unless FILE ends in .pcap; pcap has frames only" },
	{ "comment", 0, "TEXT", "a comment of the file" },
	{ "ring", 0, "FILESxLIMIT",
	  "keep so many files: 4x16M, 24x1h, 10x100000f, 24x1h,1G" },
	{ "file-size", 'C', "SIZE",
	  "begin another file at 16M, or at so many million octets" },
	{ "file-seconds", 'G', "SECONDS",
	  "begin another file after this time" },
	{ "file-frames", 0, "N", "begin another file after N frames" },
	{ "files", 'W', "N", "keep the newest N files (default: all)" },
	{ .name = NULL },
};

#define LINK_RULE                                                              \
	"[filter FILTER] [nth NTH] [count COUNT] "                             \
	"[direction direction:in|out|both]"

#define NETEM_TARGET "[PORT] [segment SEGMENT] [dir dir:in|out|both]"
#define NETEM_WORDS                                                            \
	" [delay delay:TIME...] [distribution distribution:NAME|FILE] "        \
	"[loss loss:PERCENT...] [duplicate duplicate:PERCENT...] "             \
	"[corrupt corrupt:PERCENT...] [reorder reorder:PERCENT...] "           \
	"[gap gap:N] [rate rate:RATE...] [limit limit:FRAMES] "                \
	"[slot slot:TIME...] [seed seed:N]"

static const struct verb rows[] = {
	{ .noun = "link",
	  .verb = "show",
	  .usage = "[PORT]",
	  .method = "link.show",
	  .help = "what is blocked",
	  .details = "And how many frames that has cost, in each direction.",
	  .asks = true },
	{ .noun = "link",
	  .verb = "set",
	  .usage = "PORT state:block|unblock|suspend "
		   "[direction:in|out|both]",
	  .method = "link.set",
	  .help = "drop, silently, what a port sends (in) or would receive "
		  "(out), or keep it back",
	  .details = "In both directions unless told otherwise. The peer stays "
		     "attached and a guest keeps its carrier. Frames that were "
		     "kept back go on, in order, with `unblock`." },
	{ .noun = "link",
	  .verb = "flap",
	  .usage = "PORT up up_ms:MILLISECONDS down down_ms:MILLISECONDS "
		   "[count COUNT] [direction direction:in|out|both]",
	  .method = "link.flap",
	  .help = "block and unblock a port by turns",
	  .details = "It is blocked at once. After COUNT times, or `link set`, "
		     "that ends." },
	{ .noun = "link",
	  .verb = "drop",
	  .usage = "PORT " LINK_RULE,
	  .method = "link.drop",
	  .help = "drop the n-th frame of a port that matches a filter",
	  .details = "And prints the id of the rule. The NTH match (1) is the "
		     "first that is dropped, COUNT (1; 0: no end) are." },
	{ .noun = "link",
	  .verb = "hold",
	  .usage = "PORT " LINK_RULE,
	  .method = "link.hold",
	  .help = "likewise, keep it back until `link release`" },
	{ .noun = "link",
	  .verb = "delay",
	  .usage = "PORT ms:MILLISECONDS " LINK_RULE,
	  .method = "link.delay",
	  .help = "likewise, let it come later" },
	{ .noun = "link",
	  .verb = "release",
	  .usage = "[PORT] [id ID]",
	  .method = "link.release",
	  .help = "let frames go on that rules hold: of a port, or of a rule" },
	{ .noun = "link",
	  .verb = "forget",
	  .usage = "ID",
	  .method = "link.forget",
	  .help = "end a rule; what it holds goes on" },

	{ .noun = "netem",
	  .verb = "show",
	  .usage = "[PORT]",
	  .method = "netem.show",
	  .help = "what happens to frames, and has happened",
	  .asks = true },
	{ .noun = "netem",
	  .verb = "set",
	  .usage = NETEM_TARGET NETEM_WORDS,
	  .method = "netem.set",
	  .help = "say what happens to frames; prints the seed",
	  .details =
	      "As with tc-netem(8): `delay` TIME [JITTER [CORRELATION]]; "
	      "`loss` "
	      "PERCENT [CORRELATION], or `gemodel` P [R [1-H [1-K]]], or "
	      "`state` P13 [P31 [P32 [P23 [P14]]]]; `duplicate`, `corrupt` and "
	      "`reorder` PERCENT [CORRELATION]; `rate` RATE [PACKETOVERHEAD "
	      "[CELLSIZE [CELLOVERHEAD]]]; `slot` MIN [MAX], or `distribution` "
	      "NAME DELAY JITTER, then [`packets` N] [`bytes` N]. Directions "
	      "are those of `link set`. Of a segment it holds for each port "
	      "that has no settings of its own, `in` unless told otherwise. "
	      "The same `seed` is the same fate for the same frames.",
	  .files = "distribution/" },
	{ .noun = "netem",
	  .verb = "change",
	  .usage = NETEM_TARGET NETEM_WORDS,
	  .method = "netem.change",
	  .help = "alter only what is named",
	  .files = "distribution/" },
	{ .noun = "netem",
	  .verb = "del",
	  .usage = NETEM_TARGET,
	  .method = "netem.del",
	  .help = "let frames alone again",
	  .details = "What is on its way keeps its time." },

	{ .noun = "capture",
	  .verb = "show",
	  .usage = "[ID]",
	  .method = "capture.show",
	  .help = "list captures",
	  .asks = true },
	{ .noun = "capture",
	  .verb = "start",
	  .usage = "SEGMENT write file:FILE [filter FILTER] "
		   "[snaplen snaplen:OCTETS] [port PORT] "
		   "[direction direction:in|out|both] [count count:N] [drops] "
		   "[format format:pcapng|pcap] [comment comment:TEXT] "
		   "[ring ring:FILESxLIMIT] [file-size file_size:SIZE] "
		   "[file-seconds file_seconds:SECONDS] "
		   "[file-frames file_frames:N] [files files:N]",
	  .method = "capture.start",
	  .help = "capture until `capture stop`; prints the capture's id",
	  .details =
	      "The switch writes them to a file, and goes on when this command "
	      "has ended. It has the options of `capture` as keywords, too. "
	      "Of several files, v.pcapng stands for v-000001.pcapng and so "
	      "on.",
	  .options = capture_options,
	  .files = "file" },
	{ .noun = "capture",
	  .verb = "stop",
	  .usage = "ID",
	  .method = "capture.stop",
	  .help = "end a capture; returns when everything is written" },
	{ .noun = "capture",
	  .verb = "mark",
	  .usage = "SEGMENT TEXT",
	  .method = "capture.mark",
	  .help = "write a line between the frames of a segment's captures",
	  .details = "Wireshark shows it among them, with its time." },
	{ .noun = "capture",
	  .verb = "name",
	  .usage = "ADDRESS NAME",
	  .method = "capture.name",
	  .help = "tell captures what a station is called",
	  .details = "By IPv4, IPv6 or MAC address; an empty name takes it "
		     "out. Wireshark shows names where the resolution of "
		     "network names is on." },
	{ .noun = "capture",
	  .verb = "names",
	  .usage = "",
	  .method = "capture.names",
	  .help = "what stations are called",
	  .asks = true },

	{ .noun = "filter",
	  .verb = "show",
	  .usage = "",
	  .method = "filter.show",
	  .help = "the rules, in order, and what they matched",
	  .asks = true },
	{ .noun = "filter",
	  .verb = "add",
	  .usage = "action:allow|deny [filter FILTER] [port PORT] "
		   "[direction direction:in|out|both] [before before:ID]",
	  .method = "filter.add",
	  .help = "let frames pass, or drop them, that match",
	  .details = "The first rule that matches decides. The new one comes "
		     "last, or before another. Prints its id." },
	{ .noun = "filter",
	  .verb = "del",
	  .usage = "ID",
	  .method = "filter.del",
	  .help = "remove a rule" },

	{ .noun = "mirror",
	  .verb = "show",
	  .usage = "",
	  .method = "mirror.show",
	  .help = "list mirrors",
	  .asks = true },
	{ .noun = "mirror",
	  .verb = "add",
	  .usage = "to:PORT [from from:PORT] [filter FILTER] "
		   "[direction direction:in|out|both]",
	  .method = "mirror.add",
	  .help = "send copies of frames to a port",
	  .details = "Of one port's, both ways, or of all that ports send. "
		     "Prints the id of the mirror." },
	{ .noun = "mirror",
	  .verb = "del",
	  .usage = "ID",
	  .method = "mirror.del",
	  .help = "end a mirror" },

	{ .noun = "dhcp",
	  .verb = "show",
	  .usage = "[PORT]",
	  .method = "dhcp.show",
	  .help = "who has which address",
	  .asks = true },
	{ .noun = "dhcp",
	  .verb = "reserve",
	  .usage = "PORT MAC ADDRESS [name NAME]",
	  .method = "dhcp.reserve",
	  .help = "an address is always the same station's",
	  .details = "PORT is the server, a port of kind dhcp." },
	{ .noun = "dhcp",
	  .verb = "forget",
	  .usage = "PORT MAC",
	  .method = "dhcp.forget",
	  .help = "forget the address of a station" },

	{ .noun = "storm",
	  .verb = "show",
	  .usage = "[PORT]",
	  .method = "storm.show",
	  .help = "limits to what ports may have flooded",
	  .asks = true },
	{ .noun = "storm",
	  .verb = "set",
	  .usage = "PORT class:broadcast|multicast|unknown|all "
		   "[frames frames:RATE] [bits bits:RATE] "
		   "[frames_burst frames_burst:FRAMES] "
		   "[bits_burst bits_burst:BITS] [action action:drop|block] "
		   "[recover recover_ms:MILLISECONDS]",
	  .method = "storm.set",
	  .help = "limit broadcasts, multicasts or frames for unknown stations",
	  .details = "RATE is a second's; none: no limit. What comes beyond is "
		     "dropped, or the port is blocked." },
	{ .noun = "storm",
	  .verb = "clear",
	  .usage = "PORT",
	  .method = "storm.clear",
	  .help = "a blocked port may send again" },

	{ .noun = "pipe",
	  .verb = "show",
	  .usage = "",
	  .method = "pipe.show",
	  .help = "the program that decides on frames, and how many wait",
	  .asks = true },

	{ .noun = "portsec",
	  .verb = "show",
	  .usage = "[PORT]",
	  .method = "portsec.show",
	  .help = "secured ports and their stations",
	  .asks = true },
	{ .noun = "portsec",
	  .verb = "set",
	  .usage = "PORT [max max:STATIONS] [sticky] [age age:SECONDS] "
		   "[violation violation:protect|restrict|block] "
		   "[recover recover_ms:MILLISECONDS]",
	  .method = "portsec.set",
	  .help = "only so many stations may send by a port" },
	{ .noun = "portsec",
	  .verb = "allow",
	  .usage = "PORT MAC",
	  .method = "portsec.allow",
	  .help = "a station may always send by a port" },
	{ .noun = "portsec",
	  .verb = "forbid",
	  .usage = "PORT MAC",
	  .method = "portsec.forbid",
	  .help = "forget a station that may send by a port" },
	{ .noun = "portsec",
	  .verb = "clear",
	  .usage = "PORT",
	  .method = "portsec.clear",
	  .help = "forget the stations that were learned, and unblock" },
	{ .noun = "portsec",
	  .verb = "del",
	  .usage = "PORT",
	  .method = "portsec.del",
	  .help = "any station may send by the port again" },
};

const struct verb *
verb_plugin_row(size_t i)
{
	return i < sizeof(rows) / sizeof(rows[0]) ? &rows[i] : NULL;
}
