/* wire-text: a frame as one line for people who see from whom it came to whom
 * it goes. */
#ifndef DRIVER_REPORT_WIRE_TEXT_H
#define DRIVER_REPORT_WIRE_TEXT_H

#include "driver/packet/format.h"
#include "driver/report/wire-names.h"

struct packet;
struct story_frame;

enum { WIRE_TEXT_SIZE = PACKET_LINE_SIZE + 2 * WIRE_NAME_TEXT_SIZE + 32 };

/**
 * wire_text() - without time and Ethernet addresses; with IP addresses, by names,
 * where they are not those of the machines that the frame comes from and goes to
 * @frame: .from and .to are set
 *
 * Return: @text.
 */
const char *wire_text(const struct wire_names *names,
		      const struct packet *packet,
		      const struct wire_frame *said,
		      const struct story_frame *frame,
		      char text[static WIRE_TEXT_SIZE]);

#endif /* DRIVER_REPORT_WIRE_TEXT_H */
