/*
 * offload-rig: long frames of TCP and UDP, made from what the RFCs say; sums are
 * computed in another way than by the code under test: by octets, in 32 bits,
 * most significant first.
 */
#ifndef TESTS_OFFLOAD_RIG_H
#define TESTS_OFFLOAD_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "switch/frame.h"

enum { SAMPLE_TCP_LEN = 32, SAMPLE_UDP_LEN = 8 };

struct sample {
	uint8_t data[70000];
	size_t len, l3, l4, payload;
	int protocol;
	bool ipv6;
};

/** sample_make() - as the kernel hands it down: the pseudo header's sum in the
 * checksum's place
 * @protocol: 6 or 17; @n_tags: the first one is a service tag */
void sample_make(struct sample *f, int protocol, bool ipv6, size_t n_tags,
		 size_t payload);
/** sample_describe() - what is said of it: segments of @mss octets */
struct frame_offload sample_describe(const struct sample *f, size_t mss);
/** sample_put16() - the most significant octet first */
void sample_put16(uint8_t *p, size_t v);
/** sample_add_up() - @total and the 16-bit words of @len octets */
uint32_t sample_add_up(uint32_t total, const uint8_t *p, size_t len);
uint32_t sample_pseudo_sum(const struct sample *f, const uint8_t *data,
			   size_t len);
/** sample_l4_sum() - what the checksum of TCP and UDP covers of @data, @len
 * octets that begin as @f does: all in all 0xffff when it is right */
uint32_t sample_l4_sum(const struct sample *f, const uint8_t *data, size_t len);

#endif /* TESTS_OFFLOAD_RIG_H */
