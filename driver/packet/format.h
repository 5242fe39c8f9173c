/* format: a frame as one line, in tcpdump's words (tcpdump -n -S, with VLAN tags
 * in front).  Pure. */
#ifndef DRIVER_PACKET_FORMAT_H
#define DRIVER_PACKET_FORMAT_H

#include "driver/packet/packet.h"

enum { PACKET_LINE_SIZE = 512 }; /* longer lines end in "..." */

/** packet_format() - Return: @line */
const char *packet_format(const struct packet *packet,
			  char line[static PACKET_LINE_SIZE]);

/** packet_format_inner() - the same without addresses of Ethernet and IP,
 * ports, and options of TCP but for SYN; of DHCP also which message it is; Return: @line */
const char *packet_format_inner(const struct packet *packet,
				char line[static PACKET_LINE_SIZE]);

#endif /* DRIVER_PACKET_FORMAT_H */
