#include "lib/verb.h"

#include "lib/cli.h"

static const struct cli_option fdb_flush_options[] = {
	{ "port", 'i', "PORT", "only addresses learned there" },
	{ .name = NULL },
};

static const struct cli_option capture_options[] = {
	{ "write", 'w', "FILE", "where to; - is standard output" },
	{ "filter", 'f', "FILTER", "only what matches (pcap-filter(7))" },
	{ "snaplen", 's', "OCTETS", "keep so much of each frame" },
	{ "port", 'i', "PORT", "only this port; implies -d both" },
	{ "direction", 'd', "in|out|both",
	  "frames as they enter the segment (default), leave it, or both" },
	{ "count", 'c', "N", "end after N frames" },
	{ .name = NULL },
};

const struct verb_noun verb_nouns[] = {
	{ "segment", "isolated Ethernet segments" },
	{ "port", "what is attached to them" },
	{ "link", "block and unblock ports" },
	{ "fdb", "which address is behind which port" },
	{ "capture", "record frames as pcapng" },
	{ "stats", "what became of the frames" },
	{ "plugin", "load and unload plugins" },
	{ "info", "about the switch itself" },
	{ .name = NULL },
};

const struct verb verb_table[] = {
	{ .noun = "segment",
	  .verb = "show",
	  .usage = "[SEGMENT]",
	  .method = "segment.show",
	  .help = "list segments",
	  .asks = true },
	{ .noun = "segment",
	  .verb = "add",
	  .usage = "NAME",
	  .method = "segment.add",
	  .help = "make a segment" },
	{ .noun = "segment",
	  .verb = "del",
	  .usage = "SEGMENT",
	  .method = "segment.del",
	  .help = "remove a segment and its ports" },

	{ .noun = "port",
	  .verb = "show",
	  .usage = "[SEGMENT]",
	  .method = "port.show",
	  .help = "list ports; -s: with all counters",
	  .asks = true },
	{ .noun = "port",
	  .verb = "add",
	  .usage = "SEGMENT KIND [name NAME] [mtu mtu:BYTES] [KEY=VALUE...]",
	  .method = "port.add",
	  .help = "attach a port; prints its name",
	  .details =
	      "Kinds, and their keys: "
	      "`dgram` `path=`PATH [`remote=`PATH] (or `--fd`): a frame a "
	      "datagram, as QEMU -netdev dgram, vfkit and krun do it. "
	      "`stream` `path=`PATH (or `--fd`): connects there; passt, "
	      "gvproxy. "
	      "`dummy`: no peer, for tests.",
	  .files = "path remote" },
	{ .noun = "port",
	  .verb = "kinds",
	  .usage = "",
	  .method = "port.kinds",
	  .help = "list the kinds of port, and what `port add` takes for each",
	  .asks = true },
	{ .noun = "port",
	  .verb = "del",
	  .usage = "PORT",
	  .method = "port.del",
	  .help = "remove a port" },

	{ .noun = "link",
	  .verb = "show",
	  .usage = "[PORT]",
	  .method = "link.show",
	  .help = "what is blocked",
	  .asks = true },
	{ .noun = "link",
	  .verb = "set",
	  .usage = "PORT state:block|unblock [direction:in|out|both]",
	  .method = "link.set",
	  .help = "drop, silently, what a port sends (in) or would receive "
		  "(out)" },

	{ .noun = "fdb",
	  .verb = "show",
	  .usage = "[SEGMENT]",
	  .method = "fdb.show",
	  .help = "list learned addresses",
	  .asks = true },
	{ .noun = "fdb",
	  .verb = "flush",
	  .usage = "[SEGMENT] [port PORT]",
	  .method = "fdb.flush",
	  .help = "forget learned addresses",
	  .options = fdb_flush_options },

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
		   "[direction direction:in|out|both] [count count:N]",
	  .method = "capture.start",
	  .help = "capture until `capture stop`; prints the capture's id",
	  .options = capture_options,
	  .files = "file" },
	{ .noun = "capture",
	  .verb = "stop",
	  .usage = "ID",
	  .method = "capture.stop",
	  .help = "end a capture; returns when everything is written" },

	{ .noun = "stats",
	  .usage = "[SEGMENT]",
	  .method = "stats.show",
	  .help = "what became of the frames",
	  .asks = true },

	{ .noun = "plugin",
	  .verb = "show",
	  .usage = "",
	  .method = "plugin.show",
	  .help = "list plugins; -s: with counters",
	  .asks = true },
	{ .noun = "plugin",
	  .verb = "load",
	  .usage = "plugin:NAME [segment SEGMENT] [port PORT] [KEY=VALUE...]",
	  .method = "plugin.load",
	  .help = "start a plugin, for everything or for a segment or port; "
		  "prints its id",
	  .into = "options",
	  .files = "plugin/" },
	{ .noun = "plugin",
	  .verb = "unload",
	  .usage = "ID",
	  .method = "plugin.unload",
	  .help = "stop a plugin" },

	{ .noun = "info",
	  .usage = "",
	  .method = "switch.info",
	  .help = "about the switch itself",
	  .asks = true },
	{ .noun = NULL },
};
