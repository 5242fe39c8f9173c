/*
 * guest-filter: which frames of a guest libslirp gets to see.  Pure.
 *
 * What nobody needs here is kept from code that has had its memory errors: all
 * but ARP, IPv4 and, where there is that network, IPv6; in a restricted one,
 * fragments and UDP but for DHCP and, where files are offered, TFTP.  Nor may a
 * guest name the host's loopback: libslirp hands such an address to connect()
 * as it is.
 */
#ifndef TOOLS_SLIRP_GUEST_FILTER_H
#define TOOLS_SLIRP_GUEST_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct guest_rules {
	bool restricted;
	bool tftp;
	bool ipv6;
};

/** guest_filter_passes() - may this frame go on?  All is borrowed. */
bool guest_filter_passes(const uint8_t *frame, size_t len,
			 const struct guest_rules *rules);

/** guest_filter_is_dhcp() - does it ask for an address?  @frame is borrowed. */
bool guest_filter_is_dhcp(const uint8_t *frame, size_t len);

#endif /* TOOLS_SLIRP_GUEST_FILTER_H */
