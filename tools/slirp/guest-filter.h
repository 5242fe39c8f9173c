/*
 * guest-filter: which frames of a guest libslirp gets to see.  Pure.
 *
 * What nobody needs here is kept from code that has had its memory errors: all
 * but ARP and IPv4 and, in a restricted network, fragments and UDP but for DHCP
 * (TFTP, above all).  Nor may a guest name the host's loopback: libslirp hands
 * such an address to connect() as it is.
 */
#ifndef TOOLS_SLIRP_GUEST_FILTER_H
#define TOOLS_SLIRP_GUEST_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** guest_filter_passes() - may this frame go on?  @frame is borrowed. */
bool guest_filter_passes(const uint8_t *frame, size_t len, bool restricted);

/** guest_filter_is_dhcp() - does it ask for an address?  @frame is borrowed. */
bool guest_filter_is_dhcp(const uint8_t *frame, size_t len);

#endif /* TOOLS_SLIRP_GUEST_FILTER_H */
