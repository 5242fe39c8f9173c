/*
 * pcapng: the blocks of a capture file as bytes (draft-ietf-opsawg-pcapng; the
 * sections named here are that document's).
 *
 * Pure: facts in, bytes out.  Integers are little-endian whatever the machine
 * (section 4.1 leaves the choice to the writer), times are nanoseconds since
 * 1970 UTC, and every block is a multiple of 4 bytes long (section 3.1).
 */
#ifndef CAPTURE_PCAPNG_H
#define CAPTURE_PCAPNG_H

#include <stddef.h>
#include <stdint.h>

enum {
	PCAPNG_LEN_AT = 4,     /* where any block states its total length */
	PCAPNG_NAME_MAX = 255, /* octets of a name in a block */
	PCAPNG_FILTER_MAX = 1023,
	/* Upper bounds of what the functions below fill in. */
	PCAPNG_SHB_MAX = 28 + 4 + 256 + 4,
	PCAPNG_IDB_MAX = 20 + (4 + 256) + (4 + 4) + (4 + 1024) + (4 + 4) + 4,
	PCAPNG_ISB_SIZE = 24 + 6 * (4 + 8) + 4,
	PCAPNG_EPB_HEAD_SIZE = 28,
	PCAPNG_EPB_TAIL_MAX = 3 + (4 + 4) + 4 + 4,
};

enum pcapng_direction { PCAPNG_UNKNOWN, PCAPNG_INBOUND, PCAPNG_OUTBOUND };

struct pcapng_interface {
	const char *name;   /* its first PCAPNG_NAME_MAX octets are used */
	const char *filter; /* NULL: none; one beyond PCAPNG_FILTER_MAX is not
			       recorded, since half a filter is another one */
	uint32_t snaplen;   /* octets of a frame that are kept; 0 = all */
};

struct pcapng_packet {
	uint32_t interface; /* 0 is the first one described, and so on */
	uint64_t time_ns;
	uint32_t captured_len;
	uint32_t original_len;
	enum pcapng_direction direction;
};

/* Frames of one interface since the capture began. */
struct pcapng_stats {
	uint32_t interface;
	uint64_t time_ns; /* of the statistics */
	uint64_t start_ns, end_ns;
	uint64_t received;  /* seen */
	uint64_t accepted;  /* of these, matched by the filter */
	uint64_t dropped;   /* of these, lost because the reader was slow */
	uint64_t delivered; /* of these, recorded */
};

/** pcapng_shb() - a Section Header Block (4.1) for a section of unknown length
 * @application: shb_userappl; its first PCAPNG_NAME_MAX octets are used
 * Return: octets used of @out. */
size_t pcapng_shb(uint8_t out[PCAPNG_SHB_MAX], const char *application);

/** pcapng_idb() - an Interface Description Block (4.2): Ethernet without FCS,
 * nanoseconds.  Return: octets used of @out. */
size_t pcapng_idb(uint8_t out[PCAPNG_IDB_MAX],
		  const struct pcapng_interface *interface);

/*
 * An Enhanced Packet Block (4.3) is a head, the captured octets as they are,
 * and a tail, so that the octets need not be copied an extra time.
 */
size_t pcapng_epb_size(uint32_t captured_len);
void pcapng_epb_head(uint8_t out[PCAPNG_EPB_HEAD_SIZE],
		     const struct pcapng_packet *packet);
/** pcapng_epb_tail() - padding, epb_flags, the end.  Return: octets used. */
size_t pcapng_epb_tail(uint8_t out[PCAPNG_EPB_TAIL_MAX],
		       const struct pcapng_packet *packet);

/** pcapng_isb() - an Interface Statistics Block (4.6), always
 * PCAPNG_ISB_SIZE octets */
void pcapng_isb(uint8_t out[PCAPNG_ISB_SIZE], const struct pcapng_stats *stats);

/** pcapng_block_len() - the total length that a block of ours states
 * @field: the 4 octets at PCAPNG_LEN_AT of the block */
uint32_t pcapng_block_len(const uint8_t field[4]);

#endif /* CAPTURE_PCAPNG_H */
