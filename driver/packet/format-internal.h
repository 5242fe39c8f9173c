/* format-internal: what the files of format share. */
#ifndef DRIVER_PACKET_FORMAT_INTERNAL_H
#define DRIVER_PACKET_FORMAT_INTERNAL_H

#include "driver/packet/format.h"

/* A line under way. */
struct packet_line {
	const struct packet *packet; /* borrowed */
	char *text;
	size_t len;
	bool cut;
	bool inner; /* without the addresses of the outermost headers */
};

void line_add(struct packet_line *line, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/** line_text() - an address or a name, a field of @part */
const char *line_text(const struct packet_line *line,
		      const struct packet_part *part, const char *field,
		      char text[static PACKET_TEXT_SIZE]);
uint64_t line_number(const struct packet_line *line,
		     const struct packet_part *part, const char *field);
/** line_size(), line_behind() - octets from the layer's begin (or from behind it) to the end,
 * without padding */
size_t line_size(const struct packet_line *line,
		 const struct packet_part *part);
size_t line_behind(const struct packet_line *line,
		   const struct packet_part *part);

void line_icmp(struct packet_line *line, const struct packet_part *part);
void line_icmpv6(struct packet_line *line, const struct packet_part *part);
void line_tcp(struct packet_line *line, const struct packet_part *part);
void line_dns(struct packet_line *line, const struct packet_part *part);

#endif /* DRIVER_PACKET_FORMAT_INTERNAL_H */
