#include "driver/report/wire-text.h"

#include <stdio.h>

#include "driver/packet/packet.h"
#include "driver/report/story.h"

/* "43262 > 80: " between neighbours, "client.43262 > server.80: " when others
 * forward it, "client > server: " without ports. */
static void
write_ends(const struct wire_names *names, const struct wire_flow *flow,
	   const struct story_frame *frame, char *text, size_t size)
{
	char src[WIRE_NAME_TEXT_SIZE], dst[WIRE_NAME_TEXT_SIZE];
	int from = wire_names_of(names, &flow->src);
	int to = wire_names_of(names, &flow->dst);
	bool direct =
	    from >= 0 && to >= 0 && from == frame->from && to == frame->to;
	bool ports = flow->src_port != 0 || flow->dst_port != 0;

	text[0] = '\0';
	if (direct && ports)
		snprintf(text, size, "%u > %u: ", flow->src_port,
			 flow->dst_port);
	if (direct)
		return;
	wire_names_text(names, &flow->src, src);
	wire_names_text(names, &flow->dst, dst);
	if (ports)
		snprintf(text, size, "%s.%u > %s.%u: ", src, flow->src_port,
			 dst, flow->dst_port);
	else
		snprintf(text, size, "%s > %s: ", src, dst);
}

const char *
wire_text(const struct wire_names *names, const struct packet *packet,
	  const struct wire_frame *said, const struct story_frame *frame,
	  char text[static WIRE_TEXT_SIZE])
{
	char ends[2 * WIRE_NAME_TEXT_SIZE + 32] = "";
	char line[PACKET_LINE_SIZE];

	if (said->flow.src.size > 0)
		write_ends(names, &said->flow, frame, ends, sizeof(ends));
	snprintf(text, WIRE_TEXT_SIZE, "%s%s", ends,
		 packet_format_inner(packet, line));
	return text;
}
