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
	{ "vlan", "which VLANs a port is in" },
	{ "fdb", "which address is behind which port" },
	{ "capture", "record frames as pcapng" },
	{ "stats", "what became of the frames" },
	{ "trace", "why a frame would go where" },
	{ "plugin", "load and unload plugins" },
	{ "reload", "read the configuration file again" },
	{ "info", "about the switch itself" },
	{ .name = NULL },
};

#define SEGMENT_SETTINGS                                                       \
	"[mode mode:bridge|hub|8021q] [ageing ageing:SECONDS] "                \
	"[protocol protocol:802.1q|802.1ad] [pvid pvid:VID]"

const struct verb verb_table[] = {
	{ .noun = "segment",
	  .verb = "show",
	  .usage = "[SEGMENT]",
	  .method = "segment.show",
	  .help = "list segments",
	  .asks = true },
	{ .noun = "segment",
	  .verb = "add",
	  .usage = "NAME " SEGMENT_SETTINGS,
	  .method = "segment.add",
	  .help = "make a segment" },
	{ .noun = "segment",
	  .verb = "set",
	  .usage = "SEGMENT " SEGMENT_SETTINGS,
	  .method = "segment.set",
	  .help = "change how it treats frames",
	  .details =
	      "`mode` `bridge`, the default, learns where addresses are and "
	      "lets every frame cross untouched, tags included; a `hub` sends "
	      "every frame to all others; `8021q` applies the rules of "
	      "`vlan`. `ageing`: seconds of silence after which an address is "
	      "forgotten. `protocol`: whose tags the rules are about; 802.1ad "
	      "is QinQ. `pvid`: the VLAN of ports without rules of their own, "
	      "1 at first; 4095: none." },
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

	{ .noun = "vlan",
	  .verb = "show",
	  .usage = "[SEGMENT] [port PORT]",
	  .method = "vlan.show",
	  .help = "list the VLAN rules of ports",
	  .asks = true },
	{ .noun = "vlan",
	  .verb = "add",
	  .usage = "PORT vid vid:VID|FIRST-LAST [pvid] [untagged]",
	  .method = "vlan.add",
	  .help = "make a port a member of VLANs",
	  .details =
	      "Frames leave with a tag, or without when `untagged`. With "
	      "`pvid` "
	      "frames that come in without a tag are of this VLAN. The rules "
	      "count in mode `8021q`. A port begins in VLAN 1, untagged." },
	{ .noun = "vlan",
	  .verb = "del",
	  .usage = "PORT vid vid:VID|FIRST-LAST",
	  .method = "vlan.del",
	  .help = "end a port's membership in VLANs" },
	{ .noun = "vlan",
	  .verb = "set",
	  .usage = "PORT [accept accept:all|tagged|untagged] "
		   "[filter filter:on|off]",
	  .method = "vlan.set",
	  .help =
	      "which frames a port takes; filter: only those of its VLANs" },
	{ .noun = "vlan",
	  .verb = "reset",
	  .usage = "PORT",
	  .method = "vlan.reset",
	  .help = "give a port the segment's rules again" },

	{ .noun = "fdb",
	  .verb = "show",
	  .usage = "[SEGMENT]",
	  .method = "fdb.show",
	  .help = "list known addresses",
	  .asks = true },
	{ .noun = "fdb",
	  .verb = "add",
	  .usage = "SEGMENT mac:ADDRESS PORT [vid vid:VID]",
	  .method = "fdb.add",
	  .help = "say by hand where an address is" },
	{ .noun = "fdb",
	  .verb = "del",
	  .usage = "SEGMENT mac:ADDRESS [vid vid:VID]",
	  .method = "fdb.del",
	  .help = "forget an address" },
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

	{ .noun = "trace",
	  .usage = "SEGMENT PORT FRAME",
	  .method = "segment.trace",
	  .help = "tell step by step why a frame would go where",
	  .details =
	      "FRAME, two hexadecimal digits an octet, would come in by PORT. "
	      "Nothing is sent, and nothing learned.",
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

	{ .noun = "reload",
	  .usage = "",
	  .method = "switch.reload",
	  .help = "read the configuration file again",
	  .details = "What it no longer says is undone, what is new in it is "
		     "done; a file with a mistake changes nothing." },

	{ .noun = "info",
	  .usage = "",
	  .method = "switch.info",
	  .help = "about the switch itself",
	  .asks = true },
	{ .noun = NULL },
};
