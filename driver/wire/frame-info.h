/*
 * frame-info: what a frame says in its headers, for scripts and reports.
 * Pure; safe on any bytes.
 */
#ifndef DRIVER_WIRE_FRAME_INFO_H
#define DRIVER_WIRE_FRAME_INFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/mac.h"

enum { FRAME_INFO_ADDRESS_SIZE = 46 };

struct frame_info {
	struct mac dst, src;
	uint16_t ethertype; /* behind any tags; a length below 0x600 */
	int vid;	    /* of the outer 802.1Q/802.1ad tag; -1: untagged */
	/* "" unless IPv4, IPv6 or ARP */
	char ip_src[FRAME_INFO_ADDRESS_SIZE];
	char ip_dst[FRAME_INFO_ADDRESS_SIZE];
	int ip_protocol; /* or next header behind no extension; -1: none */
	int src_port;	 /* TCP, UDP, SCTP; -1: none, or not the 1st fragment */
	int dst_port;
};

/** frame_info_parse() - Return: false for less than an Ethernet header */
bool frame_info_parse(const uint8_t *data, size_t size,
		      struct frame_info *info);
/** frame_info_protocol() - "tcp", "icmp", "arp", "ipv6-icmp", or "0x88cc" */
const char *frame_info_protocol(const struct frame_info *info, char *text,
				size_t size);

#endif /* DRIVER_WIRE_FRAME_INFO_H */
