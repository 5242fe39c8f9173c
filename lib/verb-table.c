#include "lib/verb.h"

#include "lib/cli.h"
#include "lib/verb-plugins.h"

static const struct cli_option fdb_flush_options[] = {
	{ "port", 'i', "PORT", "only addresses learned there" },
	{ .name = NULL },
};

const struct verb_noun verb_nouns[] = {
	{ .name = "segment", .help = "isolated Ethernet segments" },
	{ .name = "port", .help = "what is attached to them" },
	{ .name = "link",
	  .help = "cut, suspend and flap ports; lose or hold single frames",
	  .details = "These need the plugin `link`." },
	{ .name = "netem",
	  .help = "lose, delay and spoil frames",
	  .details = "These need the plugin `netem`." },
	{ .name = "vlan", .help = "which VLANs a port is in" },
	{ .name = "stp",
	  .help = "the spanning tree: who forwards, and who stands by" },
	{ .name = "fdb", .help = "which address is behind which port" },
	{ .name = "capture",
	  .help = "record frames as pcapng",
	  .details = "These need the plugin `capture`." },
	{ .name = "filter",
	  .help = "let frames pass or drop them, by rules",
	  .details = "These need the plugin `filter`." },
	{ .name = "mirror",
	  .help = "send copies of frames to a port",
	  .details = "These need the plugin `mirror`." },
	{ .name = "dhcp",
	  .help = "addresses that DHCP servers gave",
	  .details = "These need the plugin `dhcp`; `port add SEGMENT dhcp` "
		     "makes a server." },
	{ .name = "storm",
	  .help = "limit what ports may have flooded",
	  .details = "These need the plugin `storm`." },
	{ .name = "pipe",
	  .help = "a program that decides on frames",
	  .details = "These need the plugin `pipe`." },
	{ .name = "portsec",
	  .help = "limit which stations are behind a port",
	  .details = "These need the plugin `portsec`." },
	{ .name = "stats", .help = "what became of the frames" },
	{ .name = "trace", .help = "why a frame would go where" },
	{ .name = "plugin", .help = "load and unload plugins" },
	{ .name = "reload", .help = "read the configuration file again" },
	{ .name = "info", .help = "about the switch itself" },
	{ .name = NULL },
};

#define SEGMENT_SETTINGS                                                       \
	"[mode mode:bridge|hub|8021q] [ageing ageing:SECONDS] "                \
	"[table table:N] "                                                     \
	"[protocol protocol:802.1q|802.1ad] [pvid pvid:VID] "                  \
	"[stp stp:off|stp|rstp]"

static const struct verb rows[] = {
	{ .noun = "segment",
	  .verb = "show",
	  .usage = "[SEGMENT]",
	  .method = "segment.show",
	  .help = "list segments",
	  .details = "Their ports, how many of the addresses they can learn "
		     "are known, and the directory that peers attach to.",
	  .asks = true },
	{ .noun = "segment",
	  .verb = "add",
	  .usage = "NAME [worker worker:N] " SEGMENT_SETTINGS,
	  .method = "segment.add",
	  .help = "make a segment",
	  .details = "Also its sockets, to which peers attach. A name is a "
		     "letter, then letters, digits and `-`, all small. "
		     "`worker`: of those of `--workers`, whose thread moves "
		     "its frames; else the one with the fewest segments. "
		     "Settings are those of `segment set`." },
	{ .noun = "segment",
	  .verb = "set",
	  .usage = "SEGMENT " SEGMENT_SETTINGS,
	  .method = "segment.set",
	  .help = "change how it treats frames",
	  .details =
	      "`mode` `bridge`, the default, learns where addresses are and "
	      "lets every frame cross untouched, tags included; a `hub` sends "
	      "every frame to all others; `8021q` applies the rules of `vlan`. "
	      "`ageing`: seconds of silence after which an address is "
	      "forgotten. `table`: how many it knows at most, 16 to 65536; "
	      "8192 "
	      "at first. `protocol`: whose tags the rules are about; 802.1ad "
	      "is QinQ. `pvid`: the VLAN of ports without rules of their own, "
	      "1 at first; 4095: none. `stp`: be a bridge of the spanning "
	      "tree, IEEE 802.1D-2004 (`rstp`) or -1998 (`stp`)." },
	{ .noun = "segment",
	  .verb = "del",
	  .usage = "SEGMENT",
	  .method = "segment.del",
	  .help = "remove a segment and its ports",
	  .details = "Clients are disconnected, and its sockets go." },

	{ .noun = "port",
	  .verb = "show",
	  .usage = "[SEGMENT]",
	  .method = "port.show",
	  .help = "list ports; -s: with all counters",
	  .details =
	      "Frames received from the peer (RX) and sent to it (TX), and who "
	      "the peer is. With `-s` also octets, frames that came in to be "
	      "flooded (broadcast, multicast, to unknown stations), frames "
	      "that wait to be sent, and dropped frames by reason. A client "
	      "that attaches by itself gets a port that is named after its "
	      "kind and number: `vde0`, `stream1`.",
	  .asks = true },
	{ .noun = "port",
	  .verb = "add",
	  .usage = "SEGMENT KIND [name NAME] [mtu mtu:BYTES] [KEY=VALUE...]",
	  .rest = "argv",
	  .method = "port.add",
	  .help = "attach a port; prints its name",
	  .details =
	      "`port kinds` lists the kinds and their keys. `stream` connects "
	      "to the unix socket `path` and speaks as `DIR/SEGMENT/stream` "
	      "does; `dgram` binds `path` and sends to `remote`; both take a "
	      "descriptor instead, as QEMU, passt, vfkit and krun have them. "
	      "`tap` is the kernel, by the interface `dev` or one called like "
	      "the port; `packet` the interface `dev`, an end of a veth; "
	      "`mcast` the QEMU network at `addr`, as 230.0.0.1:1234; `plug` "
	      "a place on the VDE switch whose directory is `sock`; `exec` "
	      "the PROGRAM behind `--`, which is a station itself; `slirp` "
	      "the host's network, with NAT and DHCP. `dummy` "
	      "is a port without a peer, for tests. A name is made of small "
	      "letters, digits, `.`, `_` and `-`, at most 63 of them.",
	  .files = "path remote sock tftp" },
	{ .noun = "port",
	  .verb = "kinds",
	  .usage = "",
	  .method = "port.kinds",
	  .help = "list the kinds of port, and what `port add` takes for each",
	  .asks = true },
	{ .noun = "port",
	  .verb = "declare",
	  .usage = "NAME segment SEGMENT [socket SOCKET] [kind KIND] "
		   "[description DESCRIPTION] [number number:N] [uid uid:N] "
		   "[mac MAC] [mtu mtu:BYTES]",
	  .method = "port.declare",
	  .help = "say what the port of a peer will be that is to attach",
	  .details =
	      "Whoever attaches by the sockets of `socket` (default: those of "
	      "`segment`) and is what is given becomes port NAME on `segment`. "
	      "`kind` is vde or stream, `description` a pattern for what a VDE "
	      "client calls itself, `number` the port that it asks for, `uid` "
	      "whose it is, `mac` the source of its first frame. Commands "
	      "about the port (`vlan`, `link set`, `fdb add`, `plugin load`) "
	      "may come before it does." },
	{ .noun = "port",
	  .verb = "undeclare",
	  .usage = "PORT",
	  .method = "port.undeclare",
	  .help = "declare it no more; it stays until its peer goes" },
	{ .noun = "port",
	  .verb = "set",
	  .usage = "PORT [mtu mtu:BYTES] [description DESCRIPTION] "
		   "[reconnect reconnect:MS] [spin spin:USEC]",
	  .method = "port.set",
	  .help = "change a port",
	  .details =
	      "Its MTU, a description for people, and of stream ports that "
	      "connect again after how many milliseconds they first try, and "
	      "of vhost-user ports for how many microseconds they look for "
	      "another frame before they wait to be woken." },
	{ .noun = "port",
	  .verb = "del",
	  .usage = "PORT",
	  .method = "port.del",
	  .help = "remove a port",
	  .details = "Its peer is disconnected." },

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
	  .details = "Frames leave with a tag, or without when `untagged`. "
		     "With `pvid` frames that come in without a tag are of "
		     "this VLAN. The rules count in mode `8021q`. A port "
		     "begins in VLAN 1, untagged." },
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
	  .help = "which frames a port takes; filter: only those of its VLANs",
	  .details = "`accept` tells by their tags; `filter` is on at first." },
	{ .noun = "vlan",
	  .verb = "reset",
	  .usage = "PORT",
	  .method = "vlan.reset",
	  .help = "give a port the segment's rules again" },

	{ .noun = "stp",
	  .verb = "show",
	  .usage = "[SEGMENT]",
	  .method = "stp.show",
	  .help = "the spanning tree as it is seen here; -s: with counters",
	  .asks = true },
	{ .noun = "stp",
	  .verb = "set",
	  .usage = "SEGMENT [priority priority:N] "
		   "[hello-time hello_time:SECONDS] [max-age max_age:SECONDS] "
		   "[forward-delay forward_delay:SECONDS] "
		   "[hold-count hold_count:N] [address address:MAC]",
	  .method = "stp.set",
	  .help = "settings of a segment as a bridge",
	  .details =
	      "`segment set` SEGMENT `stp=rstp` turns the spanning tree on. "
	      "The bridge with the lowest `priority`, a multiple of 4096, "
	      "32768 at first, becomes the root; its times hold for all." },
	{ .noun = "stp",
	  .verb = "reset",
	  .usage = "SEGMENT",
	  .method = "stp.reset",
	  .help = "give a segment the default settings again" },
	{ .noun = "stp",
	  .verb = "set-port",
	  .usage = "PORT [priority priority:N] [cost cost:N] "
		   "[edge edge:auto|yes|no] "
		   "[link link:auto|point-to-point|shared]",
	  .method = "stp.set-port",
	  .help = "settings of a port",
	  .details =
	      "`cost` is that of the way by this port, 20000 at first. With "
	      "`edge=yes` the port forwards at once, until a bridge is heard "
	      "behind it; with `auto` three seconds after it came up." },
	{ .noun = "stp",
	  .verb = "migrate",
	  .usage = "PORT",
	  .method = "stp.migrate",
	  .help = "speak RSTP again to a neighbour that spoke STP" },

	{ .noun = "fdb",
	  .verb = "show",
	  .usage = "[SEGMENT]",
	  .method = "fdb.show",
	  .help = "list known addresses",
	  .details = "With their VLAN (0 without tag), port, and the time "
		     "since they were seen.",
	  .asks = true },
	{ .noun = "fdb",
	  .verb = "add",
	  .usage = "SEGMENT mac:ADDRESS PORT [vid vid:VID]",
	  .method = "fdb.add",
	  .help = "say by hand where an address is",
	  .details = "Such a static address neither ages nor moves, and goes "
		     "with its port." },
	{ .noun = "fdb",
	  .verb = "del",
	  .usage = "SEGMENT mac:ADDRESS [vid vid:VID] [port PORT]",
	  .method = "fdb.del",
	  .help = "forget an address",
	  .details =
	      "Static or learned; with every VID, and behind whichever port, "
	      "unless told otherwise." },
	{ .noun = "fdb",
	  .verb = "flush",
	  .usage = "[SEGMENT] [port PORT]",
	  .method = "fdb.flush",
	  .help = "forget learned addresses",
	  .details =
	      "All, or those of a segment, or those learned from a port.",
	  .options = fdb_flush_options },

	{ .noun = "stats",
	  .verb = "show",
	  .usage = "[SEGMENT]",
	  .method = "stats.show",
	  .help = "what became of the frames",
	  .details =
	      "Every frame that was received (RX) or made by the switch (MADE) "
	      "and every copy made for flooding (COPIES) has been sent (TX), "
	      "or dropped and counted by reason, or waits in a queue, or is "
	      "held by a plugin. With `--check`, sums that differ are told, "
	      "and the exit status is 1.",
	  .asks = true },

	{ .noun = "trace",
	  .usage = "SEGMENT PORT FRAME",
	  .method = "segment.trace",
	  .help = "tell step by step why a frame would go where",
	  .details = "FRAME, two hexadecimal digits an octet, would come in by "
		     "PORT. Nothing is sent, and nothing learned.",
	  .asks = true },

	{ .noun = "plugin",
	  .verb = "show",
	  .usage = "",
	  .method = "plugin.show",
	  .help = "list plugins; -s: with counters",
	  .asks = true },
	{ .noun = "plugin",
	  .verb = "load",
	  .usage = "plugin:NAME [id ID] [segment SEGMENT] [port PORT] "
		   "[dir dir:in|out|both] [order ORDER] [KEY=VALUE...]",
	  .rest = "argv",
	  .method = "plugin.load",
	  .help = "start a plugin, for everything or for a segment or port; "
		  "prints its id",
	  .details =
	      "`NAME` is that of a plugin that is installed, or the "
	      "path of a file. With `dir` only what ports send (`in`) or "
	      "receive (`out`) counts; plugins see a frame in ascending "
	      "`order`, mostly 500. `ID`, else the plugin's name and "
	      "perhaps a number, is the first word of its own commands. "
	      "Other keys are the plugin's own options.",
	  .into = "options",
	  .files = "plugin/" },
	{ .noun = "plugin",
	  .verb = "set",
	  .usage = "ID [KEY=VALUE...]",
	  .method = "plugin.set",
	  .help = "change options of a plugin while frames flow",
	  .details = "All of them, or none when it says no.",
	  .into = "options" },
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
	  .verb = "show",
	  .usage = "",
	  .method = "switch.info",
	  .help = "about the switch itself",
	  .details = "Its version, process, directory and size.",
	  .asks = true },
};

const struct verb *
verb_row(size_t i)
{
	size_t n = sizeof(rows) / sizeof(rows[0]);

	return i < n ? &rows[i] : verb_plugin_row(i - n);
}
