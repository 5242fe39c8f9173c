#include "switch/ports/offload.h"

#include <errno.h>
#include <string.h>

enum {
	ETH_TYPE_AT = 12,
	TYPE_IPV4 = 0x0800,
	TYPE_IPV6 = 0x86dd,
	TYPE_TAG = 0x8100,
	TYPE_SERVICE_TAG = 0x88a8,
	TAG_LEN = 4,

	IPV4_LEN_MIN = 20,
	IPV4_TOTAL_AT = 2,
	IPV4_ID_AT = 4,
	IPV4_SUM_AT = 10,
	IPV4_ADDRESSES_AT = 12,
	IPV4_ADDRESSES_LEN = 8,
	IPV6_LEN = 40,
	IPV6_PAYLOAD_AT = 4,
	IPV6_ADDRESSES_AT = 8,
	IPV6_ADDRESSES_LEN = 32,

	TCP_LEN_MIN = 20,
	TCP_SEQUENCE_AT = 4,
	TCP_DATA_OFFSET_AT = 12,
	TCP_FLAGS_AT = 13,
	TCP_SUM_AT = 16,
	TCP_FIN = 0x01,
	TCP_PSH = 0x08,
	TCP_CWR = 0x80,
	UDP_LEN = 8,
	UDP_LENGTH_AT = 4,
	UDP_SUM_AT = 6,

	PROTOCOL_TCP = 6,
	PROTOCOL_UDP = 17,
};

static uint16_t
get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static void
put16(uint8_t *p, size_t value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

static uint32_t
get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static void
put32(uint8_t *p, uint32_t value)
{
	put16(p, value >> 16);
	put16(p + 2, value & 0xffff);
}

/* ---- sums ---- */

/* Cannot overflow: 65,550 octets are less than 2^16 words of 16 bits. */
static uint64_t
sum(const uint8_t *p, size_t len)
{
	uint64_t total = 0;

	for (; len > 1; len -= 2, p += 2)
		total += get16(p);
	return len > 0 ? total + (uint64_t)(p[0] << 8) : total;
}

static uint16_t
fold(uint64_t total)
{
	while (total > 0xffff)
		total = (total & 0xffff) + (total >> 16);
	return (uint16_t)~total;
}

int
offload_checksum(uint8_t *data, size_t len, size_t start, size_t offset)
{
	uint16_t check;

	if (start > len || offset > len - start || len - start - offset < 2)
		return -EINVAL;
	check = fold(sum(data + start, len - start));
	/* To UDP zero means that there is none, and to TCP both are the same. */
	put16(data + start + offset, check != 0 ? check : 0xffff);
	return 0;
}

/* ---- splitting ---- */

/* Return: where the IP header begins; 0 when there is none. */
static size_t
find_ip(const uint8_t *data, size_t len, bool *ipv6)
{
	size_t at = ETH_TYPE_AT;

	while (at + 2 <= len && (get16(data + at) == TYPE_TAG ||
				 get16(data + at) == TYPE_SERVICE_TAG))
		at += TAG_LEN;
	if (at + 2 > len)
		return 0;
	*ipv6 = get16(data + at) == TYPE_IPV6;
	return *ipv6 || get16(data + at) == TYPE_IPV4 ? at + 2 : 0;
}

static bool
ip_header_fits(const struct offload_split *s)
{
	const uint8_t *ip = s->data + s->l3;

	if (s->l4 < s->l3 || s->l4 > s->len)
		return false;
	if (s->ipv6) /* there may be extension headers in between */
		return s->l4 - s->l3 >= IPV6_LEN && ip[0] >> 4 == 6;
	return s->l4 - s->l3 >= IPV4_LEN_MIN && ip[0] >> 4 == 4 &&
	       (size_t)(ip[0] & 0xf) * 4 == s->l4 - s->l3;
}

/* Return: the length of the TCP or UDP header; 0 when it is not whole. */
static size_t
l4_header_len(const struct offload_split *s)
{
	size_t left = s->len - s->l4, len = UDP_LEN;

	if (s->kind == OFFLOAD_TCP) {
		if (left < TCP_LEN_MIN)
			return 0;
		len = (size_t)(s->data[s->l4 + TCP_DATA_OFFSET_AT] >> 4) * 4;
		if (len < TCP_LEN_MIN)
			return 0;
	}
	return len <= left ? len : 0;
}

int
offload_split_init(struct offload_split *s, const uint8_t *data, size_t len,
		   enum offload_kind kind, size_t l4, size_t piece_len)
{
	size_t l4_len;

	*s = (struct offload_split){ .data = data,
				     .len = len,
				     .kind = kind,
				     .l4 = l4,
				     .piece_len = piece_len };
	s->l3 = find_ip(data, len, &s->ipv6);
	if (s->l3 == 0 || piece_len == 0 || !ip_header_fits(s))
		return -EINVAL;
	l4_len = l4_header_len(s);
	s->header_len = l4 + l4_len;
	return l4_len > 0 && s->header_len < len ? 0 : -EINVAL;
}

size_t
offload_split_next_len(const struct offload_split *s)
{
	size_t left = s->len - s->header_len - s->done;

	if (left == 0)
		return 0;
	return s->header_len + (left < s->piece_len ? left : s->piece_len);
}

static void
fix_ip(const struct offload_split *s, uint8_t *to, size_t len)
{
	uint8_t *ip = to + s->l3;

	if (s->ipv6) {
		put16(ip + IPV6_PAYLOAD_AT, len - s->l3 - IPV6_LEN);
		return;
	}
	put16(ip + IPV4_TOTAL_AT, len - s->l3);
	put16(ip + IPV4_ID_AT, get16(ip + IPV4_ID_AT) + s->done / s->piece_len);
	put16(ip + IPV4_SUM_AT, 0);
	put16(ip + IPV4_SUM_AT, fold(sum(ip, s->l4 - s->l3)));
}

static void
fix_tcp(const struct offload_split *s, uint8_t *tcp, bool last)
{
	put32(tcp + TCP_SEQUENCE_AT,
	      get32(tcp + TCP_SEQUENCE_AT) + (uint32_t)s->done);
	if (!last)
		tcp[TCP_FLAGS_AT] &= (uint8_t) ~(TCP_FIN | TCP_PSH);
	if (s->done > 0)
		tcp[TCP_FLAGS_AT] &= (uint8_t)~TCP_CWR;
}

/* The checksum from nothing: pseudo header, header and payload. */
static void
fix_checksum(const struct offload_split *s, uint8_t *to, size_t len)
{
	const uint8_t *addresses =
	    to + s->l3 + (s->ipv6 ? IPV6_ADDRESSES_AT : IPV4_ADDRESSES_AT);
	size_t n = s->ipv6 ? IPV6_ADDRESSES_LEN : IPV4_ADDRESSES_LEN;
	size_t offset = s->kind == OFFLOAD_TCP ? TCP_SUM_AT : UDP_SUM_AT;
	uint64_t pseudo = sum(addresses, n) + len - s->l4;

	pseudo += s->kind == OFFLOAD_TCP ? PROTOCOL_TCP : PROTOCOL_UDP;
	put16(to + s->l4 + offset, (uint16_t)~fold(pseudo));
	(void)offload_checksum(to, len, s->l4, offset);
}

void
offload_split_next(struct offload_split *s, uint8_t *to)
{
	size_t len = offload_split_next_len(s);
	size_t payload = len - s->header_len;
	bool last = s->header_len + s->done + payload == s->len;

	memcpy(to, s->data, s->header_len);
	memcpy(to + s->header_len, s->data + s->header_len + s->done, payload);
	fix_ip(s, to, len);
	if (s->kind == OFFLOAD_TCP)
		fix_tcp(s, to + s->l4, last);
	else
		put16(to + s->l4 + UDP_LENGTH_AT, len - s->l4);
	fix_checksum(s, to, len);
	s->done += payload;
}
