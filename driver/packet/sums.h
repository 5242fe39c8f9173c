/* sums: are the checksums of a frame right?  Pure. */
#ifndef DRIVER_PACKET_SUMS_H
#define DRIVER_PACKET_SUMS_H

#include "driver/packet/packet.h"

/**
 * packet_bad_sum() - the first header whose checksum is wrong: of IPv4, TCP, UDP,
 * ICMP or ICMPv6
 *
 * What is in fragments, or cut short, or has no checksum, is not wrong.
 * Return: a layer of @packet, or NULL.
 */
const struct packet_part *packet_bad_sum(const struct packet *packet);

#endif /* DRIVER_PACKET_SUMS_H */
