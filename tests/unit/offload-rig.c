#include "tests/unit/offload-rig.h"

#include <string.h>

uint32_t
sample_add_up(uint32_t total, const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		total += (i & 1) == 0 ? (uint32_t)p[i] << 8 : p[i];
		total = (total & 0xffff) + (total >> 16);
	}
	return total;
}

void
sample_put16(uint8_t *p, size_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

uint32_t
sample_pseudo_sum(const struct sample *f, const uint8_t *data, size_t len)
{
	uint8_t pseudo[4] = { 0, (uint8_t)f->protocol };
	uint32_t total = sample_add_up(0, data + f->l3 + (f->ipv6 ? 8 : 12),
				       f->ipv6 ? 32 : 8);

	sample_put16(pseudo + 2, len - f->l4);
	return sample_add_up(total, pseudo, 4);
}

uint32_t
sample_l4_sum(const struct sample *f, const uint8_t *data, size_t len)
{
	return sample_add_up(sample_pseudo_sum(f, data, len), data + f->l4,
			     len - f->l4);
}

void
sample_make(struct sample *f, int protocol, bool ipv6, size_t n_tags,
	    size_t payload)
{
	size_t l4_len = protocol == 6 ? SAMPLE_TCP_LEN : SAMPLE_UDP_LEN;
	uint8_t *ip, *l4;

	memset(f, 0, sizeof(*f));
	f->protocol = protocol;
	f->ipv6 = ipv6;
	f->l3 = 14 + 4 * n_tags;
	f->l4 = f->l3 + (ipv6 ? 40 : 20);
	f->payload = payload;
	f->len = f->l4 + l4_len + payload;
	for (size_t i = 0; i < 12; i++)
		f->data[i] = (uint8_t)(0x50 + i);
	for (size_t i = 0; i < n_tags; i++)
		sample_put16(f->data + 12 + 4 * i, i == 0 ? 0x88a8 : 0x8100);
	sample_put16(f->data + f->l3 - 2, ipv6 ? 0x86dd : 0x0800);
	ip = f->data + f->l3;
	l4 = f->data + f->l4;
	ip[0] = ipv6 ? 0x60 : 0x45;
	sample_put16(ip + (ipv6 ? 4 : 2), f->len - f->l3 - (ipv6 ? 40 : 0));
	ip[ipv6 ? 6 : 9] = (uint8_t)protocol;
	if (!ipv6)
		sample_put16(ip + 4, 0xfffe); /* its number soon begins anew */
	for (size_t i = 0; i < (ipv6 ? 32u : 8u); i++)
		ip[(ipv6 ? 8 : 12) + i] = (uint8_t)(7 * i + 200);
	for (size_t i = 0; i < 4; i++)
		l4[i] = (uint8_t)(i + 1); /* ports */
	if (protocol == 6) {
		memset(l4 + 4, 0xff, 4); /* the sequence, too */
		l4[12] = SAMPLE_TCP_LEN / 4 << 4;
		l4[13] = 0x99; /* CWR ACK PSH FIN */
	} else {
		sample_put16(l4 + 4, f->len - f->l4);
	}
	for (size_t i = 0; i < payload; i++)
		l4[l4_len + i] = (uint8_t)(i * 31 + (i >> 8));
	sample_put16(l4 + (protocol == 6 ? 16 : 6),
		     sample_pseudo_sum(f, f->data, f->len));
}

struct frame_offload
sample_describe(const struct sample *f, size_t mss)
{
	bool tcp = f->protocol == 6;

	return (struct frame_offload){
		.segmentation = !tcp	  ? FRAME_SEGMENT_UDP_L4
				: f->ipv6 ? FRAME_SEGMENT_TCP6
					  : FRAME_SEGMENT_TCP4,
		.needs_checksum = true,
		.segment_len = (uint16_t)mss,
		.checksum_start = (uint16_t)f->l4,
		.checksum_offset = tcp ? 16 : 6,
	};
}
