#include "plugins/capture/pcapng.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Block types (section 11.1). */
enum {
	BLOCK_IDB = 0x00000001,
	BLOCK_NRB = 0x00000004,
	BLOCK_ISB = 0x00000005,
	BLOCK_EPB = 0x00000006,
	BLOCK_JOURNAL = 0x00000009,
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
	OPT_COMMENT = 1,
	SHB_USERAPPL = 4,
	IF_NAME = 2,
	IF_DESCRIPTION = 3,
	IF_TSRESOL = 9,
	IF_FILTER = 11,
	IF_FCSLEN = 13,
	EPB_FLAGS = 2,
	EPB_DROPCOUNT = 4,
	ISB_STARTTIME = 2,
	ISB_ENDTIME = 3,
	ISB_IFRECV = 4,
	ISB_IFDROP = 5,
	ISB_FILTERACCEPT = 6,
	ISB_USRDELIV = 8,
};

/* Types of a name resolution block's records (4.5). */
enum { NRB_END = 0, NRB_IPV4 = 1, NRB_IPV6 = 2, NRB_EUI48 = 3 };

enum {
	TSRESOL_NS = 9,	    /* 10^-9 s */
	FILTER_IS_TEXT = 0, /* if_filter's first octet: a libpcap string */
	/* Sizes with the option's header. */
	EPB_FLAGS_SIZE = 4 + 4,
	EPB_DROPCOUNT_SIZE = 4 + 8,
	/* epb_flags from bit 2 on: whom it was meant for (4.3.1). */
	TO_UNKNOWN = 0,
	TO_ONE = 1,
	TO_SOME = 2,
	TO_ALL = 3,
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

/* Octets of @text that fit into @max, whole characters of UTF-8. */
static size_t
text_len(const char *text, size_t max)
{
	size_t len = strnlen(text, max + 1);

	if (len <= max)
		return len;
	for (len = max; len > 0 && ((uint8_t)text[len] & 0xc0) == 0x80;)
		len--;
	return len;
}

/* What put_option_text() uses. */
static size_t
option_text_size(const char *text)
{
	size_t len = text_len(text, PCAPNG_NAME_MAX);

	return 4 + len + padding(len);
}

static uint8_t *
put_option_text(uint8_t *at, uint16_t code, const char *text)
{
	size_t len = text_len(text, PCAPNG_NAME_MAX);

	at = put_option(at, code, len);
	memcpy(at, text, len);
	return put_zeros(at + len, padding(len));
}

static uint8_t *
put_option_filter(uint8_t *at, const char *filter)
{
	size_t len = strlen(filter);

	if (len == 0 || len > PCAPNG_FILTER_MAX)
		return at;
	at = put_option(at, IF_FILTER, 1 + len);
	*at++ = FILTER_IS_TEXT;
	memcpy(at, filter, len);
	return put_zeros(at + len, padding(1 + len));
}

/* Ends the block that began at @out; the total length stands at both of its
 * ends. */
static size_t
close_block(uint8_t *out, uint8_t *at)
{
	uint32_t len = (uint32_t)(at - out) + 4;

	put_u32(at, len);
	put_u32(out + PCAPNG_LEN_AT, len);
	return len;
}

/* The same behind options. */
static size_t
close_options(uint8_t *out, uint8_t *at)
{
	return close_block(out, put_option(at, OPT_END, 0));
}

size_t
pcapng_shb(uint8_t out[PCAPNG_SHB_MAX], const struct pcapng_section *section)
{
	uint8_t *at = put_u32(out, BLOCK_SHB);

	at = put_u32(at, 0); /* total length, by close_block() */
	at = put_u32(at, BYTE_ORDER_MAGIC);
	at = put_u16(at, VERSION_MAJOR);
	at = put_u16(at, VERSION_MINOR);
	at = put_u64(at, UINT64_MAX); /* section length: not specified */
	if (section->comment != NULL)
		at = put_option_text(at, OPT_COMMENT, section->comment);
	at = put_option_text(at, SHB_USERAPPL, section->application);
	return close_options(out, at);
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
	if (interface->description != NULL)
		at =
		    put_option_text(at, IF_DESCRIPTION, interface->description);
	at = put_option_u8(at, IF_TSRESOL, TSRESOL_NS);
	at = put_option_filter(at, interface->filter);
	at = put_option_u8(at, IF_FCSLEN, 0);
	return close_options(out, at);
}

size_t
pcapng_epb_size(const struct pcapng_packet *packet)
{
	size_t size = PCAPNG_EPB_HEAD_SIZE + packet->captured_len +
		      padding(packet->captured_len) + EPB_FLAGS_SIZE + 4 + 4;

	for (size_t i = 0; i < packet->n_comments; i++)
		size += option_text_size(packet->comments[i]);
	return packet->lost > 0 ? size + EPB_DROPCOUNT_SIZE : size;
}

void
pcapng_epb_head(uint8_t out[PCAPNG_EPB_HEAD_SIZE],
		const struct pcapng_packet *packet)
{
	uint8_t *at = put_u32(out, BLOCK_EPB);

	at = put_u32(at, (uint32_t)pcapng_epb_size(packet));
	at = put_u32(at, packet->interface);
	at = put_time(at, packet->time_ns);
	at = put_u32(at, packet->captured_len);
	put_u32(at, packet->original_len);
}

static uint32_t
epb_flags(const struct pcapng_packet *packet)
{
	static const uint8_t all[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	const uint8_t *to = packet->destination;
	uint32_t reception = TO_ONE;

	if (to == NULL)
		reception = TO_UNKNOWN;
	else if (memcmp(to, all, sizeof(all)) == 0)
		reception = TO_ALL;
	else if ((to[0] & 1) != 0)
		reception = TO_SOME;
	return (uint32_t)packet->direction | reception << 2;
}

size_t
pcapng_epb_tail(uint8_t out[PCAPNG_EPB_TAIL_MAX],
		const struct pcapng_packet *packet)
{
	uint8_t *at = put_zeros(out, padding(packet->captured_len));

	for (size_t i = 0; i < packet->n_comments; i++)
		at = put_option_text(at, OPT_COMMENT, packet->comments[i]);
	at = put_option(at, EPB_FLAGS, 4);
	at = put_u32(at, epb_flags(packet));
	if (packet->lost > 0)
		at = put_option_u64(at, EPB_DROPCOUNT, packet->lost);
	at = put_option(at, OPT_END, 0);
	at = put_u32(at, (uint32_t)pcapng_epb_size(packet));
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
	close_options(out, at);
}

static uint8_t *
put_name(uint8_t *at, const struct pcapng_name *name)
{
	size_t len = text_len(name->name, PCAPNG_NAME_MAX);
	size_t size = name->address_size + len + 1;
	uint16_t type = NRB_IPV4;

	if (name->address_size == 16)
		type = NRB_IPV6;
	else if (name->address_size == 6)
		type = NRB_EUI48;
	at = put_option(at, type, size);
	memcpy(at, name->address, name->address_size);
	memcpy(at + name->address_size, name->name, len);
	at[size - 1] = '\0';
	return put_zeros(at + size, padding(size));
}

size_t
pcapng_nrb(uint8_t out[PCAPNG_NRB_MAX], const struct pcapng_name *names,
	   size_t n)
{
	uint8_t *at = put_u32(out, BLOCK_NRB);

	at = put_u32(at, 0);
	for (size_t i = 0; i < n; i++)
		at = put_name(at, &names[i]);
	/* No options follow the end of the records. */
	return close_block(out, put_option(at, NRB_END, 0));
}

size_t
pcapng_mark(uint8_t out[PCAPNG_MARK_BLOCK_MAX], uint64_t time_ns,
	    const char *text)
{
	uint8_t *at = put_u32(out, BLOCK_JOURNAL);
	uint8_t *entry = put_u32(at, 0);
	size_t room = PCAPNG_MARK_BLOCK_MAX - (size_t)(entry - out);
	size_t len;

	/* PRIORITY 5 is a notice. */
	len = (size_t)snprintf((char *)entry, room,
			       "__REALTIME_TIMESTAMP=%" PRIu64
			       "\nPRIORITY=5\nSYSLOG_IDENTIFIER=vdelab\n"
			       "MESSAGE=%.*s\n",
			       time_ns / 1000,
			       (int)text_len(text, PCAPNG_MARK_MAX), text);
	return close_block(out, put_zeros(entry + len, padding(len)));
}
