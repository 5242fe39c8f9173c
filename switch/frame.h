/*
 * frame: one Ethernet frame on its way through the switch, and the memory it
 * lives in.
 *
 * A frame is a small descriptor that refers to a counted buffer.  Several
 * frames may lie in one buffer (a 64 KiB read from a stream), several
 * references may share one frame (a flood).  Nothing hands out a pointer past
 * data + len, except to whoever just allocated the frame.
 *
 * Lengths are without the FCS.  14 <= len <= FRAME_LEN_MAX once a port has
 * handed the frame in.
 *
 * A frame may be unfinished: its sender has left work to others, a checksum or
 * the cutting into segments (.offload).  And part of it may lie elsewhere, in
 * memory that a peer shares with us (.rest).  Few ports can take such frames;
 * what the others get is made of them before (switch/finish.h).
 */
#ifndef SWITCH_FRAME_H
#define SWITCH_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

struct iovec;

typedef uint32_t port_id_t;
#define PORT_NONE UINT32_MAX
#define PORT_FLOOD (UINT32_MAX - 1)

enum {
	FRAME_LEN_MIN = 14,    /* an Ethernet header */
	FRAME_LEN_PADDED = 60, /* IEEE 802.3 minimum, without FCS */
	FRAME_LEN_MAX = 65550, /* 65,536 octets of payload and a header */
	FRAME_HEADROOM = 16,   /* for tags, or a length in front */
	FRAME_SMALL = 2048,    /* capacity of the usual buffer */
	FRAME_BATCH = 64,      /* frames handled together */
	FRAME_MARKS = 4,       /* that a frame carries */
	/* Octets at .data of a frame whose rest lies elsewhere: as many as the
	 * usual headers need; or all, when there are at most FRAME_WHOLE_LEN. */
	FRAME_HEAD_LEN = 128,
	FRAME_WHOLE_LEN = 256,
};

struct frame_buf;
struct frame_pool;

/* Whose a frame is while a plugin has it. */
enum frame_holder {
	FRAME_FREE,   /* not a plugin's */
	FRAME_STOLEN, /* by a hook: on its segment's books */
	FRAME_MADE,   /* by a plugin: on nobody's books yet */
};

/* What a long frame is to be cut into. */
enum frame_segmentation {
	FRAME_SEGMENT_NONE,
	FRAME_SEGMENT_TCP4,
	FRAME_SEGMENT_TCP6,
	FRAME_SEGMENT_UDP,    /* fragments of one datagram (UFO) */
	FRAME_SEGMENT_UDP_L4, /* datagrams (USO) */
	FRAME_N_SEGMENTATIONS
};

/* What the sender of a frame has left to others, as struct virtio_net_hdr says
 * it (VIRTIO 1.2, 5.1.6).  All zeros: nothing. */
struct frame_offload {
	uint8_t segmentation; /* enum frame_segmentation */
	/* The sum of the octets from .checksum_start on is to be put at
	 * .checksum_start + .checksum_offset, where that of the pseudo header
	 * is. */
	bool needs_checksum;
	bool ecn;	      /* TCP: CWR is for the first segment only */
	bool checksum_valid;  /* somebody has looked at it already */
	uint16_t header_len;  /* of a long frame: octets before the payload */
	uint16_t segment_len; /* and of the payload in each segment */
	uint16_t checksum_start, checksum_offset;
};

/* What a port can make of frames that are not finished, as a set. */
enum frame_takes {
	FRAME_TAKES_CHECKSUM = 1 << 0,
	FRAME_TAKES_TCP4 = 1 << 1,
	FRAME_TAKES_TCP6 = 1 << 2,
	FRAME_TAKES_ECN = 1 << 3,
	FRAME_TAKES_UDP = 1 << 4,    /* UFO */
	FRAME_TAKES_UDP_L4 = 1 << 5, /* USO */
	FRAME_TAKES_REST = 1 << 6,   /* octets that lie elsewhere */
};

struct frame {
	/* What each frame needs on its way: a line of the cache. */
	_Alignas(64) uint8_t *data; /* first octet of the destination address */
	uint32_t len;		    /* octets, as received */
	uint32_t refs;
	port_id_t in_port;
	port_id_t out_port; /* from the lookup; PORT_FLOOD */
	uint16_t vid;	    /* under VLAN rules: its VLAN */
	uint8_t tagging;    /* enum vid_tagging */
	bool edited;	    /* by a plugin: .tagging may be wrong */
	uint8_t n_marks;
	uint8_t n_injects; /* with those of what it was cloned from */
	bool scattered;	   /* on the list for frame_pool_gather() */
	uint8_t holder;	   /* enum frame_holder */
	struct frame_offload offload;
	uint16_t head_len; /* octets at .data, when .rest != NULL */
	uint16_t n_rest;
	/* The octets from .head_len on, in memory that a peer may write to at
	 * any time; NULL: all are at .data.  They are there until the turn ends
	 * in which the frame came in.  Borrowed from the kind of port that
	 * handed it in. */
	const struct iovec *rest;
	struct frame_buf *buf; /* counted */

	uint64_t time_ns;      /* wall clock at reception, for captures */
	struct frame *settled; /* made by frame_settle(); counted; or NULL */
	/* While a plugin holds it: whose list it is on, and where it goes on:
	 * behind the hook with this order and number. */
	TAILQ_ENTRY(frame) link;
	uint32_t segment;
	port_id_t resume_port;
	uint32_t resume_hook;
	uint16_t resume_order;
	uint8_t resume_stage;
	bool injected; /* it begins there, and did not come that far */
	uint16_t marks[FRAME_MARKS]; /* of .n_marks plugins, oldest first */
};
TAILQ_HEAD(frame_list, frame);

/**
 * frame_pool_new() - where frames come from
 * @max_bytes: of memory, what lies on free lists included; beyond it
 *             frame_alloc() gives NULL
 */
struct frame_pool *frame_pool_new(size_t max_bytes);
/** frame_pool_free() - every frame must be back; NULL is a no-op */
void frame_pool_free(struct frame_pool *pool);
/** frame_pool_in_use() - frames not returned, for tests and statistics */
size_t frame_pool_in_use(const struct frame_pool *pool);
/** frame_pool_bytes() - memory taken, in use or not */
size_t frame_pool_bytes(const struct frame_pool *pool);

/** frame_pool_trim() - give back memory that has not been needed since the last
 * time; to be called now and then */
void frame_pool_trim(struct frame_pool *pool);

/**
 * frame_alloc() - a frame with room for @capacity octets at .data and
 * FRAME_HEADROOM before; .len is 0
 * @capacity: 0..FRAME_LEN_MAX; at least FRAME_SMALL is given
 *
 * Return: one reference; NULL when the pool is exhausted (count it as
 *         DROP_NO_BUFFER).
 */
struct frame *frame_alloc(struct frame_pool *pool, size_t capacity);

/** frame_ref() - one more reference; Return: @frame */
static inline struct frame *
frame_ref(struct frame *frame)
{
	frame->refs++;
	return frame;
}

void frame_unref(struct frame *frame);

/** frame_is_finished() - is there nothing that its sender has left to others? */
static inline bool
frame_is_finished(const struct frame *frame)
{
	return !(frame->offload.segmentation != FRAME_SEGMENT_NONE ||
		 frame->offload.needs_checksum);
}

/** frame_is_plain() - finished, and all of it at .data? */
static inline bool
frame_is_plain(const struct frame *frame)
{
	return frame_is_finished(frame) && frame->rest == NULL;
}

/** frame_unfinished_needs() - frame_needs(), when frame_is_plain() says no */
unsigned frame_unfinished_needs(const struct frame *frame);

/** frame_needs() - what a port must be able to do to be given the frame as it
 * is; Return: a set of enum frame_takes */
static inline unsigned
frame_needs(const struct frame *frame)
{
	return frame_is_plain(frame) ? 0 : frame_unfinished_needs(frame);
}

/**
 * frame_gather() - bring octets that lie elsewhere to .data
 *
 * For everybody who shares the frame.  What the frame is does not change, so
 * who may only look at it may call this; .data may move.  It cannot fail: for
 * this the pool may have more memory than it should, by what one turn brings.
 */
void frame_gather(const struct frame *frame);

/** frame_copy_octets() - wherever they are: @n of them from @at on, which the
 * frame must have, to @to; what lies elsewhere is read once */
void frame_copy_octets(const struct frame *frame, size_t at, size_t n,
		       void *to);

/** frame_move_headers() - they are @by octets further than they were: so are the
 * places that .offload tells of, and the end of those at .data */
void frame_move_headers(struct frame *frame, int by);

/**
 * frame_own_head() - as frame_writable(), but of a frame whose rest lies
 * elsewhere the octets at .data only
 * @frame: one reference, taken
 *
 * For the turn in which it came in: frame_pool_gather() knows of it.
 */
struct frame *frame_own_head(struct frame *frame);
/** frame_pool_gather() - the turn ends: gather what frame_own_head() has made
 * and somebody still has */
void frame_pool_gather(struct frame_pool *pool);

/** frame_own_octets() - no other frame has them, so what is written to them is
 * seen by those only who share @frame; .data may move
 * Return: false when the pool is exhausted, and nothing has changed. */
bool frame_own_octets(struct frame *frame);

/** frame_alloc_like() - a finished frame of @len octets that are to be written,
 * of which is known what is known of @frame
 * Return: one reference; NULL when the pool is exhausted. */
struct frame *frame_alloc_like(const struct frame *frame, uint32_t len);

/** frame_headroom() - octets before .data that belong to its buffer; those of
 * a frame that nobody else sees may be used */
size_t frame_headroom(const struct frame *frame);

/**
 * frame_writable() - a frame with the same content that nobody else sees
 * @frame: one reference, taken
 *
 * Return: @frame itself when it was not shared, else a copy; NULL when the
 *         pool is exhausted (@frame's reference is gone then).
 */
struct frame *frame_writable(struct frame *frame);

/**
 * frame_share() - a second descriptor of the same octets, for whoever must
 * write into a descriptor that others see; they are gathered
 *
 * Return: one reference, owned; NULL when the pool is exhausted.
 */
struct frame *frame_share(const struct frame *frame);

/**
 * frame_settle() - the frame is going to stay for a while: give back memory
 * that it holds without needing it, e.g. the block it was cut from, or that of
 * a peer
 * @frame: one reference, taken
 *
 * A frame that nobody else refers to may have its octets moved: .data changes.
 * Return: a frame with the same content, often @frame itself (also when the
 *         pool is exhausted); the same one for everybody who settles @frame.
 */
struct frame *frame_settle(struct frame *frame);

/**
 * frame_resize() - octets that may be written to, @len of them
 * @frame: nobody else's; their buffer may be
 * @len:   FRAME_LEN_MIN..FRAME_LEN_MAX
 *
 * Those up to the shorter of both lengths stay, what is new is zero.  .data may
 * change; there is a full headroom when it does.
 * Return: false when the pool is exhausted, and nothing has changed.
 */
bool frame_resize(struct frame *frame, uint32_t len);

/** frame_add_mark() - @mark is the newest one; a frame that is full of them
 * loses the oldest */
void frame_add_mark(struct frame *frame, uint16_t mark);

/**
 * frame_pad() - make the octets up to frame_wire_len() exist and be zero
 * @frame: one reference, taken; nobody else's
 *
 * Return: @frame or a copy; NULL when the pool is exhausted (@frame's
 *         reference is gone then).
 */
struct frame *frame_pad(struct frame *frame);

/* Octets to put on a wire: runts are padded to FRAME_LEN_PADDED.  The octets
 * between len and this are readable and zero: port_input() sees to it. */
static inline uint32_t
frame_wire_len(const struct frame *frame)
{
	return frame->len < FRAME_LEN_PADDED ? FRAME_LEN_PADDED : frame->len;
}

/* Memory for one batch of reads, FRAME_BATCH slots of FRAME_LEN_MAX octets.
 * Successive slots begin in different lines of a cache. */
enum { FRAME_SCRATCH_STRIDE = 65600 };
/** frame_pool_scratch() - borrowed until anybody else asks for it; what is in
 * it is not kept.  Only what is written to takes memory. */
uint8_t *frame_pool_scratch(struct frame_pool *pool);

/*
 * Large reads of several frames: a block is a buffer to read into, frames are
 * cut from it without copying.
 */
enum { FRAME_BLOCK_SIZE = 256 * 1024 };
struct frame_block;

/** frame_block_new() - an empty block; NULL when the pool is exhausted */
struct frame_block *frame_block_new(struct frame_pool *pool);
/** frame_block_data() - its first octet; FRAME_BLOCK_SIZE are there */
uint8_t *frame_block_data(struct frame_block *block);
/** frame_block_cut() - a frame of the @len octets at @offset, sharing the
 * block's memory; NULL when the pool is exhausted */
struct frame *frame_block_cut(struct frame_block *block, size_t offset,
			      size_t len);
/** frame_block_shared() - does a frame cut from it still live? */
bool frame_block_shared(const struct frame_block *block);
/** frame_block_free() - frames cut from it stay valid; NULL is a no-op */
void frame_block_free(struct frame_block *block);

#endif /* SWITCH_FRAME_H */
