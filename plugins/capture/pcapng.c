#include "plugins/capture/pcapng.h"

#include <string.h>

/* Block types (section 11.1). */
enum {
	BLOCK_IDB = 0x00000001,
	BLOCK_ISB = 0x00000005,
	BLOCK_EPB = 0x00000006,
	BLOCK_SHB = 0x0A0D0D0A,
};

enum {
	BYTE_ORDER_MAGIC = 0x1A2B3C4D,
	VERSION_MAJOR = 1,
	VERSION_MINOR = 0,
	LINKTYPE_ETHERNET = 1,
};

/* Option codes; each kind of block has its own (3.5, 4.1, 4.2, 4.3, 4.6). */
enum {
	OPT_END = 0,
	SHB_USERAPPL = 4,
	IF_NAME = 2,
	IF_TSRESOL = 9,
	IF_FILTER = 11,
	IF_FCSLEN = 13,
	EPB_FLAGS = 2,
	ISB_STARTTIME = 2,
	ISB_ENDTIME = 3,
	ISB_IFRECV = 4,
	ISB_IFDROP = 5,
	ISB_FILTERACCEPT = 6,
	ISB_USRDELIV = 8,
};

enum {
	TSRESOL_NS = 9,		/* 10^-9 s */
	FILTER_IS_TEXT = 0,	/* if_filter's first octet: a libpcap string */
	EPB_FLAGS_SIZE = 4 + 4, /* option header and value */
};

static uint8_t *
put_u16(uint8_t *at, uint16_t v)
{
	at[0] = (uint8_t)v;
	at[1] = (uint8_t)(v >> 8);
	return at + 2;
}

static uint8_t *
put_u32(uint8_t *at, uint32_t v)
{
	return put_u16(put_u16(at, (uint16_t)v), (uint16_t)(v >> 16));
}

static uint8_t *
put_u64(uint8_t *at, uint64_t v)
{
	return put_u32(put_u32(at, (uint32_t)v), (uint32_t)(v >> 32));
}

/* Times are two words, the upper one first (4.3). */
static uint8_t *
put_time(uint8_t *at, uint64_t time_ns)
{
	return put_u32(put_u32(at, (uint32_t)(time_ns >> 32)),
		       (uint32_t)time_ns);
}

static size_t
padding(size_t len)
{
	return (4 - len % 4) % 4;
}

static uint8_t *
put_zeros(uint8_t *at, size_t n)
{
	memset(at, 0, n);
	return at + n;
}

static uint8_t *
put_option(uint8_t *at, uint16_t code, size_t len)
{
	return put_u16(put_u16(at, code), (uint16_t)len);
}

static uint8_t *
put_option_u8(uint8_t *at, uint16_t code, uint8_t v)
{
	at = put_option(at, code, 1);
	*at++ = v;
	return put_zeros(at, padding(1));
}

static uint8_t *
put_option_u64(uint8_t *at, uint16_t code, uint64_t v)
{
	return put_u64(put_option(at, code, sizeof(v)), v);
}

static uint8_t *
put_option_time(uint8_t *at, uint16_t code, uint64_t time_ns)
{
	return put_time(put_option(at, code, sizeof(time_ns)), time_ns);
}

static uint8_t *
put_option_text(uint8_t *at, uint16_t code, const char *text)
{
	size_t len = strnlen(text, PCAPNG_NAME_MAX);

	at = put_option(at, code, len);
	memcpy(at, text, len);
	return put_zeros(at + len, padding(len));
}

static uint8_t *
put_option_filter(uint8_t *at, const char *filter)
{
	size_t len = filter != NULL ? strlen(filter) : 0;

	if (len == 0 || len > PCAPNG_FILTER_MAX)
		return at;
	at = put_option(at, IF_FILTER, 1 + len);
	*at++ = FILTER_IS_TEXT;
	memcpy(at, filter, len);
	return put_zeros(at + len, padding(1 + len));
}

/* Ends the options, and the block that began at @out; the total length stands
 * at both of its ends. */
static size_t
close_block(uint8_t *out, uint8_t *at)
{
	uint32_t len;

	at = put_option(at, OPT_END, 0);
	len = (uint32_t)(at - out) + 4;
	put_u32(at, len);
	put_u32(out + PCAPNG_LEN_AT, len);
	return len;
}

size_t
pcapng_shb(uint8_t out[PCAPNG_SHB_MAX], const char *application)
{
	uint8_t *at = put_u32(out, BLOCK_SHB);

	at = put_u32(at, 0); /* total length, by close_block() */
	at = put_u32(at, BYTE_ORDER_MAGIC);
	at = put_u16(at, VERSION_MAJOR);
	at = put_u16(at, VERSION_MINOR);
	at = put_u64(at, UINT64_MAX); /* section length: not specified */
	at = put_option_text(at, SHB_USERAPPL, application);
	return close_block(out, at);
}

size_t
pcapng_idb(uint8_t out[PCAPNG_IDB_MAX],
	   const struct pcapng_interface *interface)
{
	uint8_t *at = put_u32(out, BLOCK_IDB);

	at = put_u32(at, 0);
	at = put_u16(at, LINKTYPE_ETHERNET);
	at = put_u16(at, 0); /* reserved */
	at = put_u32(at, interface->snaplen);
	at = put_option_text(at, IF_NAME, interface->name);
	at = put_option_u8(at, IF_TSRESOL, TSRESOL_NS);
	at = put_option_filter(at, interface->filter);
	at = put_option_u8(at, IF_FCSLEN, 0);
	return close_block(out, at);
}

size_t
pcapng_epb_size(uint32_t captured_len)
{
	return PCAPNG_EPB_HEAD_SIZE + captured_len + padding(captured_len) +
	       EPB_FLAGS_SIZE + 4 + 4;
}

void
pcapng_epb_head(uint8_t out[PCAPNG_EPB_HEAD_SIZE],
		const struct pcapng_packet *packet)
{
	uint8_t *at = put_u32(out, BLOCK_EPB);

	at = put_u32(at, (uint32_t)pcapng_epb_size(packet->captured_len));
	at = put_u32(at, packet->interface);
	at = put_time(at, packet->time_ns);
	at = put_u32(at, packet->captured_len);
	put_u32(at, packet->original_len);
}

size_t
pcapng_epb_tail(uint8_t out[PCAPNG_EPB_TAIL_MAX],
		const struct pcapng_packet *packet)
{
	uint8_t *at = put_zeros(out, padding(packet->captured_len));

	at = put_option(at, EPB_FLAGS, 4);
	at = put_u32(at, (uint32_t)packet->direction); /* bits 0 and 1 */
	at = put_option(at, OPT_END, 0);
	at = put_u32(at, (uint32_t)pcapng_epb_size(packet->captured_len));
	return (size_t)(at - out);
}

void
pcapng_isb(uint8_t out[PCAPNG_ISB_SIZE], const struct pcapng_stats *stats)
{
	uint8_t *at = put_u32(out, BLOCK_ISB);

	at = put_u32(at, 0);
	at = put_u32(at, stats->interface);
	at = put_time(at, stats->time_ns);
	at = put_option_time(at, ISB_STARTTIME, stats->start_ns);
	at = put_option_time(at, ISB_ENDTIME, stats->end_ns);
	at = put_option_u64(at, ISB_IFRECV, stats->received);
	at = put_option_u64(at, ISB_IFDROP, stats->dropped);
	at = put_option_u64(at, ISB_FILTERACCEPT, stats->accepted);
	at = put_option_u64(at, ISB_USRDELIV, stats->delivered);
	close_block(out, at);
}

uint32_t
pcapng_block_len(const uint8_t field[4])
{
	return (uint32_t)field[0] | (uint32_t)field[1] << 8 |
	       (uint32_t)field[2] << 16 | (uint32_t)field[3] << 24;
}
