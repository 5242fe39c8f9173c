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
	{ .name = NULL },
};

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
	  .usage = "PORT state:block|unblock [direction:in|out|both]",
	  .method = "link.set",
	  .help =
	      "drop, silently, what a port sends (in) or would receive (out)",
	  .details = "In both directions unless told otherwise. The peer stays "
		     "attached and a guest keeps its carrier." },

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
	  .details =
	      "The switch writes them to a file, and goes on when this command "
	      "has ended. It has the options of `capture` as keywords, too.",
	  .options = capture_options,
	  .files = "file" },
	{ .noun = "capture",
	  .verb = "stop",
	  .usage = "ID",
	  .method = "capture.stop",
	  .help = "end a capture; returns when everything is written" },
};

const struct verb *
verb_plugin_row(size_t i)
{
	return i < sizeof(rows) / sizeof(rows[0]) ? &rows[i] : NULL;
}
