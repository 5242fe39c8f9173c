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
	PCAPNG_COMMENTS_MAX = 6, /* of a packet */
	PCAPNG_MARK_MAX = 1000,	 /* octets of a mark's text */
	PCAPNG_NAMES_MAX = 16,	 /* of a name resolution block */
	/* Upper bounds of what the functions below fill in. */
	PCAPNG_SHB_MAX = 28 + 2 * (4 + 256) + 4,
	PCAPNG_IDB_MAX =
	    20 + 2 * (4 + 256) + (4 + 4) + (4 + 1024) + (4 + 4) + 4,
	PCAPNG_ISB_SIZE = 24 + 6 * (4 + 8) + 4,
	PCAPNG_EPB_HEAD_SIZE = 28,
	PCAPNG_EPB_TAIL_MAX =
	    3 + PCAPNG_COMMENTS_MAX * (4 + 256) + (4 + 4) + (4 + 8) + 4 + 4,
	PCAPNG_NRB_MAX = 12 + PCAPNG_NAMES_MAX * (4 + 16 + 256) + 4,
	PCAPNG_MARK_BLOCK_MAX = 12 + 128 + PCAPNG_MARK_MAX + 4,
};

enum pcapng_direction { PCAPNG_UNKNOWN, PCAPNG_INBOUND, PCAPNG_OUTBOUND };

struct pcapng_section {
	const char *application; /* shb_userappl */
	const char *comment;	 /* or NULL */
};

struct pcapng_interface {
	const char *name;
	const char *description; /* or NULL */
	const char *filter; /* ""; one beyond PCAPNG_FILTER_MAX is not recorded,
			       since half a filter is another one */
	uint32_t snaplen;   /* octets of a frame that are kept; 0 = all */
};

struct pcapng_packet {
	uint32_t interface; /* 0 is the first one described, and so on */
	uint64_t time_ns;
	uint32_t captured_len;
	uint32_t original_len;
	enum pcapng_direction direction;
	const uint8_t *destination;  /* whom the frame is for, 6 octets; or
				       NULL */
	const char *const *comments; /* at most PCAPNG_COMMENTS_MAX */
	size_t n_comments;
	uint64_t lost; /* frames of the interface, since the one before */
};

/* A name of an address, for a name resolution block. */
struct pcapng_name {
	uint8_t address[16];
	uint8_t address_size; /* 4: IPv4; 16: IPv6; 6: a MAC address */
	const char *name;
};

/* Frames of one interface since the file began. */
struct pcapng_stats {
	uint32_t interface;
	uint64_t time_ns; /* of the statistics */
	uint64_t start_ns, end_ns;
	uint64_t received;  /* seen */
	uint64_t accepted;  /* of these, matched by the filter */
	uint64_t dropped;   /* of these, lost because the reader was slow */
	uint64_t delivered; /* of these, recorded */
};

/*
 * Of names, descriptions and comments the first PCAPNG_NAME_MAX octets are
 * used, or fewer, so that no character is cut.
 */

/** pcapng_shb() - a Section Header Block (4.1) for a section of unknown length
 * Return: octets used of @out. */
size_t pcapng_shb(uint8_t out[PCAPNG_SHB_MAX],
		  const struct pcapng_section *section);

/** pcapng_idb() - an Interface Description Block (4.2): Ethernet without FCS,
 * nanoseconds.  Return: octets used of @out. */
size_t pcapng_idb(uint8_t out[PCAPNG_IDB_MAX],
		  const struct pcapng_interface *interface);

/*
 * An Enhanced Packet Block (4.3) is a head, the captured octets as they are,
 * and a tail, so that the octets need not be copied an extra time.
 */
size_t pcapng_epb_size(const struct pcapng_packet *packet);
void pcapng_epb_head(uint8_t out[PCAPNG_EPB_HEAD_SIZE],
		     const struct pcapng_packet *packet);
/** pcapng_epb_tail() - padding, options, the end.  Return: octets used. */
size_t pcapng_epb_tail(uint8_t out[PCAPNG_EPB_TAIL_MAX],
		       const struct pcapng_packet *packet);

/** pcapng_isb() - an Interface Statistics Block (4.6), always
 * PCAPNG_ISB_SIZE octets */
void pcapng_isb(uint8_t out[PCAPNG_ISB_SIZE], const struct pcapng_stats *stats);

/** pcapng_nrb() - a Name Resolution Block (4.5)
 * @n: at most PCAPNG_NAMES_MAX.  Return: octets used. */
size_t pcapng_nrb(uint8_t out[PCAPNG_NRB_MAX], const struct pcapng_name *names,
		  size_t n);

/**
 * pcapng_mark() - a text for people, with its time
 * @text: one line; its first PCAPNG_MARK_MAX octets are used
 *
 * It is a systemd Journal Export Block (4.7), which Wireshark shows as a line
 * of its own among the packets, and libpcap leaves out.  An interface must
 * have been described before: the first block of a file tells Wireshark's tools
 * what it holds.
 * Return: octets used.
 */
size_t pcapng_mark(uint8_t out[PCAPNG_MARK_BLOCK_MAX], uint64_t time_ns,
		   const char *text);

#endif /* CAPTURE_PCAPNG_H */
